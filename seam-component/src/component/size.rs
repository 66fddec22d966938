//! `elem_size` as a rule of validation: no type takes 2^28 bytes or more.
//!
//! The [specification](https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#element-size)
//! asks this of every defined value type, with 64-bit pointers; the released validators do not ask
//! it yet. Checked here are the types that components define and what these are made of.

use std::collections::HashMap;

use seam_core::{Error, Result};
use wasmparser::component_types::{
    ComponentAnyTypeId, ComponentDefinedType, ComponentDefinedTypeId, ComponentValType,
};
use wasmparser::types::TypesRef;
use wasmparser::{Parser, Payload, PrimitiveValType, Validator, WasmFeatures};

use super::decode::invalid;

/// What a type must stay below, in bytes.
const LIMIT: u64 = 1 << 28;

/// Checks the sizes of all types that a component and those nested in it define.
///
/// # Errors
/// `Invalid` with the offset of the section.
pub(super) fn check_sizes(bytes: &[u8]) -> Result<()> {
    // Nested namespaces are no part of the specification's current names.
    let features = WasmFeatures::all().difference(WasmFeatures::CM_NESTED_NAMES);
    let mut validator = Validator::new_with_features(features);
    let mut known = HashMap::new();
    for payload in Parser::new(0).parse_all(bytes) {
        let payload = payload.map_err(invalid)?;
        validator.payload(&payload).map_err(invalid)?;
        let (Payload::ComponentTypeSection(section), Some(types)) = (&payload, validator.types(0))
        else {
            continue;
        };
        let mut sizes = Sizes { types, known };
        let defined = types.component_type_count();
        for index in defined.saturating_sub(section.count())..defined {
            if let ComponentAnyTypeId::Defined(id) = types.component_any_type_at(index) {
                if sizes.defined(id).size >= LIMIT {
                    let message = "expected a type smaller than 2^28 bytes, found one that exceeds \
                                   maximum byte size";
                    return Err(Error::invalid(message).at(section.range().start as u64));
                }
            }
        }
        known = sizes.known;
    }
    Ok(())
}

/// Size and alignment, in bytes; sizes saturate.
#[derive(Clone, Copy)]
struct Layout {
    size: u64,
    align: u64,
}

struct Sizes<'a> {
    types: TypesRef<'a>,
    known: HashMap<ComponentDefinedTypeId, Layout>,
}

impl Sizes<'_> {
    fn defined(&mut self, id: ComponentDefinedTypeId) -> Layout {
        if let Some(known) = self.known.get(&id) {
            return *known;
        }
        let layout = match self.types.get(id) {
            Some(ty) => self.layout(ty),
            None => scalar(0),
        };
        self.known.insert(id, layout);
        layout
    }

    fn layout(&mut self, ty: &ComponentDefinedType) -> Layout {
        match ty {
            ComponentDefinedType::Primitive(prim) => primitive(*prim),
            ComponentDefinedType::Record(ty) => self.record(ty.fields.values()),
            ComponentDefinedType::Tuple(ty) => self.record(ty.types.iter()),
            ComponentDefinedType::Variant(ty) => {
                self.variant(ty.cases.len(), ty.cases.values().map(|case| case.ty))
            }
            ComponentDefinedType::Option { ty, .. } => self.variant(2, [None, Some(*ty)]),
            ComponentDefinedType::Result { ok, err, .. } => self.variant(2, [*ok, *err]),
            ComponentDefinedType::Enum(labels) => self.variant(labels.len(), []),
            ComponentDefinedType::Flags(labels) => scalar(match labels.len() {
                0..=8 => 1,
                9..=16 => 2,
                _ => 4,
            }),
            ComponentDefinedType::FixedLengthList {
                element, length, ..
            } => {
                let Layout { size, align } = self.value(*element);
                let size = size.saturating_mul(u64::from(*length));
                Layout { size, align }
            }
            ComponentDefinedType::List { .. } | ComponentDefinedType::Map { .. } => POINTER_PAIR,
            ComponentDefinedType::Own(_)
            | ComponentDefinedType::Borrow(_)
            | ComponentDefinedType::Future { .. }
            | ComponentDefinedType::Stream { .. } => scalar(4),
        }
    }

    fn value(&mut self, ty: ComponentValType) -> Layout {
        match ty {
            ComponentValType::Primitive(prim) => primitive(prim),
            ComponentValType::Type(id) => self.defined(id),
        }
    }

    fn record<'t>(&mut self, fields: impl Iterator<Item = &'t ComponentValType>) -> Layout {
        let mut all = scalar(0);
        all.align = 1;
        for field in fields {
            let field = self.value(*field);
            all.size = align_to(all.size, field.align).saturating_add(field.size);
            all.align = all.align.max(field.align);
        }
        all.size = align_to(all.size, all.align);
        all
    }

    fn variant(
        &mut self,
        cases: usize,
        payloads: impl IntoIterator<Item = Option<ComponentValType>>,
    ) -> Layout {
        let discriminant = match cases {
            0..=0x100 => 1,
            0x101..=0x1_0000 => 2,
            _ => 4,
        };
        let mut widest = scalar(0);
        widest.align = 1;
        for payload in payloads.into_iter().flatten() {
            let payload = self.value(payload);
            widest.size = widest.size.max(payload.size);
            widest.align = widest.align.max(payload.align);
        }
        let align = widest.align.max(discriminant);
        let size = align_to(discriminant, widest.align).saturating_add(widest.size);
        Layout {
            size: align_to(size, align),
            align,
        }
    }
}

/// A pointer and a length of 64 bits each.
const POINTER_PAIR: Layout = Layout { size: 16, align: 8 };

fn scalar(size: u64) -> Layout {
    Layout { size, align: size }
}

fn primitive(prim: PrimitiveValType) -> Layout {
    match prim {
        PrimitiveValType::Bool | PrimitiveValType::S8 | PrimitiveValType::U8 => scalar(1),
        PrimitiveValType::S16 | PrimitiveValType::U16 => scalar(2),
        PrimitiveValType::S32
        | PrimitiveValType::U32
        | PrimitiveValType::F32
        | PrimitiveValType::Char
        | PrimitiveValType::ErrorContext => scalar(4),
        PrimitiveValType::S64 | PrimitiveValType::U64 | PrimitiveValType::F64 => scalar(8),
        PrimitiveValType::String => POINTER_PAIR,
    }
}

fn align_to(offset: u64, align: u64) -> u64 {
    offset
        .checked_next_multiple_of(align.max(1))
        .unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use seam_core::Artifact;

    fn check(ty: &str) -> Result<()> {
        let artifact = Artifact::from_wat("a", &format!("(component (type {ty}))")).unwrap();
        check_sizes(artifact.bytes())
    }

    #[test]
    fn types_stay_below_two_to_the_28_bytes() {
        for ty in [
            "(list u8 268435455)",
            "(list u64 33554431)",
            "(list string 16777215)",
            "(option (list u8 268435454))",
        ] {
            assert!(check(ty).is_ok(), "{ty}");
        }
        for ty in [
            "(list u8 268435456)",
            "(list u64 536870912)",
            "(list string 16777216)",
            "(tuple (list u8 268435455) (list u8 1))",
            "(option (list u8 268435455))",
            "(result (list u8 268435455) (error string))",
        ] {
            let error = check(ty).unwrap_err();
            assert!(
                error.message().contains("exceeds maximum byte size"),
                "{ty}"
            );
        }
    }
}
