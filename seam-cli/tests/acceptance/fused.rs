//! Core modules that were fused from components.

use crate::support::{BACKENDS, Ended, Scratch, fixture, root, seam};

/// Two engines that are independent of each other.
const TWO: [&str; 4] = ["--backend", "wasmtime", "--backend", "wasmi"];

/// Returns a file of the fixture `name`.
fn file(name: &str, file: &str) -> String {
    fixture(&format!("fused/{name}/{file}"))
}

/// Runs `seam inspect` on a fused module with the interface of its composition.
fn inspect(name: &str, options: &[&str]) -> Ended {
    let (composed, fused) = (file(name, "composed.wasm"), file(name, "multi.wasm"));
    let command = ["inspect", &fused, "--interface-of", &composed];
    seam(command.into_iter().chain(options.iter().copied()))
}

/// Runs `seam diff` on a composition and a module that was fused from it.
fn diff(composed: &str, fused: &str, options: &[&str]) -> Ended {
    let command = ["diff", composed, fused, "--interface-of", composed];
    seam(command.into_iter().chain(options.iter().copied()))
}

/// Returns the part of a text from this line on.
#[track_caller]
fn from<'a>(text: &'a str, line: &str) -> &'a str {
    let at = text.find(line);
    &text[at.unwrap_or_else(|| panic!("no {line:?} in {text}"))..]
}

/// A module whose provenance was changed in place.
fn provenance_changed(name: &str, fused: &str, change: impl Fn(&mut [u8])) -> Scratch {
    let mut bytes = std::fs::read(root().join(fused)).unwrap();
    let section = b"component-provenance";
    let mut windows = bytes.windows(section.len());
    let at = windows.position(|window| window == section).unwrap();
    change(&mut bytes[at..]);
    Scratch::file(name, bytes)
}

/// Makes the section one that nobody knows, as if the module had none.
fn without(section: &mut [u8]) {
    section[0] = b'_';
}

/// Makes the section claim more entries than it has.
fn truncated(section: &mut [u8]) {
    // After the name: the magic, 3 bytes and a digest of 32 bytes.
    let count = "component-provenance".len() + 4 + 3 + 32;
    section[count + 2] = 1;
}

#[test]
fn inspect_shows_what_each_export_uses() {
    let chain = inspect("chain", &[]).with_status(0);
    let expected = "\
// what the exports use
test:chain/step@0.1.0#who
  function     test:chain/step@0.1.0#who$2  (provenance: component-2)
  memory       memory$2  (provenance: component-2)
  post-return  cabi_post_test:chain/step@0.1.0#who$2
test:chain/step@0.1.0#depth
  function     test:chain/step@0.1.0#depth$2  (provenance: component-2)
test:chain/step@0.1.0#visit
  function     test:chain/step@0.1.0#visit$2  (provenance: component-2)
  memory       memory$2  (provenance: component-2)
  realloc      cabi_realloc$1  (provenance: component-2)
  post-return  cabi_post_test:chain/step@0.1.0#visit$2
test:chain/step@0.1.0#check
  function     test:chain/step@0.1.0#check$2  (provenance: component-2)
  memory       memory$2  (provenance: component-2)
  post-return  cabi_post_test:chain/step@0.1.0#check$2
test:chain/step@0.1.0#calls
  function     test:chain/step@0.1.0#calls$2  (provenance: component-2)
test:chain/summary@0.1.0#describe
  function     test:chain/summary@0.1.0#describe  (provenance: component-4)
  memory       memory$4  (provenance: component-4)
  realloc      cabi_realloc$2  (provenance: component-4)
  post-return  cabi_post_test:chain/summary@0.1.0#describe
";
    assert_eq!(from(&chain.stdout, "// what the exports use"), expected);
    let text = inspect("text", &[]).with_status(0).stdout;
    for part in [
        "test:text/base@0.1.0#upper\n  \
           function     test:text/base@0.1.0#upper  (provenance: component-0)\n  \
           memory       memory  (provenance: component-0)\n  \
           realloc      cabi_realloc  (provenance: component-0)\n  \
           post-return  cabi_post_test:text/base@0.1.0#upper\n",
        "test:text/text@0.1.0#shout\n  \
           function     test:text/text@0.1.0#shout  (provenance: component-2)\n  \
           memory       memory$2  (provenance: component-2)\n  \
           realloc      cabi_realloc$1  (provenance: component-2)\n  \
           post-return  cabi_post_test:text/text@0.1.0#shout\n",
        "    shout: func(s: string) -> string;\n",
    ] {
        assert!(text.contains(part), "expected {part} in {text}");
    }
}

#[test]
fn inspect_shows_what_each_import_uses() {
    let imports = inspect("imports", &[]).with_status(0);
    let expected = "\
// what the imports use
test:host/log@0.1.0#[method]sink.write
  memory       memory  (provenance: component-0)
test:host/log@0.1.0#[method]sink.name
  memory       memory  (provenance: component-0)
  realloc      cabi_realloc  (provenance: component-0)
test:host/log@0.1.0#log
  memory       memory  (provenance: component-0)
test:host/log@0.1.0#lookup
  memory       memory  (provenance: component-0)
  realloc      cabi_realloc  (provenance: component-0)
test:host/log@0.1.0#[constructor]sink
  memory       memory  (provenance: component-0)
test:host/log@0.1.0#[static]sink.merge
test:host/log@0.1.0#[constructor]sink$2
  memory       memory$2  (provenance: component-2)
test:host/log@0.1.0#log$2
  memory       memory$2  (provenance: component-2)
test:host/log@0.1.0#[method]sink.name$2
  memory       memory$2  (provenance: component-2)
  realloc      cabi_realloc$1  (provenance: component-2)
test:host/log@0.1.0#[method]sink.write$2
  memory       memory$2  (provenance: component-2)
test:host/log@0.1.0#lookup$2
  memory       memory$2  (provenance: component-2)
  realloc      cabi_realloc$1  (provenance: component-2)
";
    assert_eq!(from(&imports.stdout, "// what the imports use"), expected);
    // The world gives each function once, for both components.
    let missing = "missing            test:host/log@0.1.0#[constructor]sink, [method]sink.write, ";
    assert!(imports.stdout.contains(missing), "{imports:#?}");
}

#[test]
fn the_choices_are_in_the_document() {
    let document = inspect("chain", &["--format", "json"]).document();
    let exports = document["bindings"]["exports"].as_array().unwrap();
    assert_eq!(exports.len(), 6);
    assert_eq!(exports[0]["name"], "test:chain/step@0.1.0#who");
    assert_eq!(exports[0]["core"]["export"], "test:chain/step@0.1.0#who$2");
    assert_eq!(exports[0]["core"]["why"], "provenance: component-2");
    assert_eq!(exports[0]["memory"]["export"], "memory$2");
    assert!(exports[0].get("realloc").is_none(), "{document:#}");
    assert_eq!(exports[2]["realloc"]["export"], "cabi_realloc$1");
    let text = inspect("text", &["--format", "json"]).document();
    assert_eq!(text["exports"].as_array().unwrap().len(), 33);
    assert_eq!(text["bindings"]["exports"].as_array().unwrap().len(), 33);
    assert_eq!(text["bindings"]["imports"].as_array().unwrap().len(), 0);
    let imports = inspect("imports", &["--format", "json"]).document();
    let bound = imports["bindings"]["imports"].as_array().unwrap();
    assert_eq!(bound.len(), 11);
    let lookup = bound
        .iter()
        .find(|import| import["name"] == "test:host/log@0.1.0#lookup$2");
    assert_eq!(lookup.unwrap()["memory"]["export"], "memory$2");
    assert_eq!(lookup.unwrap()["realloc"]["export"], "cabi_realloc$1");
}

#[test]
fn four_runs_that_agree_are_one_match() {
    let (composed, fused) = (file("text", "composed.wasm"), file("text", "multi.wasm"));
    let mut options = vec![
        "--invoke",
        "test:text/text@0.1.0#shout(\"héllo\")",
        "--invoke",
        "test:text/text@0.1.0#split(\"a,b\", ',')",
    ];
    options.extend(TWO);
    diff(&composed, &fused, &options)
        .with_status(0)
        .printing(&format!(
            "test:text/text@0.1.0#shout(\"héllo\") = \"<HÉLLO!>\"\n\
         test:text/text@0.1.0#split(\"a,b\", ',') = [\"a\", \"b\", \"2\"]\n\
         match (2 calls): {composed} on wasmtime, {composed} on wasmi, {fused} on wasmtime, \
         {fused} on wasmi\n"
        ));
    options.extend(["--format", "json"]);
    let document = diff(&composed, &fused, &options).with_status(0).document();
    assert_eq!(document["verdict"], "match");
    assert_eq!(document["attributions"][0]["attribution"], "none");
    assert_eq!(document["comparisons"].as_array().unwrap().len(), 3);
}

#[test]
fn resources_that_are_never_dropped_are_shown() {
    let (composed, fused) = (
        file("floats", "composed.wasm"),
        file("floats", "multi.wasm"),
    );
    let mut options = vec!["--invoke", "[constructor]float(1)"];
    options.extend(TWO);
    let ended = diff(&composed, &fused, &options).with_status(0);
    let lines: Vec<&str> = ended.stdout.lines().collect();
    assert_eq!(
        lines[0],
        "test:floats/outer@0.1.0#[constructor]float(1) = own<#0>"
    );
    assert_eq!(
        lines[1],
        "held at the end: own<#0> of test:floats/outer@0.1.0#float"
    );
    assert!(lines[2].starts_with("match: "), "{ended:#?}");
    options.extend(["--format", "json"]);
    let document = diff(&composed, &fused, &options).with_status(0).document();
    for run in document["observations"].as_array().unwrap() {
        assert_eq!(run["held"][0], "own<#0> of test:floats/outer@0.1.0#float");
    }
}

/// Returns the sentence that blames the fusion.
fn blame(fused: &str) -> String {
    format!("wasmtime and wasmi agree on each artifact; {fused} differs: the fusion is to blame")
}

/// Asserts that a fusion diverges from its composition, and that the fusion is to blame.
#[track_caller]
fn blames_the_fusion(composed: &str, fused: &str, options: &[&str], at: &str) {
    let options: Vec<&str> = options.iter().copied().chain(TWO).collect();
    let ended = diff(composed, fused, &options).with_status(1);
    let diverged = format!("diverged: {at}\n");
    assert_eq!(ended.stdout.matches(&diverged).count(), 1, "{ended:#?}");
    let last = ended.stdout.lines().last().unwrap();
    assert_eq!(last, blame(fused));
    let json: Vec<&str> = options.into_iter().chain(["--format", "json"]).collect();
    let document = diff(composed, fused, &json).with_status(1).document();
    assert_eq!(document["verdict"], "diverged");
    assert_eq!(document["at"], at);
    assert_eq!(document["attributions"][0]["attribution"], "fusion");
}

#[test]
fn a_fault_of_the_fusion_is_attributed_to_it() {
    let (composed, fused) = (
        file("faults", "composed.wasm"),
        file("faults", "multi.wasm"),
    );
    let many = ["--stub", "trap", "--invoke", "many(\"tag\")"];
    let at = "step 1, test:faults/outer@0.1.0#many(\"tag\")";
    blames_the_fusion(&composed, &fused, &many, at);
    let join = ["--stub", "trap", "--invoke", "join([\"ann\", \"bé\"])"];
    let at = "step 1, test:faults/outer@0.1.0#join([\"ann\", \"bé\"])";
    blames_the_fusion(&composed, &fused, &join, at);
    // The destructors of things that a component drops do not run.
    let composed = file("reexport", "composed-top.wasm");
    let fused = file("reexport", "multi-top.wasm");
    let drops = ["--invoke", "names([\"x\"])", "--invoke", "drops()"];
    let at = "step 2, test:reexport/things@0.1.0#drops()";
    blames_the_fusion(&composed, &fused, &drops, at);
}

/// The fused module keeps the handles of such a resource in a table of its own. The host holds them, lends
/// them and gives them back.
#[test]
fn handles_of_a_table_of_the_fused_module_pass_through_the_host() {
    let composed = file("reexport", "composed-top.wasm");
    let fused = file("reexport", "multi-top.wasm");
    let things = "test:reexport/things@0.1.0";
    let calls = [
        format!("$a = {things}#[constructor]thing(\"a\")"),
        format!("$b = {things}#[constructor]thing(\"b\")"),
        format!("{things}#[method]thing.name($a)"),
        format!("{things}#describe($b)"),
        format!("{things}#take($a)"),
        format!("{things}#[method]thing.name($b)"),
    ];
    let mut options: Vec<&str> = calls.iter().flat_map(|call| ["--invoke", call]).collect();
    options.extend(TWO);
    let ended = diff(&composed, &fused, &options).with_status(0);
    for line in [
        format!("{things}#[method]thing.name($a) = \"[*a]\"\n"),
        format!("{things}#describe($b) = \"middle has [*b]; leaf has *b\"\n"),
        format!("{things}#take($a) = \"[*a]\"\n"),
        format!("{things}#[method]thing.name($b) = \"[*b]\"\n"),
        "match (6 calls): ".to_string(),
    ] {
        assert_eq!(ended.stdout.matches(&line).count(), 1, "{line}: {ended:#?}");
    }
}

#[test]
fn the_interface_of_another_component_is_wrong_input() {
    let (chain, text) = (file("chain", "composed.wasm"), file("text", "multi.wasm"));
    let parts = [
        "expected the exports of the composition, found none of its 6",
        "export `test:chain/step@0.1.0#who`",
        "expected an exported function `test:chain/step@0.1.0#who`, found none",
    ];
    let options = ["--invoke", "who()"];
    diff(&chain, &text, &options)
        .with_status(2)
        .printing("")
        .complaining(&parts);
    let invoke = ["invoke", &text, "--interface-of", &chain, "who()"];
    seam(invoke).with_status(2).printing("").complaining(&parts);
    let inspect = ["inspect", &text, "--interface-of", &chain];
    seam(inspect)
        .with_status(2)
        .printing("")
        .complaining(&parts);
    // A composition has types of its own.
    let composed = file("text", "composed.wasm");
    diff(&chain, &composed, &options)
        .with_status(2)
        .complaining(&["no `who`"]);
}

#[test]
fn truncated_provenance_is_an_invalid_module() {
    let (composed, fused) = (file("chain", "composed.wasm"), file("chain", "multi.wasm"));
    let broken = provenance_changed("truncated.wasm", &fused, truncated);
    let expected = ["component-provenance", "expected", "found"];
    let command = ["inspect", broken.text(), "--interface-of", &composed];
    seam(command)
        .with_status(2)
        .printing("")
        .complaining(&expected);
    let command = [
        "invoke",
        broken.text(),
        "--interface-of",
        &composed,
        "depth()",
    ];
    seam(command)
        .with_status(2)
        .printing("")
        .complaining(&expected);
    let options: Vec<&str> = ["--invoke", "depth()"].into_iter().chain(TWO).collect();
    let ended = diff(&composed, broken.text(), &options).with_status(1);
    assert_eq!(
        ended.stdout.matches("diverged: instantiation\n").count(),
        1,
        "{ended:#?}"
    );
    assert!(ended.stdout.contains("invalid: "), "{ended:#?}");
}

#[test]
fn without_provenance_a_tie_is_decided_by_a_binding() {
    let (composed, fused) = (file("chain", "composed.wasm"), file("chain", "multi.wasm"));
    let bare = provenance_changed("bare.wasm", &fused, without);
    let tie = [
        "export `test:chain/step@0.1.0#who`",
        "expected one exported function `test:chain/step@0.1.0#who`",
        "`test:chain/step@0.1.0#who$2`",
    ];
    let options: Vec<&str> = ["--invoke", "depth()"].into_iter().chain(TWO).collect();
    diff(&composed, bare.text(), &options)
        .with_status(2)
        .complaining(&tie);
    let bind = |name: &str| {
        let bind = format!("test:chain/step@0.1.0#depth=func:{name}");
        let bound: Vec<&str> = options.iter().copied().chain(["--bind", &bind]).collect();
        diff(&composed, bare.text(), &bound)
    };
    let ended = bind("test:chain/step@0.1.0#depth$2").with_status(0);
    assert!(
        ended
            .stdout
            .starts_with("test:chain/step@0.1.0#depth() = 2\nmatch: "),
        "{ended:#?}"
    );
    // The other candidate is the function of another component.
    let ended = bind("test:chain/step@0.1.0#depth").with_status(1);
    assert!(ended.stdout.contains("diverged: step 1, "), "{ended:#?}");
    // An export that is still undecided is not called, and says nothing about the fusion.
    let options = [&options[2..], &["--invoke", "who()"]].concat();
    let bind = "test:chain/step@0.1.0#depth=func:test:chain/step@0.1.0#depth$2";
    let bound = [&options[..], &["--bind", bind]].concat();
    let ended = diff(&composed, bare.text(), &bound).with_status(1);
    assert_eq!(
        ended.stdout.matches("inconclusive: ").count(),
        2,
        "{ended:#?}"
    );
    assert!(!ended.stdout.contains("to blame"), "{ended:#?}");
    for part in tie {
        assert!(ended.stdout.contains(part), "expected {part}: {ended:#?}");
    }
    assert!(ended.stderr.contains("note: --bind "), "{ended:#?}");
}

#[test]
fn a_binding_that_cannot_be_is_refused() {
    let (composed, fused) = (file("text", "composed.wasm"), file("text", "multi.wasm"));
    let shout = "test:text/text@0.1.0#shout";
    let invoke = |bind: &str| {
        let call = format!("{shout}(\"a\")");
        let command = [
            "invoke",
            &fused,
            "--interface-of",
            &composed,
            "--bind",
            bind,
        ];
        seam(command.into_iter().chain([call.as_str()]))
            .with_status(2)
            .printing("")
    };
    invoke("nope=func:f").complaining(&["binding of `nope`", "found neither"]);
    let export = format!("export `{shout}`");
    let expected = "expected the given function `nope` to be exported, found none";
    invoke(&format!("{shout}=func:nope")).complaining(&[&export, expected]);
    let expected = "expected the given memory `nope` to be exported, found `memory`, `memory$2`";
    invoke(&format!("{shout}=memory:nope")).complaining(&[&export, expected]);
    let wide = "test:text/text@0.1.0#wide";
    let expected = format!(
        "expected the given function `{wide}` to be of type (func (param i32 i32 i32 i32) (result \
         i32)), found (func (param i64 i64) (result i64))"
    );
    invoke(&format!("{shout}=realloc:{wide}")).complaining(&[&export, &expected]);
    let of = format!("--bind={shout}=memory:memory");
    let alone = ["invoke", &fused, &of, "f()"];
    seam(alone).with_status(2).complaining(&["--interface-of"]);
}

#[test]
fn a_fused_command_runs_like_its_composition() {
    let (composed, fused) = (file("wasi", "composed.wasm"), file("wasi", "multi.wasm"));
    let options = [
        "--env",
        "A=1",
        "--env",
        "TAIL=end",
        "--",
        "one",
        "two words",
    ];
    let expected = "2 arguments\n1 one\n2 two words\nend\n1 A=1\n2 TAIL=end\nend\n4 lines\n";
    for backend in BACKENDS {
        let on = ["--backend", backend];
        for artifact in [&composed, &fused] {
            let run = ["run", artifact, "--interface-of", &composed];
            let ended = seam(run.into_iter().chain(on).chain(options)).with_status(0);
            assert_eq!(ended.stderr, "lines: 2\nlines: 2\n", "{ended:#?}");
            ended.printing(expected);
            let fail = seam(run.into_iter().chain(on).chain(["--", "fail"])).with_status(1);
            assert_eq!(fail.stderr, "told to fail\n", "{fail:#?}");
            fail.printing("");
        }
    }
    let run = [&["--run"][..], &TWO, &options].concat();
    let ended = diff(&composed, &fused, &run).with_status(0);
    assert!(
        ended.stdout.starts_with("run = exit code 0\n"),
        "{ended:#?}"
    );
    // The fused component passes empty values of variables: a fault of the fusion.
    let component = file("wasi", "component.wasm");
    let ended = diff(&composed, &component, &run).with_status(1);
    let last = ended.stdout.lines().last().unwrap();
    assert_eq!(last, blame(&component), "{ended:#?}");
}

#[test]
fn the_typed_exports_of_a_fused_module_are_listed_as_calls() {
    let (composed, fused) = (file("text", "composed.wasm"), file("text", "multi.wasm"));
    let listed = seam(["invoke", &fused, "--interface-of", &composed]).with_status(0);
    let line = listed
        .stdout
        .lines()
        .find(|line| line.starts_with("test:text/text@0.1.0#join("));
    assert!(
        line.unwrap()
            .ends_with("// func(parts: list<string>, sep: string) -> string")
    );
    let call = "test:text/text@0.1.0#join([\"\"], \"\")";
    assert!(line.unwrap().starts_with(call), "{listed:#?}");
    let composition = seam(["invoke", &composed]).with_status(0);
    assert_eq!(listed.stdout, composition.stdout);
    // The listed calls can be made.
    let invoke = ["invoke", &fused, "--interface-of", &composed, call];
    seam(invoke).with_status(0).printing("\"start:end\"\n");
}
