//! The modules that the adapter generates: providers and trampolines.
//!
//! A provider stands between kiln's handler and a module's host functions. Its functions call the
//! handler's imports directly: kiln dispatches every direct call, and the probe found the order of
//! its arguments. kiln takes only one result of a host function, so a provider fetches further
//! results by more calls. A trampoline calls a function that only a reference names.

use seam_core::{CoreFuncType, CoreType, Error, HeapType, RefType, Result};
use wasm_encoder::{
    AbstractHeapType, CodeSection, EntityType, ExportKind, ExportSection, Function,
    FunctionSection, ImportSection, Module, TableSection, TableType, TypeSection, ValType,
};

/// The most functions in one provider: kiln allows 256 exports, and 256 imports of one module name.
pub(crate) const MOST: usize = 200;

/// An import of a provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Import {
    pub(crate) module: String,
    pub(crate) field: String,
    /// The position of its function among the functions of the provider.
    pub(crate) func: usize,
    /// 0 calls the function and returns the first result; n returns result n.
    pub(crate) part: usize,
}

/// A provider and its imports.
#[derive(Debug)]
pub(crate) struct Provider {
    pub(crate) wasm: Vec<u8>,
    pub(crate) imports: Vec<Import>,
}

/// Generates a provider of functions with these types, exported as `0`, `1`, ...
///
/// No other provider of the store may have the same `number`.
///
/// # Errors
/// `Engine` for a type that has no meaning outside its own module.
pub(crate) fn provider(number: u32, funcs: &[&CoreFuncType]) -> Result<Provider> {
    let (mut types, mut import_section) = (TypeSection::new(), ImportSection::new());
    let mut imports: Vec<Import> = Vec::new();
    let mut import = |func: usize, part: usize, params: &[ValType], result: Option<ValType>| {
        let index = types.len();
        types.ty().function(params.to_vec(), result);
        let module = format!("h{number}-{}", imports.len() / MOST);
        let field = imports.len().to_string();
        import_section.import(&module, &field, EntityType::Function(index));
        imports.push(Import {
            module,
            field,
            func,
            part,
        });
    };
    for (position, ty) in funcs.iter().enumerate() {
        let (params, results) = (val_types(&ty.params)?, val_types(&ty.results)?);
        import(position, 0, &params, results.first().copied());
        for (part, result) in results.iter().enumerate().skip(1) {
            import(position, part, &[], Some(*result));
        }
    }
    let count = number_of(imports.len());
    let (mut functions, mut exports) = (FunctionSection::new(), ExportSection::new());
    let mut code = CodeSection::new();
    let mut next = 0;
    for (position, ty) in (0..).zip(funcs) {
        functions.function(types.len());
        types
            .ty()
            .function(val_types(&ty.params)?, val_types(&ty.results)?);
        exports.export(&position.to_string(), ExportKind::Func, count + position);
        let mut body = Function::new([]);
        let mut out = body.instructions();
        for param in 0..number_of(ty.params.len()) {
            out.local_get(param);
        }
        for _ in 0..ty.results.len().max(1) {
            out.call(next);
            next += 1;
        }
        out.end();
        code.function(&body);
    }
    let mut module = Module::new();
    module
        .section(&types)
        .section(&import_section)
        .section(&functions)
        .section(&exports)
        .section(&code);
    Ok(Provider {
        wasm: module.finish(),
        imports,
    })
}

/// The export of a trampoline that is the table with the function to call.
pub(crate) const TABLE: &str = "table";

/// The export of a trampoline that calls the function in the table.
pub(crate) const CALL: &str = "call";

/// Generates a module whose function `call` calls the function in its table.
///
/// # Errors
/// `Engine` for a type that has no meaning outside its own module.
pub(crate) fn trampoline(ty: &CoreFuncType) -> Result<Vec<u8>> {
    let mut types = TypeSection::new();
    types
        .ty()
        .function(val_types(&ty.params)?, val_types(&ty.results)?);
    let mut functions = FunctionSection::new();
    functions.function(0);
    let mut tables = TableSection::new();
    tables.table(TableType {
        element_type: wasm_encoder::RefType::FUNCREF,
        table64: false,
        minimum: 1,
        maximum: Some(1),
        shared: false,
    });
    let mut exports = ExportSection::new();
    exports.export(TABLE, ExportKind::Table, 0);
    exports.export(CALL, ExportKind::Func, 0);
    let mut body = Function::new([]);
    let mut out = body.instructions();
    for param in 0..number_of(ty.params.len()) {
        out.local_get(param);
    }
    out.i32_const(0).call_indirect(0, 0).end();
    let mut code = CodeSection::new();
    code.function(&body);
    let mut module = Module::new();
    module
        .section(&types)
        .section(&functions)
        .section(&tables)
        .section(&exports)
        .section(&code);
    Ok(module.finish())
}

fn number_of(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

fn val_types(types: &[CoreType]) -> Result<Vec<ValType>> {
    types.iter().copied().map(val_type).collect()
}

fn val_type(ty: CoreType) -> Result<ValType> {
    Ok(match ty {
        CoreType::I32 => ValType::I32,
        CoreType::I64 => ValType::I64,
        CoreType::F32 => ValType::F32,
        CoreType::F64 => ValType::F64,
        CoreType::V128 => ValType::V128,
        CoreType::Ref(RefType { nullable, heap }) => ValType::Ref(wasm_encoder::RefType {
            nullable,
            heap_type: wasm_encoder::HeapType::Abstract {
                shared: false,
                ty: heap_type(heap)?,
            },
        }),
    })
}

fn heap_type(heap: HeapType) -> Result<AbstractHeapType> {
    Ok(match heap {
        HeapType::Func => AbstractHeapType::Func,
        HeapType::Extern => AbstractHeapType::Extern,
        HeapType::Any => AbstractHeapType::Any,
        HeapType::Eq => AbstractHeapType::Eq,
        HeapType::I31 => AbstractHeapType::I31,
        HeapType::Struct => AbstractHeapType::Struct,
        HeapType::Array => AbstractHeapType::Array,
        HeapType::Exn => AbstractHeapType::Exn,
        HeapType::None => AbstractHeapType::None,
        HeapType::NoFunc => AbstractHeapType::NoFunc,
        HeapType::NoExtern => AbstractHeapType::NoExtern,
        HeapType::NoExn => AbstractHeapType::NoExn,
        other => {
            return Err(Error::engine(format!(
                "expected a function type without references to a module's own types, found a \
                 reference to {other}"
            )));
        }
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn a_provider_fetches_further_results_by_more_calls() {
        use CoreType::{F64, I32, I64};
        let none = CoreFuncType::new([I32], []);
        let three = CoreFuncType::new([I32, F64], [I64, F64, I32]);
        let Provider { wasm, imports } = provider(4, &[&none, &three]).unwrap();
        wasmparser::validate(&wasm).unwrap();
        let found: Vec<_> = imports
            .iter()
            .map(|import| (import.field.as_str(), import.func, import.part))
            .collect();
        assert_eq!(found, [("0", 0, 0), ("1", 1, 0), ("2", 1, 1), ("3", 1, 2)]);
        assert!(imports.iter().all(|import| import.module == "h4-0"));
    }

    #[test]
    fn trampolines_of_every_type_are_valid() {
        let types = [CoreType::I32, CoreType::V128, CoreType::EXTERNREF];
        let wasm = trampoline(&CoreFuncType::new(types, types)).unwrap();
        wasmparser::validate(&wasm).unwrap();
    }

    #[test]
    fn a_reference_to_a_type_of_one_module_is_refused() {
        let own = CoreType::Ref(RefType {
            nullable: true,
            heap: HeapType::Concrete(0),
        });
        assert!(trampoline(&CoreFuncType::new([own], [])).is_err());
    }
}
