//! What the committed guests import and export.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

#[path = "../../seam-core/tests/common/mod.rs"]
mod common;

use std::fmt::Write as _;
use std::path::Path;

use seam_core::{
    Artifact, ArtifactKind, CoreExternType, CoreType, ErrorKind, Interface, Item, ItemKind, Type,
};

fn interface(name: &str) -> Interface {
    let artifact = Artifact::from_bytes(name, common::fixture(name)).unwrap();
    seam_decode::validate(&artifact).unwrap()
}

fn item<'a>(items: &'a [Item], name: &str) -> &'a ItemKind {
    let found = items.iter().find(|item| &*item.name == name);
    &found
        .unwrap_or_else(|| panic!("no {name} in {items:?}"))
        .kind
}

fn items<'a>(items: &'a [Item], name: &str) -> &'a [Item] {
    match item(items, name) {
        ItemKind::Instance(items) => items,
        other => panic!("{name} is {other:?}"),
    }
}

/// All interfaces as text, in one file, so that a change shows as a difference of that file. Set
/// `SEAM_BLESS=1` to write it anew.
#[test]
fn interfaces_print_as_they_did() {
    let mut text = String::new();
    for name in common::fixture_names() {
        if !name.starts_with("hostile/") {
            writeln!(text, "=== {name}\n{}", interface(&name)).unwrap();
        }
    }
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/interfaces.txt");
    if std::env::var_os("SEAM_BLESS").is_some() {
        std::fs::write(&golden, &text).unwrap();
    }
    let expected = std::fs::read_to_string(&golden).unwrap();
    for (line, (expected, found)) in expected.lines().zip(text.lines()).enumerate() {
        assert_eq!(found, expected, "line {} of {}", line + 1, golden.display());
    }
    assert_eq!(
        text.lines().count(),
        expected.lines().count(),
        "lines of {}, which SEAM_BLESS=1 writes anew",
        golden.display()
    );
}

fn of_wat(text: &str) -> Interface {
    let artifact = Artifact::from_bytes("text", wat::parse_str(text).unwrap()).unwrap();
    seam_decode::validate(&artifact).unwrap()
}

fn paths(interface: &Interface) -> Vec<String> {
    let instances = interface.core_instances().iter();
    instances.map(|i| i.path.to_string()).collect()
}

#[test]
fn a_resource_has_one_type_wherever_it_is_seen() {
    let composed = interface("compose/composed.wasm");
    let stock = items(composed.exports(), "test:shop/stock@1.0.0");
    let cart = items(composed.exports(), "test:shop/cart@1.0.0");
    let ItemKind::Resource(made) = item(stock, "item") else {
        panic!("expected a resource");
    };
    assert_eq!(made.name(), "test:shop/stock@1.0.0#item");
    assert_eq!(*item(cart, "item"), ItemKind::Resource(made.clone()));
    let ItemKind::Func(pass) = item(cart, "pass") else {
        panic!("expected a function");
    };
    assert_eq!(pass.params[0].1, Type::Own(made.clone()));
    assert_eq!(pass.result, Some(Type::Own(made.clone())));
}

#[test]
fn resources_of_one_name_from_two_places_are_two_types() {
    let text = r#"(component
        (import "a" (instance $a (export "r" (type (sub resource)))))
        (import "b" (instance $b (export "r" (type (sub resource)))))
        (alias export $a "r" (type $ra)) (alias export $b "r" (type $rb))
        (import "f" (func (param "a" (own $ra)) (param "b" (borrow $rb)))))"#;
    let interface = of_wat(text);
    let (_, ty) = &interface.import_funcs()[0];
    assert_eq!(ty.to_string(), "func(a: r, b: borrow<r>)");
    let names = ty.params.iter().map(|(_, ty)| match ty {
        Type::Own(resource) | Type::Borrow(resource) => resource.name(),
        other => panic!("{other}"),
    });
    assert_eq!(names.collect::<Vec<_>>(), ["a#r", "b#r"]);
}

#[test]
fn types_behind_aliases_are_resolved() {
    let text = r#"(component
        (import "types" (instance $types
            (type $p' (record (field "x" u8)))
            (export "p" (type $p (eq $p')))
            (type $ps' (list $p))
            (export "ps" (type (eq $ps')))))
        (alias export $types "ps" (type $ps))
        (import "use" (instance
            (alias outer 1 $ps (type $outer))
            (export "ps" (type $mine (eq $outer)))
            (export "f" (func (param "v" $mine) (result (option $mine)))))))"#;
    let interface = of_wat(text);
    let (name, ty) = &interface.import_funcs()[0];
    assert_eq!(name.to_string(), "use#f");
    assert_eq!(
        ty.to_string(),
        "func(v: list<record { x: u8 }>) -> option<list<record { x: u8 }>>"
    );
}

#[test]
fn functions_in_nested_instances_have_every_instance_in_their_name() {
    let text = r#"(component
        (import "outer" (instance
            (export "inner" (instance (export "f" (func (param "a" string))))))))"#;
    let interface = of_wat(text);
    let (name, ty) = &interface.import_funcs()[0];
    assert_eq!(name.to_string(), "outer#inner#f");
    assert_eq!(name.instance(), Some("inner"));
    assert_eq!(ty.params[0].1, Type::String);
    let text = interface.to_string();
    let expected = "component\n  import outer: interface {\n    inner: interface {\n      f: func(a: string);\n    }\n  }";
    assert_eq!(text, expected);
}

#[test]
fn core_instances_have_paths_in_definition_order() {
    let nested = interface("core/nested.wat");
    assert_eq!(paths(&nested), ["0", "1", "0/0", "0/0/0", "1/0", "2/0"]);
    let composed = interface("compose/composed.wasm");
    assert_eq!(paths(&composed), ["0/0", "0/1", "0/2", "1/0", "1/1", "1/2"]);
    let bytes = common::fixture("compose/composed.wasm");
    for instance in composed.core_instances() {
        let module = &bytes[instance.range.clone().unwrap()];
        assert_eq!(
            Artifact::from_bytes("m", module).unwrap().kind(),
            ArtifactKind::CoreModule
        );
    }
}

/// Asserts that each core instance of a component has the type that its module's bytes have alone.
fn has_module_types(artifact: &Artifact) -> usize {
    let interface = seam_decode::interface(artifact).unwrap();
    for instance in interface.core_instances() {
        let module = &artifact.bytes()[instance.range.clone().unwrap()];
        let alone = seam_decode::module_type(module).unwrap();
        assert_eq!(*instance.module, alone, "{}", artifact.name());
    }
    interface.core_instances().len()
}

#[test]
fn core_modules_of_a_component_have_the_types_of_their_bytes() {
    for name in ["greet/greet.wasm", "compose/composed.wasm"] {
        let artifact = Artifact::from_bytes(name, common::fixture(name)).unwrap();
        assert!(has_module_types(&artifact) > 0);
    }
    // The types of the second module have other numbers in the component than in the module.
    let text = r#"(component
        (core module $a (type (struct)) (type (array i8)))
        (core module $b
            (type $s (struct (field i32)))
            (import "m" "g" (global (ref null $s)))
            (memory (export "m") 1 2)
            (table (export "t") 1 (ref null $s))
            (tag (export "tag") (param (ref null $s)))
            (func (export "f") (param (ref null $s) v128) (result externref) unreachable))
        (core module $m (type $s (struct (field i32))) (global (export "g") (ref null $s) ref.null $s))
        (core instance (instantiate $a))
        (core instance $g (instantiate $m))
        (core instance (instantiate $b (with "m" (instance $g)))))"#;
    assert_eq!(has_module_types(&Artifact::from_wat("c", text).unwrap()), 3);
}

#[test]
fn instances_made_from_exports_and_imported_ones_do_not_count() {
    let text = r#"(component
        (import "m" (core module $m (export "g" (global i32))))
        (core module $own (func (export "f")))
        (core instance $a (instantiate $own))
        (core instance (export "x" (func $a "f")))
        (core instance (instantiate $m)))"#;
    let interface = of_wat(text);
    assert_eq!(paths(&interface), ["0", "1"]);
    let imported = &interface.core_instances()[1];
    assert_eq!((&imported.range, &imported.module.name), (&None, &None));
    assert_eq!(&*imported.module.exports[0].0, "g");
}

#[test]
fn a_core_module_has_its_numbers_typed() {
    let calc = interface("core/calc.wat");
    assert_eq!(calc.kind(), ArtifactKind::CoreModule);
    assert_eq!(paths(&calc), ["0"]);
    let (_, ty) = calc.func(&"swap".parse().unwrap()).unwrap();
    assert_eq!(ty.to_string(), "func(p0: s32, p1: s64) -> tuple<s64, s32>");
    let globals = interface("core/globals.wat");
    let funcs = globals.export_funcs().iter().map(|(name, _)| name.item());
    assert_eq!(funcs.collect::<Vec<_>>(), ["scramble"]);
    let ItemKind::Core(CoreExternType::Func(splat)) = item(globals.exports(), "splat") else {
        panic!("expected a function");
    };
    assert_eq!(*splat.results, [CoreType::V128]);
    let imports = interface("core/imports.wat");
    let names = imports
        .import_funcs()
        .iter()
        .map(|(name, _)| name.to_string());
    assert_eq!(
        names.collect::<Vec<_>>(),
        ["env#log", "env#next", "env#mix"]
    );
}

#[test]
fn functions_are_found_by_compatible_versions_and_near_names() {
    let hosted = interface("hosted/hosted.wasm");
    let found = |name: &str| {
        hosted
            .func(&name.parse().unwrap())
            .map(|(name, _)| name.to_string())
    };
    let whole = "test:hosted/run@1.0.0#sum";
    for name in [
        whole,
        "test:hosted/run@1.2.0#sum",
        "test:hosted/run@1.0.1#sum",
        "sum",
    ] {
        assert_eq!(found(name).unwrap(), whole);
    }
    for (name, near) in [
        ("test:hosted/run@2.0.0#sum", "test:hosted/run@1.0.0#sum"),
        ("test:hosted/run@1.0.0#smu", "test:hosted/run@1.0.0#sum"),
        ("zz", "exported: `test:hosted/run@1.0.0#sum`, "),
    ] {
        let error = found(name).unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::Misuse);
        assert!(error.message().contains(near), "{error}");
    }
}

#[test]
fn an_interface_is_data_for_reports() {
    let greet = serde_json::to_value(interface("greet/greet.wasm")).unwrap();
    assert_eq!(greet["kind"], "component");
    let strs = &greet["exports"][0];
    assert_eq!(strs["name"], "test:guest/strs");
    let expected = serde_json::json!({
        "name": "greet",
        "kind": "func",
        "async": false,
        "params": [{"name": "name", "type": "string"}, {"name": "tags", "type": "list<string>"}],
        "result": "string",
    });
    assert_eq!(strs["items"][0], expected);
    assert_eq!(greet["core_instances"][0]["path"], "0");
}

/// Engines judge them, as they judge function bodies.
#[test]
fn segments_of_core_modules_are_validated_only_where_everything_is() {
    let of = |module: &str| {
        let text = format!("(component (core module {module}))");
        Artifact::from_bytes("text", wat::parse_str(text).unwrap()).unwrap()
    };
    let good = of(
        r#"(memory 1) (table 1 funcref) (func $f) (elem (i32.const 0) $f)
        (data $d "x") (func (data.drop $d))"#,
    );
    assert!(seam_decode::decode(&good).is_ok());
    assert!(seam_decode::validate(&good).is_ok());
    let wrong_segments = [
        "(table 1 funcref) (elem (i64.const 0) funcref)",
        "(elem (table 7) (i32.const 0) funcref)",
        r#"(memory 1) (data (f32.const 0) "x")"#,
        r#"(data (i32.const 0) "x")"#,
    ];
    for module in wrong_segments {
        assert!(seam_decode::decode(&of(module)).is_ok(), "{module}");
        let error = seam_decode::validate(&of(module)).unwrap_err();
        assert!(
            matches!(error.kind(), ErrorKind::Invalid { offset: Some(_) }),
            "{module}: {error}"
        );
    }
}
