//! What a Rust type stands for: a record, flags, an enum or a variant.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::{Data, DataEnum, DeriveInput, Error, Field, Fields, Result, Type, Variant};

use crate::attribute::{OfType, none};
use crate::name::{Name, check_distinct};

/// A Rust type as a component-level type.
pub(crate) enum Shape {
    Record(Vec<Member>),
    Flags(Vec<Member>),
    Enum(Vec<Case>),
    Variant(Vec<Case>),
}

/// A named field of a struct.
pub(crate) struct Member {
    pub(crate) ident: Ident,
    pub(crate) name: Name,
    pub(crate) ty: Type,
}

/// A case of an enum.
pub(crate) struct Case {
    pub(crate) ident: Ident,
    pub(crate) name: Name,
    pub(crate) payload: Option<Type>,
}

impl Shape {
    pub(crate) fn of(input: &DeriveInput) -> Result<Self> {
        let is_enum = matches!(input.data, Data::Enum(_));
        let attributes = OfType::parse(&input.attrs, is_enum)?;
        match &input.data {
            Data::Struct(data) => {
                let members = members(input, &data.fields)?;
                check_distinct(members.iter().map(|member| &member.name))?;
                if attributes.flags {
                    check_flags(&members)?;
                    return Ok(Self::Flags(members));
                }
                let types = members.iter().map(|member| &member.ty);
                check_not_recursive(&input.ident, types)?;
                Ok(Self::Record(members))
            }
            Data::Enum(data) => {
                let cases = cases(input, data)?;
                check_distinct(cases.iter().map(|case| &case.name))?;
                let types = cases.iter().filter_map(|case| case.payload.as_ref());
                check_not_recursive(&input.ident, types)?;
                let has_payload = cases.iter().any(|case| case.payload.is_some());
                Ok(match attributes.variant || has_payload {
                    true => Self::Variant(cases),
                    false => Self::Enum(cases),
                })
            }
            Data::Union(data) => Err(Error::new(
                data.union_token.span(),
                "expected a struct or an enum, found a union",
            )),
        }
    }
}

fn members(input: &DeriveInput, fields: &Fields) -> Result<Vec<Member>> {
    let Fields::Named(named) = fields else {
        let (at, found) = match fields {
            Fields::Unit => (input.ident.span(), "a unit struct"),
            _ => (fields.span(), "a tuple struct"),
        };
        let message = format!(
            "expected a struct with named fields, found {found}: fields of records and flags have \
             names"
        );
        return Err(Error::new(at, message));
    };
    if named.named.is_empty() {
        let message = "expected at least one field: records and flags of the component model are \
                       not empty";
        return Err(Error::new(input.ident.span(), message));
    }
    all(named.named.iter().map(member))
}

fn member(field: &Field) -> Result<Member> {
    let ident = field.ident.clone();
    let ident = ident.ok_or_else(|| Error::new(field.span(), "expected a name of the field"))?;
    Ok(Member {
        name: Name::of(&ident, &field.attrs)?,
        ident,
        ty: field.ty.clone(),
    })
}

fn cases(input: &DeriveInput, data: &DataEnum) -> Result<Vec<Case>> {
    if data.variants.is_empty() {
        let message = "expected at least one case: enums and variants of the component model are \
                       not empty";
        return Err(Error::new(input.ident.span(), message));
    }
    all(data.variants.iter().map(case))
}

fn case(variant: &Variant) -> Result<Case> {
    let payload = match &variant.fields {
        Fields::Unit => None,
        Fields::Unnamed(fields) if fields.unnamed.len() == 1 => fields.unnamed.first(),
        Fields::Unnamed(fields) => {
            let count = fields.unnamed.len();
            let message = format!(
                "expected no field or one, found {count}: a case of a variant has one payload, \
                 which can be a tuple or a record"
            );
            return Err(Error::new(fields.span(), message));
        }
        Fields::Named(fields) => {
            let message = "expected an unnamed field, found named ones: for a record as the \
                           payload, derive a struct of its own";
            return Err(Error::new(fields.span(), message));
        }
    };
    if let Some(field) = payload {
        none(&field.attrs)?;
    }
    Ok(Case {
        name: Name::of(&variant.ident, &variant.attrs)?,
        ident: variant.ident.clone(),
        payload: payload.map(|field| field.ty.clone()),
    })
}

/// Returns everything, or all errors as one.
fn all<T>(items: impl Iterator<Item = Result<T>>) -> Result<Vec<T>> {
    let (mut found, mut errors) = (Vec::new(), None::<Error>);
    for item in items {
        match (item, &mut errors) {
            (Ok(item), _) => found.push(item),
            (Err(error), Some(errors)) => errors.combine(error),
            (Err(error), none) => *none = Some(error),
        }
    }
    errors.map_or(Ok(found), Err)
}

fn check_flags(members: &[Member]) -> Result<()> {
    if let Some(past) = members.get(32) {
        let message = "expected at most 32 flags, as the component model does";
        return Err(Error::new(past.ident.span(), message));
    }
    let is_bool = |ty: &Type| matches!(ty, Type::Path(ty) if ty.path.segments.last().is_some_and(|it| it.ident == "bool"));
    let other = members.iter().find(|member| !is_bool(&member.ty));
    other.map_or(Ok(()), |member| {
        let message = "expected `bool`, as for every field of flags";
        Err(Error::new(member.ty.span(), message))
    })
}

/// Refuses a type that names itself: types of the component model are finite.
fn check_not_recursive<'a>(own: &Ident, types: impl Iterator<Item = &'a Type>) -> Result<()> {
    for ty in types {
        if names(own, ty.to_token_stream()) {
            let message = "expected a type that does not contain itself: types of the component \
                           model are finite";
            return Err(Error::new(ty.span(), message));
        }
    }
    Ok(())
}

/// Returns whether the tokens of a type have `Self` or this name, except as a part of a longer
/// path.
fn names(own: &Ident, tokens: TokenStream) -> bool {
    let mut in_path = false;
    tokens.into_iter().any(|token| {
        let after_path = in_path;
        in_path = matches!(&token, TokenTree::Punct(punct) if punct.as_char() == ':');
        match token {
            TokenTree::Ident(ident) => !after_path && (ident == "Self" || ident == *own),
            TokenTree::Group(group) => names(own, group.stream()),
            _ => false,
        }
    })
}
