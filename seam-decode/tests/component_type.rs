//! Core modules with `component-type` sections, made by hand.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

#[path = "../../seam-core/tests/common/mod.rs"]
mod common;
mod support;

use common::Random;
use seam_core::{Artifact, Error, ErrorKind, Interface};
use seam_decode::types::StringEncoding;
use seam_decode::{
    CoreItem, ExportChoice, ResourceOrigin, TypedModule, decode_typed, has_component_type,
    typed_interface,
};
use support::{module, world};

/// The world of [`GUEST`].
const WORLD: &str = r#"
    (type $log (instance
        (export "sink" (type $sink (sub resource)))
        (type $borrow (borrow $sink))
        (type $write (func (param "self" $borrow) (param "line" string)))
        (export "[method]sink.write" (func (type $write)))
        (type $name (func (result string)))
        (export "name" (func (type $name)))
        (type $unused (func))
        (export "unused" (func (type $unused)))))
    (import "test:host/log@1.2.0" (instance (type $log)))
    (type $now (func (result u64)))
    (import "now" (func (type $now)))
    (type $api (instance
        (export "thing" (type $thing (sub resource)))
        (type $own (own $thing))
        (type $make (func (param "name" string) (result $own)))
        (export "[constructor]thing" (func (type $make)))
        (type $greet (func (param "name" string) (result string)))
        (export "greet" (func (type $greet)))))
    (export "test:guest/api@0.1.0" (instance (type $api)))
    (type $add (func (param "a" u32) (param "b" u32) (result u32)))
    (export "add" (func (type $add)))"#;

/// A module of the world [`WORLD`].
const GUEST: &str = r#"(module
    (import "test:host/log@1.2.0" "[method]sink.write" (func (param i32 i32 i32)))
    (import "test:host/log@1.2.1" "name" (func (param i32)))
    (import "test:host/log@1.2.0" "[resource-drop]sink" (func (param i32)))
    (import "$root" "now" (func (result i64)))
    (import "[export]test:guest/api@0.1.0" "[resource-new]thing" (func (param i32) (result i32)))
    (import "[export]test:guest/api@0.1.0" "[resource-rep]thing" (func (param i32) (result i32)))
    (import "env" "raw" (func (param i32)))
    (memory (export "memory") 1)
    (func (export "test:guest/api@0.1.0#greet") (param i32 i32) (result i32) unreachable)
    (func (export "cabi_post_test:guest/api@0.1.0#greet") (param i32))
    (func (export "test:guest/api@0.1.0#[constructor]thing") (param i32 i32) (result i32)
        unreachable)
    (func (export "test:guest/api@0.1.0#[dtor]thing") (param i32))
    (func (export "add") (param i32 i32) (result i32) unreachable)
    (func (export "_initialize"))
    (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) unreachable))"#;

fn guest() -> Artifact {
    module(GUEST, &[("component-type:guest", &world(0, WORLD))])
}

fn changed(from: &str, to: &str) -> Artifact {
    assert!(GUEST.contains(from));
    let text = GUEST.replace(from, to);
    module(&text, &[("component-type:guest", &world(0, WORLD))])
}

#[track_caller]
fn refused(artifact: &Artifact) -> Error {
    decode_typed(artifact).map(drop).unwrap_err()
}

/// Asserts that a module is refused with `Link`, and that the message has all parts.
#[track_caller]
fn unlinked(artifact: &Artifact, parts: &[&str]) {
    let error = refused(artifact);
    assert_eq!(*error.kind(), ErrorKind::Link, "{error}");
    for part in parts {
        assert!(error.message().contains(part), "no {part:?} in {error}");
    }
}

fn choice(module: &TypedModule, name: &str) -> ExportChoice {
    let mut exports = module.exports.iter();
    let found = exports.find(|export| export.name.to_string() == name);
    found.unwrap().chosen.clone().unwrap()
}

fn names(interface: &Interface) -> [Vec<String>; 2] {
    let lists = [interface.import_funcs(), interface.export_funcs()];
    lists.map(|funcs| {
        let funcs = funcs.iter();
        funcs.map(|(name, ty)| format!("{name}: {ty}")).collect()
    })
}

#[test]
fn exports_are_found_by_their_names() {
    let module = decode_typed(&guest()).unwrap();
    let greet = choice(&module, "test:guest/api@0.1.0#greet");
    assert_eq!(greet.func.export, "test:guest/api@0.1.0#greet");
    assert_eq!(greet.memory.unwrap().export, "memory");
    assert_eq!(greet.realloc.unwrap().export, "cabi_realloc");
    let post_return = "cabi_post_test:guest/api@0.1.0#greet";
    assert_eq!(greet.post_return.as_deref(), Some(post_return));
    let add = choice(&module, "add");
    assert_eq!(add.func.reason.to_string(), "by its name");
    assert_eq!(
        (add.memory, add.realloc, add.post_return),
        (None, None, None)
    );
    // An allocator of its own for arguments comes before the common one.
    let own = GUEST.replace(
        r#"(func (export "_initialize"))"#,
        r#"(func (export "cabi_export_realloc") (param i32 i32 i32 i32) (result i32) unreachable)"#,
    );
    let module = self::module(&own, &[("component-type", &world(0, WORLD))]);
    let module = decode_typed(&module).unwrap();
    let greet = choice(&module, "test:guest/api@0.1.0#greet");
    assert_eq!(greet.realloc.unwrap().export, "cabi_export_realloc");
    let name = module.imports.iter().find(|it| &*it.core.1 == "name");
    assert_eq!(
        name.unwrap().realloc.clone().unwrap().export,
        "cabi_realloc"
    );
    assert_eq!(module.plan.initialize, None);
}

#[test]
fn the_interface_is_that_of_the_world() {
    let artifact = guest();
    let module = decode_typed(&artifact).unwrap();
    let [imports, exports] = names(&module.interface);
    let thing = "test:guest/api@0.1.0#[constructor]thing: func(name: string) -> thing";
    assert_eq!(
        imports,
        [
            "test:host/log@1.2.0#[method]sink.write: func(self: borrow<sink>, line: string)",
            "test:host/log@1.2.0#name: func() -> string",
            "now: func() -> u64",
            "env#raw: func(p0: s32)",
        ]
    );
    assert_eq!(
        exports,
        [
            thing,
            "test:guest/api@0.1.0#greet: func(name: string) -> string",
            "add: func(a: u32, b: u32) -> u32",
        ]
    );
    assert_eq!(typed_interface(&artifact).unwrap(), *module.interface);
    // Without the call, the module has its core types.
    let plain = Artifact::from_bytes("module", artifact.bytes()).unwrap();
    let core = typed_interface(&plain).unwrap();
    assert_eq!(core, seam_decode::interface(&artifact).unwrap());
    assert!(names(&core)[1].contains(&"add: func(p0: s32, p1: s32) -> s32".to_string()));
    assert_eq!(core.core_instances(), module.interface.core_instances());
}

#[test]
fn the_plan_has_resources_and_the_initializer() {
    let module = decode_typed(&guest()).unwrap();
    let plan = &module.plan;
    let name = |item: usize| match &plan.core_items[item] {
        CoreItem::Export(0, name) => name.to_string(),
        other => panic!("{other:?}"),
    };
    assert_eq!(plan.initialize.map(name).as_deref(), Some("_initialize"));
    let origins: Vec<_> = plan
        .resources
        .iter()
        .map(|resource| match &resource.origin {
            ResourceOrigin::Host(name) => name.to_string(),
            ResourceOrigin::Guest { dtor, .. } => name(dtor.unwrap()),
            other => panic!("{other:?}"),
        })
        .collect();
    let dtor = "test:guest/api@0.1.0#[dtor]thing";
    assert_eq!(origins, ["test:host/log@1.2.0#sink", dtor]);
    let raw = module.raw.1.imports;
    assert_eq!(raw.len(), 1);
    assert_eq!((&*raw[0].0, &*raw[0].1), ("env", "raw"));
}

#[test]
fn a_section_says_how_strings_are_encoded() {
    let encodings = [
        StringEncoding::Utf8,
        StringEncoding::Utf16,
        StringEncoding::Latin1Utf16,
    ];
    for (byte, expected) in (0..).zip(encodings) {
        let module = module(GUEST, &[("component-type", &world(byte, WORLD))]);
        let plan = decode_typed(&module).unwrap().plan;
        assert!(plan.lifts.iter().all(|it| it.options.encoding == expected));
        let lowered = plan.core_items.iter().filter_map(|item| match item {
            CoreItem::LowerForCaller(_, options, _) => Some(options.encoding),
            _ => None,
        });
        assert_eq!(lowered.collect::<Vec<_>>(), [expected; 3]);
    }
    let error = refused(&module(GUEST, &[("component-type", &world(3, WORLD))]));
    assert!(
        error.message().contains("an encoding from 0 to 2, found 3"),
        "{error}"
    );
}

#[test]
fn several_sections_are_one_world() {
    let more = r#"
        (type $log (instance
            (export "sink" (type $sink (sub resource)))
            (type $own (own $sink))
            (type $open (func (result $own)))
            (export "[constructor]sink" (func (type $open)))
            (type $name (func (result string)))
            (export "name" (func (type $name)))))
        (import "test:host/log@1.2.0" (instance (type $log)))"#;
    let open = r#"(module
        (import "test:host/log@1.2.0" "[constructor]sink" (func (result i32)))"#;
    let text = GUEST.replace("(module", open);
    let both = module(
        &text,
        &[
            ("component-type:a", &world(0, WORLD)),
            ("component-type:b", &world(0, more)),
        ],
    );
    let typed = decode_typed(&both).unwrap();
    let [imports, _] = names(&typed.interface);
    assert!(
        imports.contains(&"test:host/log@1.2.0#[constructor]sink: func() -> sink".to_string()),
        "{imports:?}"
    );
    // Both mean the same resource type.
    assert_eq!(typed.plan.resources.len(), 2);
}

#[test]
fn sections_that_disagree_do_not_link() {
    let with = |encoding: u8, more: &str| {
        let (first, second) = (world(0, WORLD), world(encoding, more));
        let sections: [(&str, &[u8]); 2] =
            [("component-type:a", &first), ("component-type:b", &second)];
        module(GUEST, &sections)
    };
    let now = |result: &str| {
        format!(r#"(type $now (func (result {result}))) (import "now" (func (type $now)))"#)
    };
    assert!(decode_typed(&with(0, &now("u64"))).is_ok());
    let sections = ["`now`", "component-type:a", "component-type:b", "found two"];
    unlinked(&with(0, &now("s64")), &sections);
    unlinked(&with(1, &now("u64")), &["`now`", "one string encoding"]);
    let instance = r#"(type $now (instance)) (import "now" (instance (type $now)))"#;
    unlinked(&with(0, instance), &["`now`", "component-type:b"]);
}

#[test]
fn a_module_that_lacks_an_export_does_not_link() {
    let greet = r#"export "test:guest/api@0.1.0#greet""#;
    let missing = changed(greet, r#"export "other""#);
    unlinked(
        &missing,
        &[
            "export `test:guest/api@0.1.0#greet`",
            "of type (func (param i32 i32) (result i32))",
            "found none",
        ],
    );
    let memory = changed(r#"(export "memory")"#, r#"(export "mem")"#);
    unlinked(
        &memory,
        &["expected an exported memory `memory`, found `mem`"],
    );
    let realloc = changed(r#"export "cabi_realloc""#, r#"export "realloc""#);
    unlinked(
        &realloc,
        &["an exported function `cabi_realloc`", "found none"],
    );
}

#[test]
fn core_types_that_do_not_fit_do_not_link() {
    for (from, to, parts) in [
        (
            r#"#greet") (param i32 i32) (result i32)"#,
            r#"#greet") (param i32) (result i32)"#,
            [
                "export `test:guest/api@0.1.0#greet`",
                "found type (func (param i32) (result i32))",
            ],
        ),
        (
            r#"#greet") (param i32))"#,
            r#"#greet") (param i64))"#,
            ["its post-return", "found type (func (param i64))"],
        ),
        (
            r#"[dtor]thing") (param i32)"#,
            r#"[dtor]thing")"#,
            ["resource `test:guest/api@0.1.0#thing`", "found type (func)"],
        ),
        (
            "(param i32 i32 i32 i32) (result i32)",
            "(param i32 i32 i32) (result i32)",
            [
                "cabi_realloc",
                "found type (func (param i32 i32 i32) (result i32))",
            ],
        ),
        (
            r#"(export "_initialize")"#,
            r#"(export "_initialize") (param i32)"#,
            ["export `_initialize`", "found type (func (param i32))"],
        ),
        (
            r#""now" (func (result i64))"#,
            r#""now" (func (result i32))"#,
            [
                "import `$root#now`",
                "expected type (func (result i64)), found (func (result i32))",
            ],
        ),
        (
            r#""[resource-drop]sink" (func (param i32))"#,
            r#""[resource-drop]sink" (func (param i64))"#,
            ["[resource-drop]sink", "found (func (param i64))"],
        ),
    ] {
        unlinked(&changed(from, to), &parts);
    }
}

#[test]
fn imports_that_the_section_does_not_describe_do_not_link() {
    for (to, part) in [
        (
            r#""test:host/log@1.2.0" "nope" (func)"#,
            "import `test:host/log@1.2.0#nope`",
        ),
        (
            r#""test:host/log@1.2.0" "[resource-drop]nope" (func (param i32))"#,
            "found `nope`",
        ),
        (r#""$root" "nope" (func)"#, "import `$root#nope`"),
        (
            r#""[export]test:host/log@1.2.0" "[resource-new]sink" (func (param i32) (result i32))"#,
            "",
        ),
        (
            r#""test:host/log@1.2.0" "[resource-new]sink" (func (param i32) (result i32))"#,
            "which it imports",
        ),
    ] {
        let artifact = changed(r#""env" "raw" (func (param i32))"#, to);
        match part {
            // An interface that the section does not export: the world can define it.
            "" => assert_eq!(decode_typed(&artifact).unwrap().raw.1.imports.len(), 1),
            part => unlinked(&artifact, &[part]),
        }
    }
}

#[test]
fn types_are_not_given_where_there_are_none() {
    let plain = Artifact::from_wat("plain", GUEST).unwrap();
    assert!(!has_component_type(plain.bytes()));
    assert!(has_component_type(guest().bytes()));
    let untyped = refused(&plain);
    assert_eq!(*untyped.kind(), ErrorKind::Misuse, "{untyped}");
    let no_section = refused(&plain.with_component_type());
    assert_eq!(*no_section.kind(), ErrorKind::Misuse);
    assert!(no_section.message().contains("`component-type`"));
    let name = "add".parse().unwrap();
    let bound = guest().with_core_binding(name, seam_core::CoreBinding::default());
    assert_eq!(*refused(&bound).kind(), ErrorKind::Misuse);
}

#[test]
fn a_truncated_section_is_invalid() {
    let whole = world(0, WORLD);
    let start = u64::try_from(guest().bytes().len() - whole.len()).unwrap();
    for length in 0..whole.len() {
        let error = refused(&module(
            GUEST,
            &[("component-type:guest", &whole[..length])],
        ));
        let ErrorKind::Invalid { offset: Some(at) } = *error.kind() else {
            panic!("{length}: {error}");
        };
        assert!(at + 8 >= start, "{at} is before {start}");
        assert!(error.message().contains("component-type:guest"), "{error}");
    }
    for other in ["(module)", "(component)"] {
        let other = wat::parse_str(other).unwrap();
        let error = refused(&module(GUEST, &[("component-type", &other)]));
        assert!(matches!(error.kind(), ErrorKind::Invalid { .. }), "{error}");
    }
}

#[test]
fn no_section_makes_decoding_panic() {
    let whole = world(0, WORLD);
    let mut random = Random::new(3);
    let mut decoded = 0;
    for round in 0..600 {
        let bytes: Vec<u8> = match round % 3 {
            0 => (0..random.below(200))
                .map(|_| (random.next() & 0xff) as u8)
                .collect(),
            _ => {
                let mut lie = whole.clone();
                for _ in 0..=random.below(3) {
                    let at = random.below(lie.len());
                    lie[at] = (random.next() & 0xff) as u8;
                }
                lie
            }
        };
        match decode_typed(&module(GUEST, &[("component-type", &bytes)])) {
            Ok(_) => decoded += 1,
            Err(error) => assert!(
                matches!(error.kind(), ErrorKind::Invalid { .. } | ErrorKind::Link),
                "{error}"
            ),
        }
    }
    // Changes of names that only the section has go unnoticed.
    assert!(decoded > 0);
}
