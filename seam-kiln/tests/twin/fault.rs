//! kiln's semantic faults, each a switch of the twin. They were seen with kiln 0.4.4.

use seam_kiln::Fault;
use wasm_encoder::{ConstExpr, GlobalSection, GlobalType, Module, RawSection, ValType};
use wasmi::{Extern, Instance, Store};
use wasmparser::{Operator, Parser, Payload, TypeRef};

use super::refs::Refs;

/// The faults that a twin has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Faults(&'static [Fault]);

impl Faults {
    /// None of them.
    pub(crate) const fn none() -> Self {
        Self(&[])
    }

    /// These.
    pub(crate) const fn of(faults: &'static [Fault]) -> Self {
        Self(faults)
    }

    pub(crate) fn has(self, fault: Fault) -> bool {
        self.0.contains(&fault)
    }

    /// A module as the faulty engine understands it.
    pub(crate) fn changed(self, wasm: &[u8]) -> Vec<u8> {
        match self.has(Fault::DeferredGlobals) {
            true => without_imported_values(wasm),
            false => wasm.to_vec(),
        }
    }

    /// What happens to a new instance.
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
            // A memory that has not so many bytes is left alone.
            let _ = memory.write(&mut *store, 0x100, &[0; 16]);
        }
    }
}

/// The module with zero for imported globals in the initialisers of its own.
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

/// The operators of an initialiser, the final `end` apart.
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

/// The constant zero of a numeric type, encoded; the others are left alone.
fn zero(ty: wasmparser::ValType) -> Option<Vec<u8>> {
    Some(match ty {
        wasmparser::ValType::I32 => vec![0x41, 0],
        wasmparser::ValType::I64 => vec![0x42, 0],
        wasmparser::ValType::F32 => vec![0x43, 0, 0, 0, 0],
        wasmparser::ValType::F64 => vec![0x44, 0, 0, 0, 0, 0, 0, 0, 0],
        _ => return None,
    })
}

/// wasmi has no more types of references than these.
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
