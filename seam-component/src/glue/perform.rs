//! Calls of functions that glue does not import.
//!
//! The task of an asynchronous call may have to let any thread of the store go on, and call functions
//! that were made after the glue. Therefore the host puts the function to call into a table with one
//! element. The function that calls it exists once in a store, and all glue imports it:
//!
//! ```wat
//! (table (export "t") 1 1 funcref)
//! (func (export "0") (param $signature i32)
//!   (if (i32.eqz (local.get $signature)) (then
//!     (call_indirect (type ...) (call $get_i32 (i32.const 1)) ... (i32.const 0))
//!     ;; and hand each result to $put_i32
//!     (return)))
//!   (if (i32.eq (local.get $signature) (i32.const 1)) (then ...))
//!   ...)
//! ```

use seam_core::{CoreExtern, CoreFuncType, CoreStore, CoreType, Error, Result};
use wasm_encoder::{
    BlockType, CodeSection, ExportKind, ExportSection, Function, FunctionSection, ImportSection,
    Module, RefType, TableSection, TableType,
};

use super::module::{SHARED, TYPES, Types, call_with_registers, import_shared, valtypes};
use crate::generated::Generated;
use crate::state::Perform;

/// Makes the means to call functions of these signatures.
///
/// # Errors
/// Those of [`CoreEngine::compile`](seam_core::CoreEngine::compile) and [`CoreStore::instantiate`].
pub(super) fn perform(
    generated: &Generated,
    store: &mut dyn CoreStore,
    shared: &[CoreExtern],
    signatures: Vec<CoreFuncType>,
) -> Result<Perform> {
    let module = generated.module(wasm(&signatures)?)?;
    let instance = store.instantiate(&module, shared)?;
    let mut export = |name| store.export(instance, name);
    match (export(FUNC), export(TABLE)) {
        (Some(CoreExtern::Func(func)), Some(CoreExtern::Table(table))) => {
            Ok(Perform::new(func, table, signatures))
        }
        _ => Err(Error::engine("expected the glue to export its functions")),
    }
}

const FUNC: &str = "0";
const TABLE: &str = "t";

/// Generates the module.
fn wasm(signatures: &[CoreFuncType]) -> Result<Vec<u8>> {
    let mut types = Types::default();
    let mut imports = ImportSection::new();
    import_shared(&mut types, &mut imports)?;
    let mut functions = FunctionSection::new();
    functions.function(types.index(&[CoreType::I32], &[])?);
    let mut tables = TableSection::new();
    tables.table(TableType {
        element_type: RefType::FUNCREF,
        table64: false,
        minimum: 1,
        maximum: Some(1),
        shared: false,
    });
    let mut exports = ExportSection::new();
    exports.export(FUNC, ExportKind::Func, SHARED as u32);
    exports.export(TABLE, ExportKind::Table, 0);
    // The locals after the parameter: one of each type for a result.
    let mut function = Function::new(valtypes(&TYPES)?.into_iter().map(|ty| (1, ty)));
    let mut out = function.instructions();
    for (position, ty) in (0..).zip(signatures) {
        let index = types.index(&ty.params, &ty.results)?;
        out.local_get(0).i32_const(position).i32_eq();
        out.if_(BlockType::Empty);
        call_with_registers(&mut out, ty, (1, 1), |out| {
            out.i32_const(0).call_indirect(0, index);
        })?;
        out.return_().end();
    }
    out.unreachable().end();
    let mut code = CodeSection::new();
    code.function(&function);
    let mut module = Module::new();
    module
        .section(types.section())
        .section(&imports)
        .section(&functions)
        .section(&tables)
        .section(&exports)
        .section(&code);
    Ok(module.finish())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use CoreType::{F32, F64, I32, I64};

    #[test]
    fn functions_of_every_signature_are_called() {
        let signatures = [
            CoreFuncType::new([], []),
            CoreFuncType::new([I32, I64, F32, F64], [I32]),
            CoreFuncType::new([F64; 17], [F64, I32, F32, I64]),
        ];
        for known in 0..=signatures.len() {
            let signatures = signatures.iter().take(known).cloned().collect::<Vec<_>>();
            wasmparser::validate(&wasm(&signatures).unwrap()).unwrap();
        }
    }

    #[test]
    fn signatures_that_no_canonical_definition_has_are_refused() {
        assert!(wasm(&[CoreFuncType::new([CoreType::V128], [])]).is_err());
    }
}
