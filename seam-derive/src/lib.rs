#![cfg_attr(not(doctest), doc = include_str!("../README.md"))]

mod attribute;
mod expand;
mod name;
mod shape;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Implements `seam_core::typed::Typed`: the type can be an argument.
///
/// The [crate's documentation](crate) lists the forms and attributes.
#[proc_macro_derive(Typed, attributes(seam))]
pub fn typed(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    expand::typed(&input)
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}

/// Implements `seam_core::typed::Liftable`: the type can be a result or a host's parameter.
///
/// The type must be `Typed` too. A type that borrows cannot be lifted.
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
