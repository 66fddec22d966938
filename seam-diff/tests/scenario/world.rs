//! The world of a scenario: canned host functions, stubs, files, clocks.

use seam_diff::scenario::Judged;

use crate::support::Folder;

/// Calls its imports.
const CALLER: &str = r#"(module
    (import "env" "one" (func $one (result i32)))
    (import "env" "same" (func $same (param i64 i32) (result i32)))
    (import "env" "next" (func $next (result i64)))
    (import "env" "fails" (func $fails))
    (import "env" "stubbed" (func $stubbed (result i32)))
    (func (export "one") (result i32) (call $one))
    (func (export "same") (param i32) (result i32) (call $same (i64.const 9) (local.get 0)))
    (func (export "next") (result i64) (call $next))
    (func (export "fails") (call $fails))
    (func (export "stubbed") (result i32) (call $stubbed)))"#;

const HEAD: &str = "schema = 1\n[[artifact]]\nfile = \"caller.wat\"\n";

fn scenario(world: &str, steps: &str) -> String {
    format!("{HEAD}[world]\nstub = \"default\"\n{world}\n{steps}\n")
}

fn folder() -> Folder {
    let folder = Folder::new();
    folder.write("caller.wat", CALLER);
    folder
}

#[test]
fn canned_functions_do_what_they_are_told_in_each_instance_anew() {
    let world = r#"
[[world.func]]
name = "env#one"
constant = "41"
[[world.func]]
name = "env#same"
echo = 2
[[world.func]]
name = "env#next"
sequence = ["1", "-2"]
[[world.func]]
name = "env#fails"
trap = "no more ideas"
"#;
    let steps = r#"
[[step]]
invoke = "one()"
expect = "41"
[[step]]
invoke = "same(-7)"
expect = "-7"
[[step]]
invoke = "next()"
expect = "1"
[[step]]
invoke = "next()"
expect = "-2"
[[step]]
invoke = "next()"
[[step]]
invoke = "fails()"
expect-trap = "no more ideas"
[[step]]
invoke = "stubbed()"
expect = "0"
"#;
    let folder = folder();
    let text = scenario(world, steps);
    let outcome = folder.bless(&text);
    assert_eq!(outcome.verdict, Judged::Passed, "{outcome:#?}");
    let golden = folder.read("s.golden.json");
    assert!(
        golden.contains("host: expected at most 2 calls"),
        "{golden}"
    );
    assert!(golden.contains("\"env#same(9, -7)\""), "{golden}");
    assert_eq!(folder.check(&text).verdict, Judged::Passed);
}

#[test]
fn canned_functions_that_do_not_fit_are_named_where_they_are_written() {
    let folder = folder();
    let func = |text: &str| {
        scenario(
            &format!("[[world.func]]\n{text}"),
            "[[step]]\ninvoke = \"one()\"",
        )
    };
    for (text, expected) in [
        (
            "name = \"env#two\"\nconstant = \"1\"",
            "7:8: expected an imported function, found no `env#two`",
        ),
        (
            "name = \"env#one\"\nconstant = \"x\"",
            "8:12: `env#one`: expected ",
        ),
        (
            "name = \"env#fails\"\nconstant = \"1\"",
            "8:12: `env#fails`: expected `()`, as the function has no result",
        ),
        (
            "name = \"env#same\"\necho = 1",
            "8:8: `env#same`: expected a parameter of the result's type, found parameter 1 of",
        ),
        (
            "name = \"env#next\"\nsequence = [\"1\", \"true\"]",
            "8:18: `env#next`: expected ",
        ),
        (
            "name = \"env#one\"\nconstant = \"1\"\necho = 1",
            "6:1: expected one key of `constant`, `echo`, `sequence`, `trap`, found",
        ),
    ] {
        let found = folder.refused(&func(text));
        let expected = format!("s.scenario.toml:{expected}");
        assert!(
            found.starts_with(&expected),
            "{text}\nexpected {expected}\nfound    {found}"
        );
    }
}

#[test]
fn stubs_are_chosen_by_the_longest_prefix() {
    let folder = folder();
    let world = "[world.stubs]\n\"env#\" = \"default\"\n\"env#fa\" = \"trap\"\n";
    let steps = "[[step]]\ninvoke = \"one()\"\nexpect = \"0\"\n\
                 [[step]]\ninvoke = \"fails()\"\nexpect-trap = \"stubbed import `env#fails` was called\"\n";
    let text = format!("{HEAD}[world]\nstub = \"deny\"\n{world}\n{steps}");
    let outcome = folder.bless(&text);
    assert_eq!(outcome.verdict, Judged::Passed, "{outcome:#?}");
    assert!(
        folder.read("s.golden.json").contains("env#stubbed"),
        "unused stubs are recorded"
    );
}

#[test]
fn files_of_the_world_that_cannot_be_read_are_named_where_they_are_written() {
    let folder = folder();
    let step = "[[step]]\ninvoke = \"one()\"";
    for (world, expected) in [
        (
            "stdin = { from = \"no.txt\" }",
            "6:18: expected a readable file, found `no.txt`: ",
        ),
        (
            "files = { \"/a\" = { from = \"no.txt\" } }",
            "6:27: expected a readable file, found `no.txt`: ",
        ),
        (
            "files = { \"/a\" = { mount = \"no\" } }",
            "6:28: expected a folder, found `no`",
        ),
    ] {
        let found = folder.refused(&scenario(world, step));
        let expected = format!("s.scenario.toml:{expected}");
        assert!(
            found.starts_with(&expected),
            "{world}\nexpected {expected}\nfound    {found}"
        );
    }
}
