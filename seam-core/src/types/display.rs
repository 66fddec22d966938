//! Types as WIT text.

use std::fmt::{self, Display, Formatter};

use crate::{FuncType, Type};

/// Prints the type as in WIT, on one line.
///
/// Records, variants, enums and flags are printed in full, because not every artifact has names for
/// them. Resources are printed with their [label](crate::ResourceType::label).
impl Display for Type {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Type::List(element) => write!(f, "list<{element}>"),
            Type::FixedLengthList(element, len) => write!(f, "list<{element}, {len}>"),
            Type::Map(key, value) => write!(f, "map<{key}, {value}>"),
            Type::Record(record) => braces(f, "record", &record.fields, |f, (name, ty)| {
                write!(f, "{name}: {ty}")
            }),
            Type::Tuple(elements) => {
                f.write_str("tuple<")?;
                separated(f, elements.iter(), |f, ty| write!(f, "{ty}"))?;
                f.write_str(">")
            }
            Type::Variant(variant) => {
                braces(f, "variant", &variant.cases, |f, (name, ty)| match ty {
                    Some(ty) => write!(f, "{name}({ty})"),
                    None => f.write_str(name),
                })
            }
            Type::Enum(cases) => braces(f, "enum", &**cases, |f, name| f.write_str(name)),
            Type::Option(some) => write!(f, "option<{some}>"),
            Type::Result(result) => match (&result.ok, &result.err) {
                (None, None) => f.write_str("result"),
                (Some(ok), None) => write!(f, "result<{ok}>"),
                (None, Some(err)) => write!(f, "result<_, {err}>"),
                (Some(ok), Some(err)) => write!(f, "result<{ok}, {err}>"),
            },
            Type::Flags(names) => braces(f, "flags", &**names, |f, name| f.write_str(name)),
            Type::Own(resource) => f.write_str(resource.label()),
            Type::Borrow(resource) => write!(f, "borrow<{}>", resource.label()),
            Type::Stream(Some(element)) | Type::Future(Some(element)) => {
                write!(f, "{}<{element}>", self.kind())
            }
            simple => f.write_str(simple.kind()),
        }
    }
}

/// Prints the type as in WIT, e.g. `func(name: string, tags: list<string>) -> string`.
impl Display for FuncType {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.is_async {
            f.write_str("async ")?;
        }
        write!(f, "func({})", Params(self))?;
        match &self.result {
            Some(result) => write!(f, " -> {result}"),
            None => Ok(()),
        }
    }
}

/// The parameters of a function, e.g. `name: string, tags: list<string>`.
pub(crate) struct Params<'a>(pub(crate) &'a FuncType);

impl Display for Params<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        separated(f, &self.0.params, |f, (name, ty)| write!(f, "{name}: {ty}"))
    }
}

/// `keyword { a, b }`
fn braces<T>(
    f: &mut Formatter<'_>,
    keyword: &str,
    items: impl IntoIterator<Item = T>,
    write: impl FnMut(&mut Formatter<'_>, T) -> fmt::Result,
) -> fmt::Result {
    write!(f, "{keyword} {{ ")?;
    separated(f, items, write)?;
    f.write_str(" }")
}

/// `a, b`
pub(crate) fn separated<T>(
    f: &mut Formatter<'_>,
    items: impl IntoIterator<Item = T>,
    mut write: impl FnMut(&mut Formatter<'_>, T) -> fmt::Result,
) -> fmt::Result {
    for (index, item) in items.into_iter().enumerate() {
        if index > 0 {
            f.write_str(", ")?;
        }
        write(f, item)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ResourceType;

    #[test]
    fn every_type_prints_as_wit() {
        let counter = || ResourceType::new("test:res/counters@0.1.0#counter");
        for (ty, text) in [
            (Type::Bool, "bool"),
            (Type::S8, "s8"),
            (Type::U64, "u64"),
            (Type::F32, "f32"),
            (Type::Char, "char"),
            (Type::String, "string"),
            (Type::ErrorContext, "error-context"),
            (Type::list(Type::U8), "list<u8>"),
            (Type::FixedLengthList(Type::U8.into(), 4), "list<u8, 4>"),
            (
                Type::Map(Type::String.into(), Type::U32.into()),
                "map<string, u32>",
            ),
            (Type::tuple([Type::U32, Type::String]), "tuple<u32, string>"),
            (
                Type::record([("x", Type::U32), ("y", Type::String)]),
                "record { x: u32, y: string }",
            ),
            (
                Type::variant([("a", None), ("b", Some(Type::U32))]),
                "variant { a, b(u32) }",
            ),
            (Type::enumeration(["a", "b"]), "enum { a, b }"),
            (Type::flags(["a", "b"]), "flags { a, b }"),
            (
                Type::option(Type::option(Type::Bool)),
                "option<option<bool>>",
            ),
            (Type::result(None, None), "result"),
            (Type::result(Some(Type::U8), None), "result<u8>"),
            (Type::result(None, Some(Type::String)), "result<_, string>"),
            (
                Type::result(Some(Type::U8), Some(Type::String)),
                "result<u8, string>",
            ),
            (Type::Own(counter()), "counter"),
            (Type::Borrow(counter()), "borrow<counter>"),
            (Type::Stream(None), "stream"),
            (Type::Stream(Some(Type::U8.into())), "stream<u8>"),
            (Type::Future(None), "future"),
            (
                Type::Future(Some(Type::list(Type::U8).into())),
                "future<list<u8>>",
            ),
        ] {
            assert_eq!(ty.to_string(), text);
        }
    }

    #[test]
    fn function_types_print_as_wit() {
        let mut ty = FuncType {
            params: vec![
                ("name".into(), Type::String),
                ("tags".into(), Type::list(Type::String)),
            ],
            result: Some(Type::String),
            is_async: false,
        };
        assert_eq!(
            ty.to_string(),
            "func(name: string, tags: list<string>) -> string"
        );
        ty.is_async = true;
        ty.result = None;
        ty.params.truncate(1);
        assert_eq!(ty.to_string(), "async func(name: string)");
        assert_eq!(FuncType::default().to_string(), "func()");
    }
}
