//! Derive macros of seam: Rust types as component-level types.
//!
//! Enable the feature `derive` of seam-core, which exports the macros beside the traits. Then typed
//! calls and host functions can use your own types for records, variants, enums and flags:
//!
//! ```
//! use seam_core::typed::{Liftable, Typed};
//! use seam_core::{Artifact, BackendExt, InstanceExt, Result, World};
//!
//! #[derive(Typed, Liftable, Debug, PartialEq)]
//! struct Point {
//!     x: i32,
//!     y: i32,
//! }
//!
//! #[derive(Typed, Liftable, Debug, PartialEq)]
//! enum Shape {
//!     Empty,
//!     Radius(f32),
//!     Serial(u64),
//!     Label(String),
//!     At(Point),
//!     Area(f64),
//!     Dot,
//! }
//!
//! fn main() -> Result<()> {
//!     let types = Artifact::from_file("../seam-tests/fixtures/types/types.wasm")?;
//!     let backend = seam_wasmi::Wasmi::new();
//!     let mut types = backend.instantiate_blocking(&types, &World::new())?;
//!     let shape = Shape::At(Point { x: 3, y: 4 });
//!     let echo = "test:types/echo@1.0.0#echo-shape";
//!     let found: Shape = types.call_typed_blocking(echo, (&shape,))?;
//!     assert_eq!(found, shape);
//!     Ok(())
//! }
//! ```
//!
//! # Which derive
//! [`Typed`](macro@Typed) makes a type an argument, and a result of a host function if it is
//! `Liftable` too. [`Liftable`](macro@Liftable) makes it also a result of a call and a parameter of
//! a host function. Derive both for types that own their contents. A type that borrows, e.g. a
//! struct with a `&'a str`, can only derive `Typed`.
//!
//! | Rust | component model |
//! |---|---|
//! | struct with named fields | `record` |
//! | struct of `bool`s with `#[seam(flags)]` | `flags`, the first field being the lowest bit |
//! | enum whose cases have no payloads | `enum` |
//! | the same with `#[seam(variant)]` | `variant` |
//! | enum with at least one payload | `variant` |
//!
//! The payload of a case is one unnamed field. The order of fields and cases counts, as in WIT.
//! Every type parameter must be `Typed` or `Liftable` itself. Tuple structs, unit structs and
//! unions stand for no type, and flags have at most 32 fields.
//!
//! # Names
//! Types of the component model have no names, but their fields, cases and flags do. They are the
//! Rust names in kebab-case, as wit-bindgen uses them:
//!
//! | Rust | WIT | |
//! |---|---|---|
//! | `max_size`, `MaxSize` | `max-size` | |
//! | `r#type` | `type` | without the `r#` |
//! | `_unused` | `unused` | without underscores at either end |
//! | `HttpError`, `HTTPError` | `http-error` | the last capital of an acronym starts a word |
//! | `Utf8String`, `V2` | `utf8-string`, `v2` | a digit belongs to the word before it |
//! | `part_1` | `part-1` | except after `_` |
//! | `AB` | `ab` | for `a-b`, rename it |
//!
//! `#[seam(rename = "HTTP-error")]` on a field or case gives any other name. Two names that are
//! equal, regardless of case, are an error.

mod attribute;
mod expand;
mod name;
mod shape;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Implements `seam_core::typed::Typed`: the type can be an argument.
///
/// The [crate's documentation](crate) lists the forms and attributes.
///
/// Wrong uses are errors of the compiler, at the part that is wrong:
///
/// ```compile_fail
/// #[derive(seam_core::typed::Typed)]
/// struct Pair(i32, i32); // expected a struct with named fields, found a tuple struct
/// ```
/// ```compile_fail
/// #[derive(seam_core::typed::Typed)]
/// union Bits { a: u32, b: f32 } // expected a struct or an enum, found a union
/// ```
/// ```compile_fail
/// #[derive(seam_core::typed::Typed)]
/// enum Shape { Rectangle(f64, f64) } // expected no field or one, found 2
/// ```
/// ```compile_fail
/// #[derive(seam_core::typed::Typed)]
/// struct Twice { a_b: u8, a__b: u8 } // expected distinct WIT names, found two that are `a-b`
/// ```
/// ```compile_fail
/// #[derive(seam_core::typed::Typed)]
/// struct Point { #[seam(name = "x")] a: u8 } // unknown attribute, expected `rename = ".."`
/// ```
/// ```compile_fail
/// #[derive(seam_core::typed::Typed)]
/// #[seam(flags)]
/// struct Perms { read: u8 } // expected `bool`
/// ```
#[proc_macro_derive(Typed, attributes(seam))]
pub fn typed(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    expand::typed(&input)
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}

/// Implements `seam_core::typed::Liftable`: the type can be a result or a host's parameter.
///
/// The type must be `Typed` too. What borrows cannot be lifted:
///
/// ```compile_fail
/// use seam_core::typed::{Liftable, Typed};
///
/// #[derive(Typed, Liftable)]
/// struct Name<'a> { text: &'a str } // `&'a str: Liftable` is not satisfied
/// ```
#[proc_macro_derive(Liftable, attributes(seam))]
pub fn liftable(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    expand::liftable(&input)
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::indexing_slicing, reason = "tests")]

    use crate::expand::{liftable, typed};

    /// Returns the messages of the errors that both derives give.
    fn errors(text: &str) -> Vec<String> {
        let input = syn::parse_str(text).expect("the test's text is a type");
        let messages = |error: syn::Error| error.into_iter().map(|e| e.to_string()).collect();
        let found: Vec<String> = typed(&input).err().map_or(Vec::new(), messages);
        let lifted: Vec<String> = liftable(&input).err().map_or(Vec::new(), messages);
        assert_eq!(found, lifted, "{text}");
        found
    }

    #[test]
    fn wrong_uses_have_clear_messages() {
        for (text, message) in [
            ("struct A(u8);", "named fields, found a tuple struct"),
            ("struct A;", "named fields, found a unit struct"),
            ("struct A {}", "expected at least one field"),
            ("enum A {}", "expected at least one case"),
            ("union A { a: u8 }", "found a union"),
            ("enum A { B(u8, u8) }", "expected no field or one, found 2"),
            ("enum A { B() }", "expected no field or one, found 0"),
            ("enum A { B { c: u8 } }", "found named ones"),
            (
                "enum A { B(#[seam(rename = \"c\")] u8) }",
                "which has no name",
            ),
            ("struct A { a_b: u8, aB: u8 }", "found two that are `a-b`"),
            (
                "enum A { B, #[seam(rename = \"B\")] C }",
                "found two that are `B`",
            ),
            ("struct A { é: u8 }", "expected a WIT name"),
            ("struct A { _1: u8 }", "expected a WIT name"),
            (
                "struct A { #[seam(rename = \"a_b\")] a: u8 }",
                "found `a_b`",
            ),
            ("struct A { #[seam(skip)] a: u8 }", "unknown attribute"),
            ("struct A { #[seam] a: u8 }", "expected attribute arguments"),
            (
                "struct A { #[seam(rename = \"b\", rename = \"c\")] a: u8 }",
                "expected one `rename`, found two",
            ),
            (
                "#[seam(rename = \"b\")] struct A { a: u8 }",
                "on a field or case",
            ),
            ("#[seam(other)] struct A { a: u8 }", "`flags` or `variant`"),
            ("#[seam(flags)] enum A { B }", "`flags` on a struct"),
            (
                "#[seam(variant)] struct A { a: u8 }",
                "`variant` on an enum",
            ),
            ("#[seam(flags)] struct A { a: u8 }", "expected `bool`"),
            ("struct A { a: Vec<A> }", "does not contain itself"),
            ("enum A { B, C(Box<Self>) }", "does not contain itself"),
        ] {
            let found = errors(text);
            assert!(
                found.len() == 1 && found[0].contains(message),
                "{text}: {found:?}"
            );
        }
        let many: Vec<_> = (0..33).map(|n| format!("f{n}: bool")).collect();
        let found = errors(&format!(
            "#[seam(flags)] struct A {{ {} }}",
            many.join(", ")
        ));
        assert!(found[0].contains("at most 32 flags"), "{found:?}");
    }

    #[test]
    fn every_wrong_field_is_reported() {
        let found = errors("struct A { #[seam(x)] a: u8, b: u8, #[seam(y)] c: u8 }");
        assert_eq!(found.len(), 2, "{found:?}");
    }

    #[test]
    fn another_type_of_the_same_name_is_not_recursive() {
        assert!(errors("struct A { a: other::A, b: Option<B::A> }").is_empty());
    }
}
