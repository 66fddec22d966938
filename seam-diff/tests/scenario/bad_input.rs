//! What is wrong in a scenario is named with its file, line and column.

use crate::support::{Folder, HEAD, steps};

/// Asserts the error for each text.
fn assert_refused(cases: &[(&str, &str)]) {
    let folder = Folder::new();
    for (text, expected) in cases {
        let found = folder.refused(text);
        assert!(
            found.starts_with(expected),
            "{text}\nexpected {expected}\nfound    {found}"
        );
    }
}

#[test]
fn what_is_no_toml_has_a_place() {
    assert_refused(&[
        ("schema = 1\n[[artifact]\n", "s.scenario.toml:2:"),
        (
            "schema = 1\nschema = 1\n",
            "s.scenario.toml:2:1: expected TOML: ",
        ),
    ]);
}

#[test]
fn another_version_of_the_schema_says_what_reads_it() {
    assert_refused(&[
        (
            "",
            "s.scenario.toml:1:1: expected `schema = 1`, found no `schema`",
        ),
        (
            "new-key = 1\nschema = 2\n",
            "s.scenario.toml:2:10: expected `schema = 1`, the version that this `seam` reads, found \
             version 2: use the `seam` that reads it",
        ),
        (
            "schema = \"1\"\n",
            "s.scenario.toml:1:10: `schema`: expected 1, found the string \"1\"",
        ),
    ]);
}

#[test]
fn unknown_keys_are_refused_with_those_that_there_are() {
    let unknown = |found: &str, text: &str| (text.to_string(), found.to_string());
    let cases = [
        unknown(
            "s.scenario.toml:2:1: expected one of `schema`, `about`, `artifact`, `world`, \
             `limits`, `step`, found the key `steps`",
            "schema = 1\nsteps = []\n",
        ),
        unknown(
            "s.scenario.toml:5:1: expected one of `invoke`, `core`, `run`, `snapshot`, `drop`",
            &steps("[[step]]\ncall = \"add(1, 2)\""),
        ),
        unknown(
            "s.scenario.toml:5:1: expected one of `program`, `args`",
            &steps("[world]\narguments = []"),
        ),
        unknown(
            "s.scenario.toml:5:20: expected one of `from`, `folder`, `link`, `mount`, found the \
             key `text`",
            &steps("[world]\nfiles = { \"/a\" = { text = \"x\" } }"),
        ),
    ];
    let cases: Vec<(&str, &str)> = cases
        .iter()
        .map(|(text, found)| (&**text, &**found))
        .collect();
    assert_refused(&cases);
}

#[test]
fn values_of_another_type_say_what_was_expected() {
    for (steps_text, expected) in [
        (
            "[world]\nargs = \"one\"",
            "5:8: `args`: expected an array of strings, found the string \"one\"",
        ),
        (
            "[world]\nargs = [\"one\", 2]",
            "5:16: `args`: expected a string, found 2",
        ),
        (
            "[world]\nseed = -1",
            "5:8: `seed`: expected a whole number of 0 or more, found -1",
        ),
        (
            "[world]\nenv = { A = 1 }",
            "5:13: `A`: expected a string, found 1",
        ),
        (
            "[world]\nstub = \"no\"",
            "5:8: `stub`: expected one of `deny`, `trap`, `default`, found the string \"no\"",
        ),
        (
            "[world]\nwall-clock = \"noon\"\n[[step]]\nrun = true",
            "5:14: `wall-clock`: expected a date like",
        ),
        (
            "[limits]\nmemory = \"much\"\n[[step]]\nrun = true",
            "5:10: `memory`: expected a size like",
        ),
        (
            "[limits]\ndeadline = \"5\"\n[[step]]\nrun = true",
            "5:12: `deadline`: expected a duration like",
        ),
        (
            "[limits]\nfuel = 1.5",
            "5:8: `fuel`: expected a whole number of 0 or more, found the number 1.5",
        ),
        (
            "[[step]]\nrun = false",
            "5:7: `run`: expected `true`, found `false`",
        ),
        (
            "[[step]]\ninvoke = [\"add(1, 2)\"]",
            "5:10: `invoke`: expected a string, found an array",
        ),
        (
            "[step]\nrun = true",
            "4:1: `step`: expected tables in double brackets, found a table",
        ),
        (
            "[[step]]\nrun = true\nexpect-limit = \"time\"",
            "6:16: `expect-limit`: expected one of `fuel`",
        ),
    ] {
        let folder = Folder::new();
        let found = folder.refused(&steps(steps_text));
        let expected = format!("s.scenario.toml:{expected}");
        assert!(
            found.starts_with(&expected),
            "{steps_text}\nexpected {expected}\nfound    {found}"
        );
    }
}

#[test]
fn keys_that_are_missing_or_exclude_each_other_are_named() {
    assert_refused(&[
        (
            "schema = 1\n",
            "s.scenario.toml:1:1: expected the key `artifact`, found none: ",
        ),
        (
            HEAD,
            "s.scenario.toml:1:1: expected the key `step`, found none: ",
        ),
        (
            "schema = 1\n[[artifact]]\nname = \"a\"\n[[step]]\nrun = true\n",
            "s.scenario.toml:2:1: expected one key of `file`, `compose`, found none",
        ),
        (
            &steps("[[step]]\nrun = true\ninvoke = \"add(1, 2)\""),
            "s.scenario.toml:4:1: expected one key of `invoke`, `core`, `run`, `snapshot`, `drop`, \
             found `invoke`, `run`",
        ),
        (
            &steps(
                "[[step]]\ninvoke = \"add(1, 2)\"\nexpect = \"3\"\nexpect-trap = \"unreachable\"",
            ),
            "s.scenario.toml:4:1: expected one key of `expect`, `expect-trap`",
        ),
        (
            &steps("[[step]]\nrun = true\nexpect = \"3\""),
            "s.scenario.toml:6:10: `expect`: expected it beside `invoke` or `core`",
        ),
        (
            &steps("[[step]]\nrun = true\nat = \"0\""),
            "s.scenario.toml:6:6: `at`: expected it beside `core`",
        ),
        (
            &steps("[[step]]\nrun = true\nexpect-trap = \"\""),
            "s.scenario.toml:6:15: `expect-trap`: expected a text",
        ),
    ]);
}

#[test]
fn artifacts_that_cannot_be_read_are_named_where_they_are_written() {
    let folder = Folder::new();
    folder.write("not.wasm", "hello");
    let one = |artifact: &str| format!("schema = 1\n{artifact}\n[[step]]\nrun = true\n");
    for (artifact, expected) in [
        (
            "[[artifact]]\nfile = \"missing.wasm\"",
            "3:8: expected a readable file, found `missing.wasm`: ",
        ),
        (
            "[[artifact]]\nfile = \"not.wasm\"",
            "3:8: expected WebAssembly in `not.wasm`: ",
        ),
        (
            "[[artifact]]\nfile = \"calc.wat\"\ninterface-of = \"missing.wasm\"",
            "4:16: expected a readable file, found `missing.wasm`: ",
        ),
        (
            "[[artifact]]\nfile = \"calc.wat\"\ninterface-of = \"calc.wat\"",
            "4:16: `interface-of`: expected a component, found the core module `calc.wat`",
        ),
        (
            "[[artifact]]\ncompose = [\"calc.wat\", \"calc.wat\"]",
            "2:1: expected a component, found the core module `calc.wat`",
        ),
        (
            "[[artifact]]\nfile = \"calc.wat\"\n[[artifact]]\nfile = \"calc.wat\"",
            "4:1: expected a `name` of its own, found a second `calc.wat`",
        ),
        (
            "[[artifact]]\nfile = \"calc.wat\"\nbind = { \"f\" = { memory = \"m\" } }",
            "4:10: `bind`: expected `interface-of` too",
        ),
    ] {
        let found = folder.refused(&one(artifact));
        let expected = format!("s.scenario.toml:{expected}");
        assert!(
            found.starts_with(&expected),
            "{artifact}\nexpected {expected}\nfound    {found}"
        );
    }
}

#[test]
fn calls_and_values_that_do_not_fit_are_named_where_they_are_written() {
    for (step, expected) in [
        (
            "invoke = \"ad(1, 2)\"",
            "5:10: expected an exported function, found no `ad`; near matches: `add`",
        ),
        ("invoke = \"add\"", "5:10: expected a call like"),
        (
            "invoke = \"add(1)\"",
            "5:10: call add: expected 2 arguments",
        ),
        (
            "invoke = \"add(1, true)\"",
            "5:10: call add: argument 2: expected",
        ),
        (
            "invoke = \"add(1, 2)\"\nexpect = \"'x'\"",
            "6:10: `expect`: expected",
        ),
        (
            "invoke = \"nothing()\"\nexpect = \"1\"",
            "6:10: `expect`: expected `()`, as the function has no result, found `1`",
        ),
        (
            "invoke = \"drop $a\"",
            "5:10: `invoke`: expected a call, found `drop`",
        ),
        (
            "drop = \"$a\"",
            "5:8: expected a variable that an earlier call named",
        ),
        ("drop = \"a\"", "5:8: expected a call like"),
        (
            "core = \"add\"",
            "5:8: expected a call like `add(1, 2)`, found `add`",
        ),
        (
            "core = \"sub(1, 2)\"",
            "5:8: expected an exported function of core instance 0 (`add`, ",
        ),
        (
            "core = \"add(1, 2)\"\nat = \"1/0\"",
            "5:8: expected the path of a core instance of `calc.wat` (`0`), found `1/0`",
        ),
        (
            "core = \"add(1, 2)\"\nat = \"x\"",
            "6:6: expected a core path like",
        ),
        (
            "core = \"add(1, x)\"",
            "5:8: call core add: value 2: expected i32, found `x`",
        ),
        (
            "core = \"add(1, 2)\"\nexpect = \"1, 2\"",
            "6:10: `expect`: expected 1 values, found 2",
        ),
    ] {
        let folder = Folder::new();
        let found = folder.refused(&steps(&format!("[[step]]\n{step}")));
        let expected = format!("s.scenario.toml:{expected}");
        assert!(
            found.starts_with(&expected),
            "{step}\nexpected {expected}\nfound    {found}"
        );
    }
}
