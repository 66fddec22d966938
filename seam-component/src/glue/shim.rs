//! Functions that a core instance imports before they can be made.
//!
//! A function of the world that a fused module imports uses the module's own memory and `realloc`,
//! and on an engine without re-entry, glue must import this `realloc`: each would have to be made
//! before the other. As in components, a shim module stands in between. Its functions call through a
//! table, and a second module fills the table when the fused module has been instantiated. Until
//! then, a call traps.
//!
//! ```wat
//! (module (table (export "t") 2 funcref)
//!   (func (export "0") (param ...) (result ...)
//!     (call_indirect (type 0) (local.get 0) ... (i32.const 0)))
//!   ...)
//! (module (import "" "t" (table 2 funcref)) (import "" "0" (func ...)) ...
//!   (elem (i32.const 0) func 0 1))
//! ```

use std::borrow::Cow;

use seam_core::{CoreExtern, CoreFunc, CoreFuncType, CoreInstanceId, CoreStore, Error, Result};
use wasm_encoder::{
    CodeSection, ConstExpr, ElementSection, Elements, EntityType, ExportKind, ExportSection,
    Function, FunctionSection, ImportSection, Module, RefType, TableSection, TableType,
};

use super::module::{MOST, Types};
use crate::generated::Generated;

/// A group of functions that are made later.
pub(crate) struct Shim {
    types: Vec<CoreFuncType>,
    instance: CoreInstanceId,
}

impl Shim {
    /// Makes shims for functions of these types, each for as many as engines have room for.
    ///
    /// # Errors
    /// Those of [`CoreEngine::compile`](seam_core::CoreEngine::compile) and [`CoreStore::instantiate`].
    pub(crate) fn all(
        generated: &Generated,
        store: &mut dyn CoreStore,
        types: &[CoreFuncType],
    ) -> Result<Vec<Self>> {
        let shim = |types: &[CoreFuncType]| {
            let module = generated.module(shim(types)?)?;
            Ok(Self {
                types: types.to_vec(),
                instance: store.instantiate(&module, &[])?,
            })
        };
        types.chunks(MOST).map(shim).collect()
    }

    /// Returns the functions that stand for those that are made later.
    ///
    /// # Errors
    /// `Engine` if the engine has lost an export.
    pub(crate) fn funcs(&self, store: &mut dyn CoreStore) -> Result<Vec<CoreFunc>> {
        let exports = (0..self.types.len()).map(|position| {
            match store.export(self.instance, &position.to_string()) {
                Some(CoreExtern::Func(func)) => Ok(func),
                _ => Err(lost()),
            }
        });
        exports.collect()
    }

    /// Returns the number of functions.
    pub(crate) fn len(&self) -> usize {
        self.types.len()
    }

    /// Connects the shim with the functions, in order.
    ///
    /// # Errors
    /// Those of [`CoreEngine::compile`](seam_core::CoreEngine::compile) and [`CoreStore::instantiate`].
    pub(crate) fn fill(
        &self,
        generated: &Generated,
        store: &mut dyn CoreStore,
        funcs: &[CoreFunc],
    ) -> Result<()> {
        let module = generated.module(fill(&self.types)?)?;
        let table = store.export(self.instance, TABLE).ok_or_else(lost)?;
        let funcs = funcs.iter().copied().map(CoreExtern::Func);
        let imports: Vec<_> = std::iter::once(table).chain(funcs).collect();
        store.instantiate(&module, &imports).map(drop)
    }
}

const TABLE: &str = "t";

fn table(len: usize) -> TableType {
    TableType {
        element_type: RefType::FUNCREF,
        table64: false,
        minimum: len as u64,
        maximum: Some(len as u64),
        shared: false,
    }
}

/// Generates the module with functions of these types that call through its table.
fn shim(funcs: &[CoreFuncType]) -> Result<Vec<u8>> {
    let mut types = Types::default();
    let (mut functions, mut exports) = (FunctionSection::new(), ExportSection::new());
    let (mut tables, mut code) = (TableSection::new(), CodeSection::new());
    tables.table(table(funcs.len()));
    exports.export(TABLE, ExportKind::Table, 0);
    for ((position, slot), func) in (0..).zip(0..).zip(funcs) {
        let ty = types.index(&func.params, &func.results)?;
        functions.function(ty);
        exports.export(&position.to_string(), ExportKind::Func, position);
        let mut body = Function::new([]);
        let mut out = body.instructions();
        for (local, _) in (0..).zip(func.params.iter()) {
            out.local_get(local);
        }
        out.i32_const(slot);
        out.call_indirect(0, ty).end();
        code.function(&body);
    }
    let mut module = Module::new();
    module
        .section(types.section())
        .section(&functions)
        .section(&tables)
        .section(&exports)
        .section(&code);
    Ok(module.finish())
}

/// Generates the module that fills the table with functions of these types.
fn fill(funcs: &[CoreFuncType]) -> Result<Vec<u8>> {
    let mut types = Types::default();
    let (mut imports, mut elements) = (ImportSection::new(), ElementSection::new());
    imports.import("", TABLE, EntityType::Table(table(funcs.len())));
    for (position, func) in funcs.iter().enumerate() {
        let ty = types.index(&func.params, &func.results)?;
        imports.import("", &position.to_string(), EntityType::Function(ty));
    }
    let all: Vec<u32> = (0..).zip(funcs).map(|(index, _)| index).collect();
    elements.active(
        None,
        &ConstExpr::i32_const(0),
        Elements::Functions(Cow::Owned(all)),
    );
    let mut module = Module::new();
    module
        .section(types.section())
        .section(&imports)
        .section(&elements);
    Ok(module.finish())
}

fn lost() -> Error {
    Error::engine("expected an export of a shim module, found none")
}
