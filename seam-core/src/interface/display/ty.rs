//! Prints types as WIT text, with the names that an interface gives them.

use std::collections::HashMap;
use std::fmt::{self, Display as _};
use std::sync::Arc;

use super::name::Name;
use crate::{FuncType, Item, ItemKind, ResourceType, Type};

/// The names that are known in an interface or at the root of a component.
///
/// Types are structural. If two names stand for the same type, the first name is printed.
pub(super) struct Names<'a> {
    types: HashMap<&'a Type, &'a str>,
    resources: HashMap<&'a ResourceType, &'a str>,
}

/// An item to print with names.
pub(super) struct Text<'a, T: ?Sized>(pub(super) &'a T, pub(super) &'a Names<'a>);

impl<'a> Names<'a> {
    pub(super) fn of(items: impl IntoIterator<Item = &'a Item>) -> Self {
        let mut names = Self {
            types: HashMap::new(),
            resources: HashMap::new(),
        };
        for item in items {
            match &item.kind {
                ItemKind::Type(ty) if is_nominal(ty) => {
                    names.types.entry(ty).or_insert(&item.name);
                }
                ItemKind::Resource(ty) => {
                    names.resources.entry(ty).or_insert(&item.name);
                }
                _ => {}
            }
        }
        names
    }

    /// Prints the definition of a type in its interface.
    pub(super) fn definition(
        &self,
        f: &mut fmt::Formatter<'_>,
        name: &str,
        ty: &Type,
    ) -> fmt::Result {
        let first = self.types.get(ty) == Some(&name);
        let name = Name(name);
        if !first {
            return write!(f, "type {name} = {};", Text(ty, self));
        }
        match ty {
            Type::Record(ty) => {
                let fields = ty.fields.iter();
                write!(f, "record {name} {{ ")?;
                list(f, fields, |f, (name, ty)| {
                    write!(f, "{}: {}", Name(name), Text(ty, self))
                })?;
            }
            Type::Variant(ty) => {
                write!(f, "variant {name} {{ ")?;
                list(f, ty.cases.iter(), |f, (name, ty)| match ty {
                    Some(ty) => write!(f, "{}({})", Name(name), Text(ty, self)),
                    None => Name(name).fmt(f),
                })?;
            }
            Type::Enum(names) | Type::Flags(names) => {
                let word = if matches!(ty, Type::Enum(_)) {
                    "enum"
                } else {
                    "flags"
                };
                write!(f, "{word} {name} {{ ")?;
                list(f, names.iter(), |f, name| Name(name).fmt(f))?;
            }
            _ => {}
        }
        f.write_str(" }")
    }

    /// Prints a resource's constructor, without its result, which is always the resource.
    pub(super) fn constructor(&self, f: &mut fmt::Formatter<'_>, ty: &FuncType) -> fmt::Result {
        f.write_str("constructor")?;
        self.params(f, &ty.params)?;
        match &ty.result {
            None | Some(Type::Own(_)) => f.write_str(";"),
            Some(result) => write!(f, " -> {};", Text(result, self)),
        }
    }

    /// Prints a resource's method, without its first parameter, which is the resource itself.
    pub(super) fn method(&self, f: &mut fmt::Formatter<'_>, ty: &FuncType) -> fmt::Result {
        let params = ty.params.get(1..).unwrap_or_default();
        self.func(f, ty, params)?;
        f.write_str(";")
    }

    fn func(
        &self,
        f: &mut fmt::Formatter<'_>,
        ty: &FuncType,
        params: &[(Arc<str>, Type)],
    ) -> fmt::Result {
        f.write_str(if ty.is_async { "async func" } else { "func" })?;
        self.params(f, params)?;
        match &ty.result {
            Some(result) => write!(f, " -> {}", Text(result, self)),
            None => Ok(()),
        }
    }

    fn params(&self, f: &mut fmt::Formatter<'_>, params: &[(Arc<str>, Type)]) -> fmt::Result {
        f.write_str("(")?;
        list(f, params.iter(), |f, (name, ty)| {
            write!(f, "{}: {}", Name(name), Text(ty, self))
        })?;
        f.write_str(")")
    }

    fn resource<'s>(&'s self, ty: &'s ResourceType) -> &'s str {
        self.resources.get(ty).copied().unwrap_or_else(|| ty.name())
    }
}

impl fmt::Display for Text<'_, FuncType> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.1.func(f, self.0, &self.0.params)
    }
}

impl fmt::Display for Text<'_, Type> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Text(ty, names) = *self;
        if let Some(name) = names.types.get(ty) {
            return Name(name).fmt(f);
        }
        match ty {
            Type::Own(ty) => f.write_str(names.resource(ty)),
            Type::Borrow(ty) => write!(f, "borrow<{}>", names.resource(ty)),
            Type::List(ty) => write!(f, "list<{}>", Text(&**ty, names)),
            Type::FixedLengthList(ty, length) => {
                write!(f, "list<{}, {length}>", Text(&**ty, names))
            }
            Type::Map(key, value) => {
                write!(f, "map<{}, {}>", Text(&**key, names), Text(&**value, names))
            }
            Type::Option(ty) => write!(f, "option<{}>", Text(&**ty, names)),
            Type::Tuple(types) => {
                f.write_str("tuple<")?;
                list(f, types.iter(), |f, ty| Text(ty, names).fmt(f))?;
                f.write_str(">")
            }
            Type::Result(ty) => match (&ty.ok, &ty.err) {
                (None, None) => f.write_str("result"),
                (Some(ok), None) => write!(f, "result<{}>", Text(ok, names)),
                (None, Some(err)) => write!(f, "result<_, {}>", Text(err, names)),
                (Some(ok), Some(err)) => {
                    write!(f, "result<{}, {}>", Text(ok, names), Text(err, names))
                }
            },
            Type::Stream(Some(ty)) => write!(f, "stream<{}>", Text(&**ty, names)),
            Type::Future(Some(ty)) => write!(f, "future<{}>", Text(&**ty, names)),
            // Validation requires that these types are named where they are visible from outside,
            // so they contain no type that must be printed by name.
            _ => ty.fmt(f),
        }
    }
}

/// Returns whether types of this kind are, to a person, the same type only if they have the same
/// name.
fn is_nominal(ty: &Type) -> bool {
    matches!(
        ty,
        Type::Record(_) | Type::Variant(_) | Type::Enum(_) | Type::Flags(_)
    )
}

fn list<T>(
    f: &mut fmt::Formatter<'_>,
    items: impl Iterator<Item = T>,
    each: impl Fn(&mut fmt::Formatter<'_>, T) -> fmt::Result,
) -> fmt::Result {
    for (position, item) in items.enumerate() {
        if position > 0 {
            f.write_str(", ")?;
        }
        each(f, item)?;
    }
    Ok(())
}
