//! Switches of the twin for the semantic faults of kiln 0.4.4.

use seam_kiln::Fault;
use wasm_encoder::{
    CodeSection, ConstExpr, GlobalSection, GlobalType, Module, RawSection, ValType,
};
use wasmi::{Extern, Instance, Store};
use wasmparser::{FunctionBody, Operator, Parser, Payload, TypeRef};

use super::refs::Refs;

/// The faults that are switched on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Faults(&'static [Fault]);

impl Faults {
    /// No faults.
    pub(crate) const fn none() -> Self {
        Self(&[])
    }

    /// These faults.
    pub(crate) const fn of(faults: &'static [Fault]) -> Self {
        Self(faults)
    }

    pub(crate) fn has(self, fault: Fault) -> bool {
        self.0.contains(&fault)
    }

    /// Returns a module as the faulty engine runs it.
    pub(crate) fn changed(self, wasm: &[u8]) -> Vec<u8> {
        let mut wasm = wasm.to_vec();
        if self.has(Fault::DeferredGlobals) {
            wasm = without_imported_values(&wasm);
        }
        if self.has(Fault::NarrowGrowth) {
            wasm = with_narrow_growth(&wasm);
        }
        wasm
    }

    /// Does what the faulty engine does to a new instance.
    pub(crate) fn after_instantiation(self, store: &mut Store<Refs>, instance: &Instance) {
        if !self.has(Fault::ZeroedBytes) {
            return;
        }
        let mut exports = instance.exports(&*store).map(wasmi::Export::into_extern);
        let memory = exports.find_map(|export| match export {
            Extern::Memory(memory) => Some(memory),
            _ => None,
        });
        if let Some(memory) = memory {
            // The write fails, with no effect, if the memory is smaller.
            let _ = memory.write(&mut *store, 0x100, &[0; 16]);
        }
    }
}

/// Returns the module with zeros for imported globals in its initialisers.
fn without_imported_values(wasm: &[u8]) -> Vec<u8> {
    let (mut module, mut imported) = (Module::new(), Vec::new());
    for payload in Parser::new(0).parse_all(wasm).flatten() {
        if let Payload::ImportSection(section) = &payload {
            let imports = section.clone().into_imports().flatten();
            imported.extend(imports.filter_map(|import| match import.ty {
                TypeRef::Global(ty) => Some(ty.content_type),
                _ => None,
            }));
        }
        if let Payload::GlobalSection(section) = &payload {
            let mut globals = GlobalSection::new();
            for global in section.clone().into_iter().flatten() {
                let (ty, init) = (global.ty, global.init_expr);
                let ty = GlobalType {
                    val_type: val_type(ty.content_type),
                    mutable: ty.mutable,
                    shared: ty.shared,
                };
                globals.global(ty, &ConstExpr::raw(zeroed(wasm, &init, &imported)));
            }
            module.section(&globals);
        } else if let Some((id, range)) = payload.as_section() {
            let data = wasm.get(range).unwrap_or_default();
            module.section(&RawSection { id, data });
        }
    }
    module.finish()
}

/// Returns the operators of an initialiser without the final `end`.
fn zeroed(
    wasm: &[u8],
    init: &wasmparser::ConstExpr<'_>,
    imported: &[wasmparser::ValType],
) -> Vec<u8> {
    let (mut out, mut operators) = (Vec::new(), init.get_operators_reader());
    while let Ok((operator, at)) = operators.read_with_offset() {
        let next = operators.original_position();
        let zero = match operator {
            Operator::End => break,
            Operator::GlobalGet { global_index } => {
                let ty = imported.get(global_index as usize).copied();
                ty.and_then(zero)
            }
            _ => None,
        };
        out.extend(zero.unwrap_or_else(|| wasm.get(at..next).unwrap_or_default().to_vec()));
    }
    out
}

/// Returns the module with operands of `memory.grow` that lose all but their lower 32 bits.
fn with_narrow_growth(wasm: &[u8]) -> Vec<u8> {
    let (mut module, mut wide, mut code) = (Module::new(), Vec::new(), CodeSection::new());
    let mut bodies = 0;
    for payload in Parser::new(0).parse_all(wasm).flatten() {
        match &payload {
            Payload::ImportSection(section) => {
                let imports = section.clone().into_imports().flatten();
                wide.extend(imports.filter_map(|import| match import.ty {
                    TypeRef::Memory(ty) => Some(ty.memory64),
                    _ => None,
                }));
            }
            Payload::MemorySection(section) => {
                wide.extend(section.clone().into_iter().flatten().map(|ty| ty.memory64));
            }
            Payload::CodeSectionStart { count, .. } => {
                bodies = *count;
                continue;
            }
            Payload::CodeSectionEntry(body) => {
                code.raw(&narrowed(wasm, body, &wide));
                if code.len() == bodies {
                    module.section(&code);
                }
            }
            _ => {}
        }
        if let Some((id, range)) = payload.as_section() {
            let data = wasm.get(range).unwrap_or_default();
            module.section(&RawSection { id, data });
        }
    }
    module.finish()
}

/// Returns a function's locals and operators. `wide` has the memories with 64-bit addresses.
fn narrowed(wasm: &[u8], body: &FunctionBody<'_>, wide: &[bool]) -> Vec<u8> {
    // i64.const 0xffffffff, i64.and
    const NARROW: [u8; 7] = [0x42, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x83];
    let mut operators = body.get_operators_reader().unwrap();
    let mut out = wasm[body.range().start..operators.original_position()].to_vec();
    while let Ok((operator, at)) = operators.read_with_offset() {
        if matches!(operator, Operator::MemoryGrow { mem } if wide[mem as usize]) {
            out.extend(NARROW);
        }
        out.extend(&wasm[at..operators.original_position()]);
    }
    out
}

/// Returns the encoded constant zero of a numeric type, or `None` for another type.
fn zero(ty: wasmparser::ValType) -> Option<Vec<u8>> {
    Some(match ty {
        wasmparser::ValType::I32 => vec![0x41, 0],
        wasmparser::ValType::I64 => vec![0x42, 0],
        wasmparser::ValType::F32 => vec![0x43, 0, 0, 0, 0],
        wasmparser::ValType::F64 => vec![0x44, 0, 0, 0, 0, 0, 0, 0, 0],
        _ => return None,
    })
}

/// Converts a type. wasmi has only these types of references.
fn val_type(ty: wasmparser::ValType) -> ValType {
    match ty {
        wasmparser::ValType::I32 => ValType::I32,
        wasmparser::ValType::I64 => ValType::I64,
        wasmparser::ValType::F32 => ValType::F32,
        wasmparser::ValType::F64 => ValType::F64,
        wasmparser::ValType::V128 => ValType::V128,
        wasmparser::ValType::Ref(ty) if ty.is_extern_ref() => ValType::EXTERNREF,
        wasmparser::ValType::Ref(_) => ValType::FUNCREF,
    }
}
