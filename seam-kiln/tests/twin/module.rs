//! Prepares modules for the twin: checks kiln's capacities, and exports all functions.

use std::collections::HashSet;

use seam_kiln::{Capacity, KilnError, KilnResult};
use wasm_encoder::{ExportKind, ExportSection, Module, RawSection};
use wasmparser::{
    CompositeInnerType, ElementItems, ExternalKind, Operator, Parser, Payload, TypeRef,
};

/// Returns the export by which the twin finds the function of this index.
pub(crate) fn hidden(index: u32) -> String {
    format!("\u{1}{index}")
}

/// Returns an export that only the instance of this load has.
pub(crate) fn mark(load: usize) -> String {
    format!("\u{2}{load}")
}

/// Checks kiln's capacities.
pub(crate) fn check_capacities(wasm: &[u8]) -> KilnResult<()> {
    let check = |capacity: Capacity, found: usize| match found > capacity.maximum() {
        true => Err(KilnError::new(
            KilnError::CAPACITY,
            1016,
            "capacity exceeded",
        )),
        false => Ok(()),
    };
    for payload in Parser::new(0).parse_all(wasm).flatten() {
        match payload {
            Payload::TypeSection(section) => {
                for group in section.into_iter().flatten() {
                    for ty in group.types() {
                        if let CompositeInnerType::Func(ty) = &ty.composite_type.inner {
                            check(Capacity::Parameters, ty.params().len())?;
                            check(Capacity::Results, ty.results().len())?;
                        }
                    }
                }
            }
            Payload::ImportSection(section) => {
                let imports: Vec<_> = section.into_imports().flatten().collect();
                for import in &imports {
                    check(Capacity::ImportName, import.name.len())?;
                    let funcs = imports.iter().filter(|other| {
                        other.module == import.module && matches!(other.ty, TypeRef::Func(_))
                    });
                    check(Capacity::FunctionImports, funcs.count())?;
                }
            }
            Payload::ExportSection(section) => check(Capacity::Exports, section.count() as usize)?,
            Payload::ElementSection(section) => {
                for element in section.into_iter().flatten() {
                    let items = match element.items {
                        ElementItems::Functions(items) => items.count(),
                        ElementItems::Expressions(_, items) => items.count(),
                    };
                    check(Capacity::ElementItems, items as usize)?;
                }
            }
            Payload::CodeSectionEntry(body) => {
                let runs = body
                    .get_locals_reader()
                    .map_or(0, |reader| reader.get_count());
                check(Capacity::LocalRuns, runs as usize)?;
            }
            _ => {}
        }
    }
    Ok(())
}

/// Returns the module with an export for every function and for the mark of its load, and how many
/// functions it has.
pub(crate) fn with_all_functions(wasm: &[u8], load: usize) -> (Vec<u8>, u32) {
    let (mut funcs, mut exports) = (0, ExportSection::new());
    for payload in Parser::new(0).parse_all(wasm).flatten() {
        match payload {
            Payload::ImportSection(section) => {
                for import in section.into_imports().flatten() {
                    funcs += u32::from(matches!(import.ty, TypeRef::Func(_)));
                }
            }
            Payload::FunctionSection(section) => funcs += section.count(),
            Payload::ExportSection(section) => {
                for export in section.into_iter().flatten() {
                    let kind = match export.kind {
                        ExternalKind::Memory => ExportKind::Memory,
                        ExternalKind::Table => ExportKind::Table,
                        ExternalKind::Global => ExportKind::Global,
                        ExternalKind::Tag => ExportKind::Tag,
                        _ => ExportKind::Func,
                    };
                    exports.export(export.name, kind, export.index);
                }
            }
            _ => {}
        }
    }
    for index in 0..funcs {
        exports.export(&hidden(index), ExportKind::Func, index);
    }
    if funcs > 0 {
        exports.export(&mark(load), ExportKind::Func, 0);
    }
    (with_exports(wasm, &exports), funcs)
}

/// The ids of the sections that come before the exports.
const BEFORE_EXPORTS: [u8; 8] = [0, 1, 2, 3, 4, 5, 13, 6];

fn with_exports(wasm: &[u8], exports: &ExportSection) -> Vec<u8> {
    let mut module = Module::new();
    let mut done = false;
    for payload in Parser::new(0).parse_all(wasm).flatten() {
        let Some((id, range)) = payload.as_section() else {
            continue;
        };
        if !done && !BEFORE_EXPORTS.contains(&id) {
            module.section(exports);
            done = true;
        }
        if id != 7 {
            let data = wasm.get(range).unwrap_or_default();
            module.section(&RawSection { id, data });
        }
    }
    if !done {
        module.section(exports);
    }
    module.finish()
}

/// Returns the imported functions that the module's code does not call directly, by name.
pub(crate) fn not_called(wasm: &[u8]) -> HashSet<(String, String)> {
    let (mut imports, mut called) = (Vec::new(), HashSet::new());
    for payload in Parser::new(0).parse_all(wasm).flatten() {
        match payload {
            Payload::ImportSection(section) => {
                let funcs = section.into_imports().flatten();
                let funcs = funcs.filter(|import| matches!(import.ty, TypeRef::Func(_)));
                imports.extend(
                    funcs.map(|import| (import.module.to_string(), import.name.to_string())),
                );
            }
            Payload::CodeSectionEntry(body) => {
                let operators = body.get_operators_reader().into_iter().flatten().flatten();
                called.extend(operators.filter_map(|operator| match operator {
                    Operator::Call { function_index } => Some(function_index),
                    _ => None,
                }));
            }
            _ => {}
        }
    }
    let imports = (0..).zip(imports);
    let not_called = imports.filter(|(index, _)| !called.contains(index));
    not_called.map(|(_, name)| name).collect()
}

/// Whether any function calls through a table.
pub(crate) fn calls_indirectly(wasm: &[u8]) -> bool {
    let payloads = Parser::new(0).parse_all(wasm).flatten();
    payloads.into_iter().any(|payload| match payload {
        Payload::CodeSectionEntry(body) => {
            let operators = body.get_operators_reader().ok();
            operators.into_iter().flatten().flatten().any(|operator| {
                matches!(
                    operator,
                    Operator::CallIndirect { .. } | Operator::ReturnCallIndirect { .. }
                )
            })
        }
        _ => false,
    })
}
