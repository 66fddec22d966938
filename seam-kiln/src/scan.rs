//! A scan of a module: kiln's capacities, and the functions that need a provider.

use std::collections::HashSet;

use seam_core::{Error, Result};
use wasmparser::{
    BinaryReaderError, CompositeInnerType, ConstExpr, DataKind, ElementItems, ElementKind,
    ExternalKind, FunctionBody, Operator, Parser, Payload, TableInit,
};

use crate::capacity::Capacity;

/// What a store must know of a module beside its type.
#[derive(Debug, Default)]
pub(crate) struct Scan {
    /// The index of each export in the index space of its kind, in declaration order.
    pub(crate) exports: Vec<u32>,
    /// The functions that can be reached other than by a direct call: exported, tail-called, the
    /// start function, or named by a reference. Host functions among them need a provider.
    pub(crate) passed_on: HashSet<u32>,
}

/// Scans a valid module.
///
/// # Errors
/// `Limit(EngineCapacity)` if the module exceeds one of kiln's capacities; `Engine` if valid bytes cannot
/// be read.
pub(crate) fn scan(wasm: &[u8]) -> Result<Scan> {
    let (mut scan, mut starts) = (Scan::default(), false);
    for payload in Parser::new(0).parse_all(wasm) {
        let payload = payload.map_err(unreadable)?;
        check_capacities(&payload)?;
        starts = starts || matches!(payload, Payload::StartSection { .. });
        scan.payload(payload).map_err(unreadable)?;
    }
    // The start function becomes one more export.
    Capacity::Exports.check(scan.exports.len() + usize::from(starts))?;
    Ok(scan)
}

fn check_capacities(payload: &Payload<'_>) -> Result<()> {
    match payload {
        Payload::TypeSection(section) => {
            for group in section.clone() {
                for ty in group.map_err(unreadable)?.types() {
                    if let CompositeInnerType::Func(ty) = &ty.composite_type.inner {
                        Capacity::Parameters.check(ty.params().len())?;
                        Capacity::Results.check(ty.results().len())?;
                    }
                }
            }
        }
        Payload::ElementSection(section) => {
            for element in section.clone() {
                let items = match element.map_err(unreadable)?.items {
                    ElementItems::Functions(items) => items.count(),
                    ElementItems::Expressions(_, items) => items.count(),
                };
                Capacity::ElementItems.check(items as usize)?;
            }
        }
        Payload::CodeSectionEntry(body) => {
            let locals = body.get_locals_reader().map_err(unreadable)?;
            Capacity::LocalRuns.check(locals.get_count() as usize)?;
        }
        _ => {}
    }
    Ok(())
}

impl Scan {
    fn payload(&mut self, payload: Payload<'_>) -> Result<(), BinaryReaderError> {
        match payload {
            Payload::TableSection(section) => {
                for table in section {
                    if let TableInit::Expr(init) = &table?.init {
                        self.constant(init)?;
                    }
                }
            }
            Payload::GlobalSection(section) => {
                for global in section {
                    self.constant(&global?.init_expr)?;
                }
            }
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export?;
                    self.exports.push(export.index);
                    if matches!(export.kind, ExternalKind::Func | ExternalKind::FuncExact) {
                        self.passed_on.insert(export.index);
                    }
                }
            }
            Payload::StartSection { func, .. } => {
                self.passed_on.insert(func);
            }
            Payload::ElementSection(section) => {
                for element in section {
                    let element = element?;
                    if let ElementKind::Active { offset_expr, .. } = &element.kind {
                        self.constant(offset_expr)?;
                    }
                    match element.items {
                        ElementItems::Functions(items) => {
                            for func in items {
                                self.passed_on.insert(func?);
                            }
                        }
                        ElementItems::Expressions(_, items) => {
                            for item in items {
                                self.constant(&item?)?;
                            }
                        }
                    }
                }
            }
            Payload::DataSection(section) => {
                for data in section {
                    if let DataKind::Active { offset_expr, .. } = &data?.kind {
                        self.constant(offset_expr)?;
                    }
                }
            }
            Payload::CodeSectionEntry(body) => self.code(&body)?,
            _ => {}
        }
        Ok(())
    }

    fn constant(&mut self, expr: &ConstExpr<'_>) -> Result<(), BinaryReaderError> {
        for operator in expr.get_operators_reader() {
            self.operator(&operator?);
        }
        Ok(())
    }

    fn code(&mut self, body: &FunctionBody<'_>) -> Result<(), BinaryReaderError> {
        for operator in body.get_operators_reader()? {
            self.operator(&operator?);
        }
        Ok(())
    }

    fn operator(&mut self, operator: &Operator<'_>) {
        if let Operator::RefFunc { function_index } | Operator::ReturnCall { function_index, .. } =
            operator
        {
            self.passed_on.insert(*function_index);
        }
    }
}

/// The error for a valid module that cannot be read.
pub(crate) fn unreadable(error: BinaryReaderError) -> Error {
    Error::engine(format!(
        "expected to read a module that was found valid: {error}"
    ))
    .with_source(error)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use seam_core::{Artifact, ErrorKind, Limit};

    fn scanned(wat: &str) -> Result<Scan> {
        scan(Artifact::from_wat("a", wat).unwrap().bytes())
    }

    #[test]
    fn functions_that_are_only_called_directly_are_not_passed_on() {
        let wat = r#"(module
            (import "h" "called" (func $called))
            (import "h" "exported" (func $exported))
            (import "h" "in-a-table" (func $elem))
            (import "h" "in-a-global" (func $global))
            (import "h" "referred" (func $ref))
            (import "h" "tail" (func $tail))
            (table 1 funcref) (elem (i32.const 0) $elem)
            (global funcref (ref.func $global))
            (elem declare func $ref)
            (export "e" (func $exported))
            (func (call $called) (drop (ref.func $ref)) (return_call $tail)))"#;
        let mut found: Vec<u32> = scanned(wat).unwrap().passed_on.into_iter().collect();
        found.sort_unstable();
        assert_eq!(found, [1, 2, 3, 4, 5]);
    }

    #[test]
    fn exceeding_a_capacity_is_a_limit_that_names_it() {
        let exports = |count: usize| {
            let export = |index: usize| format!("(export \"{index}\" (func 0))");
            let exports: String = (0..count).map(export).collect();
            format!("(module (func) {exports})")
        };
        assert_eq!(scanned(&exports(256)).unwrap().exports.len(), 256);
        let error = scanned(&exports(257)).unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::Limit(Limit::EngineCapacity));
        let text = "expected at most 256 exports of a module, kiln's maximum, found 257";
        assert_eq!(error.to_string(), text);
        let params = format!("(module (func (param {})))", "i32 ".repeat(129));
        assert!(scanned(&params).is_err());
        let locals: String = (0..257).map(|_| "(local i32) (local i64)").collect();
        assert!(scanned(&format!("(module (func {locals}))")).is_err());
    }
}
