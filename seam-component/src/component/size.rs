//! `elem_size` as a rule of validation: no type takes 2^28 bytes or more.
//!
//! The [specification](https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#element-size)
//! asks this of every defined value type, with 64-bit pointers; the released validators do not ask
//! it yet. Checked here are the types that components define and what these are made of, also in
//! components that are never instantiated. Types are evaluated when there are resources, which is
//! too late for that; so they are the validator's.

use std::collections::HashMap;

use seam_core::{Error, Result};
use wasmparser::component_types::{
    ComponentAnyTypeId, ComponentDefinedType, ComponentDefinedTypeId, ComponentValType,
};
use wasmparser::types::TypesRef;
use wasmparser::{Parser, Payload, Validator, WasmFeatures};

use super::decode::invalid;
use super::typing::primitive;
use crate::abi::layout::{Layout, discriminant_size, flags_size};

/// Checks the sizes of all types that a component and those nested in it define.
///
/// This validates the component once more: [`Interface::decode`](seam_core::Interface::decode)
/// takes every proposal, for backends that have their own verdict; here is that of the layer.
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
                if !sizes.defined(id).is_allowed() {
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
            None => Layout::EMPTY,
        };
        self.known.insert(id, layout);
        layout
    }

    fn layout(&mut self, ty: &ComponentDefinedType) -> Layout {
        match ty {
            ComponentDefinedType::Primitive(prim) => primitive(*prim).layout(),
            ComponentDefinedType::Record(ty) => self.record(ty.fields.values()),
            ComponentDefinedType::Tuple(ty) => self.record(ty.types.iter()),
            ComponentDefinedType::Variant(ty) => {
                self.variant(ty.cases.len(), ty.cases.values().map(|case| case.ty))
            }
            ComponentDefinedType::Option { ty, .. } => self.variant(2, [Some(*ty)]),
            ComponentDefinedType::Result { ok, err, .. } => self.variant(2, [*ok, *err]),
            ComponentDefinedType::Enum(labels) => self.variant(labels.len(), []),
            ComponentDefinedType::Flags(labels) => Layout::int(flags_size(labels.len())),
            ComponentDefinedType::FixedLengthList {
                element, length, ..
            } => Layout::fixed_length_list(self.value(*element), *length),
            ComponentDefinedType::List { .. } | ComponentDefinedType::Map { .. } => Layout::RANGE,
            ComponentDefinedType::Own(_)
            | ComponentDefinedType::Borrow(_)
            | ComponentDefinedType::Future { .. }
            | ComponentDefinedType::Stream { .. } => Layout::int(4),
        }
    }

    fn value(&mut self, ty: ComponentValType) -> Layout {
        match ty {
            ComponentValType::Primitive(prim) => primitive(prim).layout(),
            ComponentValType::Type(id) => self.defined(id),
        }
    }

    fn record<'t>(&mut self, fields: impl Iterator<Item = &'t ComponentValType>) -> Layout {
        let mut layout = Layout::EMPTY;
        for field in fields {
            layout.push_field(self.value(*field));
        }
        layout.finish_record()
    }

    fn variant(
        &mut self,
        cases: usize,
        payloads: impl IntoIterator<Item = Option<ComponentValType>>,
    ) -> Layout {
        let payloads = payloads.into_iter().flatten().map(|ty| self.value(ty));
        Layout::variant(payloads, discriminant_size(cases)).0
    }
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
