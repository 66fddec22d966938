//! What the documentation says about the source, checked against the source.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(file: impl AsRef<Path>) -> String {
    fs::read_to_string(root().join(file)).unwrap()
}

/// Counts the methods of a trait that have no default.
fn required_methods(source: &str, name: &str) -> usize {
    let start = source.find(&format!("pub trait {name}")).unwrap();
    let body = source.get(start..).unwrap();
    let body = body.split("\n}\n").next().unwrap();
    let methods = body.split("\n    fn ").skip(1);
    methods
        .filter(|method| {
            let end = method.find(['{', ';']).unwrap();
            method.get(end..).unwrap().starts_with(';')
        })
        .count()
}

#[test]
fn the_number_of_methods_is_the_same_everywhere() {
    let (engine, store) = (
        "seam-core/src/core/engine.rs",
        "seam-core/src/core/store.rs",
    );
    let (engine_text, store_text) = (read(engine), read(store));
    let methods = required_methods(&engine_text, "CoreEngine")
        + required_methods(&store_text, "CoreStore")
        + required_methods(&store_text, "CoreCaller");
    let said = format!("{methods} required methods in three traits");
    for file in [engine, "docs/plug-in-a-runtime.md"] {
        assert!(read(file).contains(&said), "{file} does not say `{said}`");
    }
}

#[test]
fn methods_with_a_default_are_not_counted() {
    let source = "pub trait T {\n    fn a(&self);\n    /// Of [u8; 3].\n    fn b(&self) -> Option<u8> {\n        \
                  None\n    }\n    fn c(\n        x: u8,\n    ) -> u8;\n}\n    fn d();\n";
    assert_eq!(required_methods(source, "T"), 2);
}

/// The doc tests of seam-cli compile the pages. The code of others is that of a test.
#[test]
fn every_page_with_rust_code_is_compiled() {
    let including = read("seam-cli/src/docs.rs");
    let tested = |page: &str| match page {
        "kiln.md" => read("seam-kiln/tests/documentation.rs").contains("docs/kiln.md"),
        "meld.md" => read("seam-meld/tests/guide/page.rs").contains("docs/meld.md"),
        _ => false,
    };
    for entry in fs::read_dir(root().join("docs")).unwrap() {
        let path = entry.unwrap().path();
        let page = path.file_name().unwrap().to_string_lossy().into_owned();
        let included = including.contains(&format!("include_str!(\"../../docs/{page}\")"));
        let has_code = fs::read_to_string(&path).unwrap().contains("```rust");
        assert!(!has_code || included || tested(&page), "{page}");
    }
}
