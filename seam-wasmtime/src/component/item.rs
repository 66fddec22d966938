//! The elements of streams and futures, as the Rust types that wasmtime copies.

use std::sync::Arc;

use seam_core::{Capability, Error, List, Result, Type, Value};
use wasmtime::StoreContextMut;
use wasmtime::component::{Lift, Lower};

use crate::component::abi::{self, Element};
use crate::component::lift::FromVals;
use crate::component::lower::ToVals;
use crate::component::state::State;

/// A Rust type for elements.
pub(crate) trait Item: Lift + Lower + Send + Sync + Sized + 'static {
    /// Converts elements that the host writes.
    ///
    /// # Errors
    /// `Host` for elements of another type. Those of the table of handles.
    fn of(
        store: &mut StoreContextMut<'_, State>,
        ty: Option<&Arc<Type>>,
        elements: List,
    ) -> Result<Vec<Self>>;

    /// Converts elements that the host reads.
    ///
    /// # Errors
    /// `Engine` for elements of another type. Those of the table of handles.
    fn into_list(
        store: &mut StoreContextMut<'_, State>,
        ty: Option<&Arc<Type>>,
        items: Vec<Self>,
    ) -> Result<List>;
}

impl Item for () {
    fn of(
        _: &mut StoreContextMut<'_, State>,
        _: Option<&Arc<Type>>,
        elements: List,
    ) -> Result<Vec<()>> {
        Ok(vec![(); elements.len()])
    }

    fn into_list(
        _: &mut StoreContextMut<'_, State>,
        _: Option<&Arc<Type>>,
        items: Vec<()>,
    ) -> Result<List> {
        Ok(items.iter().map(|()| Value::Tuple(Vec::new())).collect())
    }
}

impl Item for u8 {
    fn of(
        _: &mut StoreContextMut<'_, State>,
        _: Option<&Arc<Type>>,
        elements: List,
    ) -> Result<Vec<u8>> {
        match elements {
            List::U8(bytes) => Ok(bytes),
            other => other
                .iter()
                .map(|element| match element {
                    Value::U8(byte) => Ok(byte),
                    other => Err(mistyped(&Type::U8, &other)),
                })
                .collect(),
        }
    }

    fn into_list(
        _: &mut StoreContextMut<'_, State>,
        _: Option<&Arc<Type>>,
        items: Vec<u8>,
    ) -> Result<List> {
        Ok(List::U8(items))
    }
}

impl<const SIZE: u32, const ALIGN: u32> Item for Element<SIZE, ALIGN> {
    fn of(
        store: &mut StoreContextMut<'_, State>,
        ty: Option<&Arc<Type>>,
        elements: List,
    ) -> Result<Vec<Self>> {
        let ty = ty.ok_or_else(no_type)?;
        let mut items = Vec::with_capacity(elements.len());
        let mut lower = ToVals::new(store);
        for value in elements.iter() {
            ty.check(&value).map_err(|_| mistyped(ty, &value))?;
            let mut resources = Vec::new();
            lower.claim(&value)?;
            lower.resources(&value, &mut resources)?;
            items.push(Self::new(ty.clone(), value, resources));
        }
        lower.done().commit(store.data_mut())?;
        Ok(items)
    }

    fn into_list(
        store: &mut StoreContextMut<'_, State>,
        ty: Option<&Arc<Type>>,
        items: Vec<Self>,
    ) -> Result<List> {
        let ty = ty.ok_or_else(no_type)?;
        let mut lift = FromVals::new(store);
        let elements = items.into_iter().map(|item| match item.into_content() {
            Ok(mut parts) => abi::to_value(ty, &mut parts, &mut |ty, any| lift.handle(ty, any)),
            Err(value) => Ok(value),
        });
        elements.collect()
    }
}

fn mistyped(ty: &Type, value: &Value) -> Error {
    Error::host(format!(
        "expected a source to supply elements of type {ty}, found {}",
        value.kind()
    ))
}

fn no_type() -> Error {
    Error::engine("expected the type of the elements of a stream or future")
}

/// Returns the size and alignment of a type in a 32-bit memory: `elem_size` and `alignment`.
pub(crate) fn layout(ty: &Type) -> (u32, u32) {
    match ty {
        Type::Bool | Type::S8 | Type::U8 => (1, 1),
        Type::S16 | Type::U16 => (2, 2),
        Type::S64 | Type::U64 | Type::F64 => (8, 8),
        Type::String | Type::List(_) | Type::Map(..) => (8, 4),
        Type::FixedLengthList(element, len) => {
            let (size, align) = layout(element);
            (size.saturating_mul(*len), align)
        }
        Type::Record(ty) => fields(ty.fields.iter().map(|(_, ty)| ty)),
        Type::Tuple(types) => fields(types.iter()),
        Type::Variant(ty) => cases(ty.cases.iter().map(|(_, ty)| ty.as_ref())),
        Type::Enum(names) => cases(names.iter().map(|_| None)),
        Type::Option(ty) => cases([None, Some(&**ty)].into_iter()),
        Type::Result(ty) => cases([ty.ok.as_ref(), ty.err.as_ref()].into_iter()),
        Type::Flags(names) => match names.len() {
            0..=8 => (1, 1),
            9..=16 => (2, 2),
            _ => (4, 4),
        },
        _ => (4, 4),
    }
}

fn fields<'a>(types: impl Iterator<Item = &'a Type>) -> (u32, u32) {
    let (size, align) = types.map(layout).fold((0, 1), |(at, most), (size, align)| {
        (aligned(at, align).saturating_add(size), align.max(most))
    });
    (aligned(size, align), align)
}

fn cases<'a>(payloads: impl ExactSizeIterator<Item = Option<&'a Type>>) -> (u32, u32) {
    let discriminant = match payloads.len() {
        0..=0x100 => 1,
        0x101..=0x1_0000 => 2,
        _ => 4,
    };
    let payload = payloads.flatten().map(layout);
    let (size, align) = payload.fold((0, 1), |(most, aligned), (size, align)| {
        (size.max(most), align.max(aligned))
    });
    let align = align.max(discriminant);
    (
        aligned(aligned(discriminant, align).saturating_add(size), align),
        align,
    )
}

fn aligned(at: u32, align: u32) -> u32 {
    at.div_ceil(align).saturating_mul(align)
}

/// Returns the error for elements that are too large for this backend.
pub(crate) fn too_large(ty: &Type) -> Error {
    Error::unsupported(
        Capability::ComponentAsync,
        format!(
            "expected elements of at most 40 bytes in a stream or future of the host, found {ty}"
        ),
    )
}

/// Evaluates an expression with the alias `Item` for the Rust type of elements of a type.
macro_rules! with_item {
    ($ty:expr, $body:expr) => {
        $crate::component::item::with_item!(@ $ty, $body,
            (1, 1) (2, 1) (3, 1) (4, 1) (2, 2) (4, 2) (6, 2) (4, 4) (8, 4) (12, 4) (16, 4) (20, 4)
            (24, 4) (28, 4) (32, 4) (36, 4) (40, 4) (8, 8) (16, 8) (24, 8) (32, 8) (40, 8))
    };
    (@ $ty:expr, $body:expr, $( ($size:literal, $align:literal) )*) => {
        match $ty {
            None => {
                type Item = ();
                $body
            }
            Some(ty) if matches!(**ty, seam_core::Type::U8) => {
                type Item = u8;
                $body
            }
            Some(ty) => match $crate::component::item::layout(ty) {
                $( ($size, $align) => {
                    type Item = $crate::component::abi::Element<$size, $align>;
                    $body
                } )*
                _ => Err($crate::component::item::too_large(ty)),
            },
        }
    };
}

pub(crate) use with_item;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layouts_are_those_of_the_canonical_abi() {
        let text = Type::option(Type::String);
        for (ty, expected) in [
            (Type::Char, (4, 4)),
            (Type::String, (8, 4)),
            (text.clone(), (12, 4)),
            (Type::result(None, None), (1, 1)),
            (Type::result(Some(Type::U64), None), (16, 8)),
            (Type::tuple([Type::U8, Type::U16, Type::U8]), (6, 2)),
            (Type::record([("a", Type::U8), ("b", text)]), (16, 4)),
            (Type::enumeration(["a", "b"]), (1, 1)),
            (Type::variant([("a", Some(Type::U16)), ("b", None)]), (4, 2)),
            (Type::fixed_length_list(Type::U16, 3), (6, 2)),
            (Type::flags(["a"]), (1, 1)),
            (Type::tuple([]), (0, 1)),
        ] {
            assert_eq!(layout(&ty), expected, "{ty}");
        }
    }
}
