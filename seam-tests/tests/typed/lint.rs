//! Generated code raises no warnings and does not depend on what its surroundings define.

/// A module in which the names that generated code might use mean something else.
#[deny(
    warnings,
    missing_docs,
    single_use_lifetimes,
    unused_lifetimes,
    unused_qualifications,
    unreachable_pub,
    clippy::all,
    clippy::pedantic,
    clippy::indexing_slicing,
    clippy::allow_attributes_without_reason
)]
#[allow(
    dead_code,
    non_camel_case_types,
    non_upper_case_globals,
    unused_imports,
    unused_macros,
    reason = "names that collide"
)]
mod hostile {
    use seam_core as core;
    use seam_core as std;

    struct Option;
    struct Result;
    struct Some;
    struct None;
    struct Ok;
    struct Err;
    struct Box;
    struct Vec;
    struct String;
    struct Type;
    struct bool_;
    const value: u8 = 0;
    const to: u8 = 0;
    const from: u8 = 0;
    const ty: u8 = 0;
    macro_rules! matches {
        () => {};
    }
    macro_rules! vec {
        () => {};
    }

    #[derive(seam_core::typed::Typed, seam_core::typed::Liftable, Debug, PartialEq, Clone)]
    pub(super) struct Record<T, const N: usize> {
        pub(super) r#type: T,
        pub(super) to: [u8; N],
        pub(super) from: u8,
    }

    #[derive(seam_core::typed::Typed, seam_core::typed::Liftable, Debug, PartialEq, Clone)]
    pub(super) enum Variant<T> {
        Ok(T),
        #[deprecated]
        Err(u8),
        None,
    }

    #[derive(seam_core::typed::Typed, seam_core::typed::Liftable, Debug, PartialEq, Clone)]
    #[seam(variant)]
    pub(super) enum Units {
        Ok,
        None,
    }

    #[derive(seam_core::typed::Typed, seam_core::typed::Liftable, Debug, PartialEq, Clone)]
    pub(super) enum Enum {
        Ok,
        Some,
    }

    #[derive(seam_core::typed::Typed, seam_core::typed::Liftable, Debug, PartialEq, Clone)]
    #[seam(flags)]
    pub(super) struct Flags {
        pub(super) from: bool,
        pub(super) to: bool,
    }

    #[derive(seam_core::typed::Typed)]
    pub(super) struct Lent<'a, T> {
        pub(super) text: &'a str,
        pub(super) rest: &'a [T],
    }
}

use hostile::{Enum, Flags, Lent, Record, Units, Variant};
use seam_core::Type;
use seam_core::typed::Typed;

#[test]
fn types_are_named_in_kebab_case_and_compare_without_being_made() {
    for (ty, is, text) in [
        (
            Record::<u64, 2>::ty(),
            Record::<u64, 2>::is as fn(&Type) -> bool,
            "record {type: u64, to: list<u8, 2>, from: u8}",
        ),
        (
            Variant::<char>::ty(),
            Variant::<char>::is,
            "variant {ok(char), err(u8), none}",
        ),
        (Units::ty(), Units::is, "variant {ok, none}"),
        (Enum::ty(), Enum::is, "enum {ok, some}"),
        (Flags::ty(), Flags::is, "flags {from, to}"),
        (
            Lent::<u8>::ty(),
            Lent::<u8>::is,
            "record {text: string, rest: list<u8>}",
        ),
    ] {
        let spaced = |text: &str| text.split_whitespace().collect::<String>();
        assert_eq!(spaced(&ty.to_string()), spaced(text));
        assert!(is(&ty));
        for other in [
            Type::Bool,
            Type::record([("type", Type::U64)]),
            Type::record([("type", Type::U64), ("to", Type::U8), ("from", Type::U8)]),
            Type::variant([("ok", Some(Type::Char)), ("err", None), ("none", None)]),
            Type::variant([("ok", None)]),
            Type::variant([("ok", None), ("nothing", None)]),
            Type::enumeration(["ok"]),
            Type::enumeration(["ok", "none"]),
            Type::flags(["to", "from"]),
            Type::flags(["from"]),
        ] {
            assert!(!is(&other), "{text} is {other}");
        }
    }
}
