//! `seam diff`.

use crate::support::{Scratch, fixture, seam};

#[test]
fn agreement_prints_the_agreed_results() {
    let calc = fixture("core/calc.wat");
    let calls = ["--invoke", "add(2, 3)", "--invoke", "swap(1, 2)"];
    let backends = ["--backend", "wasmtime", "--backend", "wasmi"];
    seam(["diff", &calc].into_iter().chain(calls).chain(backends))
        .with_status(0)
        .printing("add(2, 3) = 5\nswap(1, 2) = (2, 1)\nmatch (2 calls): wasmtime, wasmi\n");
}

#[test]
fn a_trapped_core_module_is_called_on() {
    let calc = fixture("core/calc.wat");
    let calls = ["--invoke", "div_s(1, 0)", "--invoke", "add(2, 3)"];
    let backends = ["--backend", "wasmtime", "--backend", "wasmi"];
    seam(["diff", &calc].into_iter().chain(calls).chain(backends))
        .with_status(0)
        .printing(
            "div_s(1, 0) = trap: integer divide by zero\n\
             add(2, 3) = 5\n\
             match (2 calls: 1 returned, 1 trapped alike): wasmtime, wasmi\n",
        );
    let calls = ["--invoke", "div_s(1, 0)", "--invoke", "div_s(2, 0)"];
    let ended = seam(["diff", &calc].into_iter().chain(calls).chain(backends)).with_status(0);
    let verdict = ended.stdout.lines().last().unwrap();
    assert_eq!(verdict, "match (2 calls: 2 trapped alike): wasmtime, wasmi");
    let calls = ["--invoke", "div_s(1, 0)"];
    seam(["diff", &calc].into_iter().chain(calls).chain(backends))
        .with_status(0)
        .printing(
            "div_s(1, 0) = trap: integer divide by zero\n\
             match (both trap): wasmtime, wasmi\n",
        );
}

#[test]
fn calls_that_a_trapped_component_cannot_take_are_listed_and_counted() {
    let text = r#"(component
        (core module $m
            (func (export "trap") unreachable)
            (func (export "one") (result i32) i32.const 1))
        (core instance $m (instantiate $m))
        (func (export "trap") (canon lift (core func $m "trap")))
        (func (export "one") (result u32) (canon lift (core func $m "one"))))"#;
    let component = Scratch::file("trapping.wat", text);
    let calls = [
        "--invoke", "one()", "--invoke", "trap()", "--invoke", "one()",
    ];
    let command = ["diff", component.text()].into_iter().chain(calls);
    seam(command.clone()).with_status(0).printing(
        "one() = 1\n\
         trap() = trap: unreachable\n\
         one() = not run\n\
         match (2 of 3 calls: 1 returned, 1 trapped alike): wasmtime, wasmtime-layered, wasmi\n",
    );
    let document = seam(command.chain(["--format", "json"]))
        .with_status(0)
        .document();
    for run in document["observations"].as_array().unwrap() {
        assert_eq!(run["steps"][2]["step"], "one()");
        assert_eq!(run["steps"][2]["ended"], "not-run");
    }
}

#[test]
fn backends_over_one_engine_are_one_witness_for_a_core_module() {
    let calc = fixture("core/calc.wat");
    seam(["diff", &calc, "--invoke", "add(2, 3)"])
        .with_status(0)
        .printing(
            "add(2, 3) = 5\n\
             match: wasmtime, wasmtime-layered, wasmi (wasmtime and wasmtime-layered share one \
             engine)\n",
        );
    let (one, two) = (answering("right.wat", 1), answering("wrong.wat", 2));
    let ended = seam(["diff", one.text(), two.text(), "--invoke", "f()"]).with_status(1);
    let blamed = ended
        .stdout
        .lines()
        .filter(|line| line.contains("to blame"));
    // One sentence: wasmtime-layered has no say of its own here.
    let expected = format!(
        "wasmtime and wasmi agree on each artifact; {} differs: the fusion is to blame",
        two.text()
    );
    assert_eq!(blamed.collect::<Vec<_>>(), [expected], "{ended:#?}");
}

#[test]
fn values_that_print_alike_are_shown_with_their_types() {
    let component = r#"(component
        (core module $m (func (export "f") (result i32) i32.const 42))
        (core instance $m (instantiate $m))
        (func (export "f") (result u32) (canon lift (core func $m "f"))))"#;
    let module = r#"(module (func (export "f") (result i32) i32.const 42))"#;
    let (component, module) = (
        Scratch::file("typed.wat", component),
        Scratch::file("untyped.wat", module),
    );
    let command = [
        "diff",
        component.text(),
        module.text(),
        "--backend",
        "wasmi",
    ];
    let ended = seam(command.into_iter().chain(["--invoke", "f()"])).with_status(1);
    let line = ended.stdout.lines().last().unwrap();
    assert!(line.starts_with("inconclusive:"), "{ended:#?}");
    assert!(line.contains("42 (u32) | 42 (s32)"), "{ended:#?}");
    assert!(ended.stderr.contains("--interface-of"), "{ended:#?}");
    let json = ["--invoke", "f()", "--format", "json"];
    let document = seam(command.into_iter().chain(json))
        .with_status(1)
        .document();
    assert_eq!(document["verdict"], "inconclusive");
    assert_eq!(document["reason"], "core-types");
    assert_eq!(document["observations"][0]["steps"][0]["type"], "u32");
}

#[test]
fn a_snapshot_without_a_global_says_so() {
    let calc = fixture("core/calc.wat");
    let options = ["--invoke", "add(2, 3)", "--snapshot", "no_such_"];
    let ended = seam(["diff", &calc].into_iter().chain(options)).with_status(0);
    let note = "note: --snapshot: no exported global has a name that begins with `no_such_`\n";
    assert_eq!(ended.stderr, note);
    let options = ["add(2, 3)", "--snapshot", "no_such_"];
    let ended = seam(["invoke", &calc].into_iter().chain(options)).with_status(0);
    assert_eq!(ended.stderr, note);
}

#[test]
fn all_backends_take_part_by_default() {
    let calc = fixture("core/calc.wat");
    let args = ["diff", &calc, "--invoke", "add(2, 3)", "--format", "json"];
    let document = seam(args).with_status(0).document();
    assert_eq!(document["verdict"], "match");
    let runs = document["observations"].as_array().unwrap();
    let backends: Vec<_> = runs.iter().map(|run| run["backend"].clone()).collect();
    assert_eq!(backends, ["wasmtime", "wasmtime-layered", "wasmi"]);
    for run in runs {
        assert_eq!(run["artifact"], calc);
        assert_eq!(run["steps"][0]["step"], "add(2, 3)");
        assert_eq!(run["steps"][0]["ended"]["returned"], "5");
        let globals = &run["state"]["instances"][0]["globals"];
        assert_eq!(globals["__witness_counter_0"]["value"], 1);
    }
    assert_eq!(document["comparisons"][1]["index"], 2);
    assert_eq!(document["comparisons"][1]["by"], "same-artifact");
    assert_eq!(document["comparisons"][1]["verdict"], "match");
    assert_eq!(document["left_out"].as_array().unwrap().len(), 0);
}

/// A module whose `f` returns `answer`. Two such modules differ in nothing else.
fn answering(name: &str, answer: i32) -> Scratch {
    let text = format!(
        "(module (func (export \"same\") (result i32) i32.const 7)
                 (func (export \"f\") (result i32) i32.const {answer}))"
    );
    Scratch::file(name, text)
}

#[test]
fn a_divergence_is_status_1_and_shows_the_first_difference() {
    let (one, two) = (answering("one.wat", 1), answering("two.wat", 2));
    let calls = ["--invoke", "same()", "--invoke", "f()"];
    let command = ["diff", one.text(), two.text(), "--backend", "wasmi"];
    let ended = seam(command.into_iter().chain(calls)).with_status(1);
    let lines: Vec<&str> = ended.stdout.lines().collect();
    assert_eq!(lines[0], "same() = 7");
    assert_eq!(lines[1], "diverged: step 2, f()");
    assert_eq!(lines[2], format!("  {} on wasmi  1", one.text()));
    assert_eq!(lines[3], format!("  {} on wasmi  2", two.text()));
    let sentence = format!(
        "{two} differs from {one} on wasmi alone; a second backend would show whether the fusion or \
         wasmi is to blame",
        one = one.text(),
        two = two.text()
    );
    assert_eq!(lines[4..], [sentence]);

    let json = ["--format", "json"];
    let document = seam(command.into_iter().chain(calls).chain(json))
        .with_status(1)
        .document();
    assert_eq!(document["verdict"], "diverged");
    assert_eq!(document["at"], "step 2, f()");
    assert_eq!(document["left"], "1");
    assert_eq!(document["right"], "2");
    assert_eq!(document["comparisons"][0]["by"], "fusion");
}

#[test]
fn the_differing_part_of_a_value_is_marked_and_shown_with_its_bytes() {
    let component = |name: &str, text: &str| {
        let text = format!(
            r#"(component
            (core module $m
                (memory (export "memory") 1)
                (data (i32.const 16) "{text}")
                (data (i32.const 0) "\10\00\00\00\06\00\00\00")
                (func (export "f") (result i32) (i32.const 0)))
            (core instance $m (instantiate $m))
            (func (export "f") (result string)
                (canon lift (core func $m "f") (memory (core memory $m "memory")))))"#
        );
        Scratch::file(name, text)
    };
    let (one, two) = (
        component("one-text.wat", "ab\\c3\\a9cd"),
        component("two-text.wat", "ab??cd"),
    );
    let command = ["diff", one.text(), two.text(), "--invoke", "f()"];
    let backends = ["--backend", "wasmtime", "--backend", "wasmi"];
    let ended = seam(command.into_iter().chain(backends)).with_status(1);
    let (one, two) = (one.text(), two.text());
    let from = ended.stdout.find("diverged: ").unwrap();
    let expected = format!(
        "diverged: step 1, f()\n  \
         {one} on wasmtime, wasmi  \"abécd\"\n  \
         {two} on wasmtime, wasmi  \"ab??cd\"\n  \
         {mark}^^\n  \
         byte 2: \"écd\" (c3 a9 63 64) | \"??cd\" (3f 3f 63 64)\n\
         wasmtime and wasmi agree on each artifact; {two} differs: the fusion is to blame\n",
        mark = " ".repeat(one.len() + " on wasmtime, wasmi  \"ab".len())
    );
    assert_eq!(&ended.stdout[from..], expected);
}

#[test]
fn resources_are_named_in_calls() {
    let floats = fixture("fused/floats/composed.wasm");
    let calls = [
        "$a = test:floats/outer@0.1.0#[constructor]float(1)",
        "$b = copy($a)",
        "[method]float.get($b)",
        "take($b)",
        "drop $a",
        "drops()",
    ];
    let invoked = calls.iter().flat_map(|call| ["--invoke", call]);
    let ended = seam(["diff", &floats].into_iter().chain(invoked)).with_status(0);
    assert_eq!(
        ended.stdout,
        "$a = test:floats/outer@0.1.0#[constructor]float(1) = own<#0>\n\
         $b = test:floats/outer@0.1.0#copy($a) = own<#1>\n\
         test:floats/outer@0.1.0#[method]float.get($b) = 2\n\
         test:floats/outer@0.1.0#take($b) = 2\n\
         drop $a = ()\n\
         test:floats/outer@0.1.0#drops() = 2\n\
         match (6 calls): wasmtime, wasmtime-layered, wasmi\n"
    );
    let wrong = ["diff", &floats, "--invoke", "take($a)"];
    seam(wrong)
        .with_status(2)
        .complaining(&["expected a variable that an earlier call named", "`$a`"]);
}

#[test]
fn a_command_is_compared_by_output_and_exit_code() {
    let command = fixture("command/command.component.wasm");
    let twice = ["--backend", "wasmtime", "--backend", "wasmtime"];
    let run = |words: &[&'static str]| {
        let options = ["diff", &command, "--run"].into_iter().chain(twice);
        let words = std::iter::once("--").chain(words.iter().copied());
        seam(options.chain(words))
    };
    run(&["args", "one", "two"])
        .with_status(0)
        .printing("run = exit code 0\nstdout: one\nstdout: two\nmatch: wasmtime, wasmtime\n");
    run(&["read", "/nowhere"]).with_status(0);
    let options = ["diff", &command, "--run", "--wasi", "system"];
    let random = options.into_iter().chain(twice);
    let random = seam(random.chain(["--", "random", "32"])).with_status(1);
    assert!(
        random.stdout.contains("diverged: stdout, byte"),
        "{random:#?}"
    );
}

#[test]
fn commands_agree_on_all_backends() {
    for (command, words, ended) in [
        ("command.component.wasm", &["time"][..], "exit code 0"),
        (
            "command.component.wasm",
            &["read", "/nowhere"],
            "exit code 1",
        ),
        ("command.wasm", &["random", "16"], "exit code 0"),
        ("command.wasm", &["div"], "trap: integer divide by zero"),
    ] {
        let command = fixture(&format!("command/{command}"));
        let options = ["diff", &command, "--run", "--env", "A=b", "--"];
        let run = seam(options.iter().chain(words)).with_status(0);
        let first = format!("run = {ended}\n");
        let last = run.stdout.lines().last().unwrap();
        assert!(run.stdout.starts_with(&first), "{run:#?}");
        assert!(last.starts_with("match"), "{run:#?}");
        assert!(
            last.contains(": wasmtime, wasmtime-layered, wasmi"),
            "{run:#?}"
        );
        assert_eq!(run.stderr, "");
    }
}

#[test]
fn folders_stay_as_they_are_for_the_next_run() {
    let folder = Scratch::folder("compared");
    let dir = format!("{}::/data", folder.text());
    let command = fixture("command/command.component.wasm");
    let twice = ["--backend", "wasmtime", "--backend", "wasmtime"];
    let options = ["diff", &command, "--run", "--dir", &dir];
    let words = ["--", "append", "/data/log.txt", "x"];
    let ended = seam(options.into_iter().chain(twice).chain(words)).with_status(0);
    assert!(
        ended.stdout.starts_with("run = exit code 1\n"),
        "{ended:#?}"
    );
    assert!(!folder.path().join("log.txt").exists());
}

#[test]
fn the_snapshot_is_compared_and_shown() {
    let calc = fixture("core/calc.wat");
    let options = ["--snapshot", "__witness_counter_0"];
    let command = ["diff", &calc, "--invoke", "add(2, 3)"];
    let ended = seam(command.into_iter().chain(options)).with_status(0);
    assert!(
        ended
            .stdout
            .contains("core instance 0 (calc): __witness_counter_0: i64 = 1"),
        "{ended:#?}"
    );
    assert!(!ended.stdout.contains("__witness_counter_1"), "{ended:#?}");
}

#[test]
fn a_component_and_its_counters_agree_on_all_backends() {
    let greet = fixture("greet/greet.wasm");
    let calls = [
        "--invoke",
        "greet(\"bob\", [\"a\"])",
        "--invoke",
        "shout(\"x\")",
    ];
    let snapshot = ["--snapshot", "__witness_counter_"];
    seam(["diff", &greet].into_iter().chain(calls).chain(snapshot))
        .with_status(0)
        .printing(
            "test:guest/strs#greet(\"bob\", [\"a\"]) = \"hello bob [a]\"\n\
             test:guest/strs#shout(\"x\") = \"X\"\n\
             core instance 0: __witness_counter_0: i64 = 1\n\
             core instance 0: __witness_counter_1: i64 = 1\n\
             match (2 calls): wasmtime, wasmtime-layered, wasmi\n",
        );
}

#[test]
fn running_out_of_fuel_is_neither_divergence_nor_agreement() {
    // The counter shows how far a run came. Each engine counts fuel in its own unit.
    let text = "(module (global $n (export \"n\") (mut i64) (i64.const 0))
        (func (export \"count\") (loop $l
          (global.set $n (i64.add (global.get $n) (i64.const 1)))
          (br $l))))";
    let counting = Scratch::file("counting.wat", text);
    let limit = ["--fuel", "100003", "--snapshot", "n"];
    let command = ["diff", counting.text(), "--invoke", "count()"];
    let backends = ["--backend", "wasmtime", "--backend", "wasmi"];
    let ended = seam(command.into_iter().chain(limit).chain(backends)).with_status(1);
    let verdict = ended.stdout.lines().last().unwrap();
    assert!(verdict.starts_with("inconclusive: wasmtime, wasmi: "));
    assert!(verdict.contains("fuel"), "{verdict}");
}

/// A module with garbage collection, which wasmi does not have.
fn collecting(name: &str) -> Scratch {
    let text = r#"(module
        (type $s (struct (field i32)))
        (func (export "f") (result i32) (struct.get $s 0 (struct.new $s (i32.const 42)))))"#;
    Scratch::file(name, text)
}

#[test]
fn a_run_that_was_asked_for_by_name_and_could_not_be_made_is_no_match() {
    let gc = collecting("gc.wat");
    let command = ["diff", gc.text(), "--invoke", "f()"];
    let named = [
        "--backend",
        "wasmtime",
        "--backend",
        "wasmtime-layered",
        "--backend",
        "wasmi",
    ];
    let ended = seam(command.into_iter().chain(named)).with_status(1);
    let last = ended.stdout.lines().last().unwrap();
    let expected = format!("inconclusive: {} could not be run on wasmi: ", gc.text());
    assert!(last.starts_with(&expected), "{ended:#?}");
    assert!(last.ends_with("(it lacks gc)"), "{ended:#?}");
    // Nobody named wasmi: the others are compared, and the run that is left out is named.
    let ended = seam(command).with_status(0);
    let last = ended.stdout.lines().last().unwrap();
    assert!(
        last.starts_with("match: wasmtime, wasmtime-layered"),
        "{ended:#?}"
    );
    let note = format!("note: left out: {} on wasmi: ", gc.text());
    assert!(ended.stderr.starts_with(&note), "{ended:#?}");
    let document = seam(command.into_iter().chain(["--format", "json"])).document();
    assert_eq!(document["left_out"][0]["backend"], "wasmi");
    assert_eq!(document["left_out"][0]["artifact"], gc.text());
}

#[test]
fn an_artifact_that_ran_nowhere_is_no_match() {
    let (plain, gc) = (answering("ran.wat", 42), collecting("ran-nowhere.wat"));
    let command = ["diff", plain.text(), gc.text(), "--invoke", "f()"];
    // Each artifact is named; that a backend is not does not excuse it.
    let only_wasmi = ["--backend", "wasmi"];
    let ended = seam(command.into_iter().chain(only_wasmi)).with_status(1);
    assert!(!ended.stdout.contains("match"), "{ended:#?}");
    let parts = [gc.text(), "could not be run on wasmi", "gc"];
    let line = ended.stdout.lines().last().unwrap();
    assert!(parts.iter().all(|part| line.contains(part)), "{ended:#?}");
}

#[test]
fn fewer_than_two_runs_that_could_be_made_are_inconclusive() {
    // The system's WASI is wasmtime's own.
    let command = fixture("command/command.component.wasm");
    let args = ["diff", &command, "--run", "--wasi", "system"];
    let ended = seam(args).with_status(1);
    assert!(!ended.stdout.contains("match"), "{ended:#?}");
    for backend in ["wasmtime-layered", "wasmi"] {
        let part = format!("could not be run on {backend}: ");
        assert!(ended.stdout.contains(&part), "{ended:#?}");
    }
}

#[test]
fn one_run_is_no_comparison() {
    let calc = fixture("core/calc.wat");
    seam(["diff", &calc, "--invoke", "add(1, 2)", "--backend", "wasmi"])
        .with_status(2)
        .printing("")
        .complaining(&["expected two runs to compare, found", "on `wasmi` alone"]);
}

#[test]
fn input_that_all_backends_refuse_is_wrong_input() {
    let imports = fixture("core/imports.wat");
    seam(["diff", &imports, "--invoke", "say()"])
        .with_status(2)
        .printing("")
        .complaining(&["missing import `env#log`", "--stub"]);
    let stubbed = ["diff", &imports, "--invoke", "mix(1, 2, 3, 4)"];
    let ended = seam(stubbed.into_iter().chain(["--stub", "default"])).with_status(0);
    assert!(
        ended.stdout.starts_with("mix(1, 2, 3, 4) = 0\n"),
        "{ended:#?}"
    );
    let invalid = Scratch::file(
        "refused-by-all.wat",
        "(module (func (export \"f\") (result i32)))",
    );
    seam(["diff", invalid.text(), "--invoke", "f()"]).with_status(2);
}

/// Backends keep different things of an instance whose start function traps; what it did before is
/// the same.
#[test]
fn a_start_function_that_calls_the_host_and_traps_matches() {
    let text = r#"(module
        (import "env" "log" (func $log (param i32)))
        (func $start (call $log (i32.const 7)) unreachable)
        (start $start)
        (func (export "f")))"#;
    let module = Scratch::file("trapping-start.wat", text);
    let command = [
        "diff",
        module.text(),
        "--invoke",
        "f()",
        "--stub",
        "default",
    ];
    let backends = ["--backend", "wasmtime", "--backend", "wasmi"];
    seam(command.into_iter().chain(backends))
        .with_status(0)
        .printing(
            "instantiate = trap: unreachable\n\
             f() = not run\n\
             match (both trap at instantiation, 0 of 1 calls): wasmtime, wasmi\n",
        );
    let json = backends.into_iter().chain(["--format", "json"]);
    let document = seam(command.into_iter().chain(json))
        .with_status(0)
        .document();
    assert_eq!(document["verdict"], "match", "{document:#}");
    let runs = document["observations"].as_array().unwrap();
    assert_eq!(runs.len(), 2);
    for run in runs {
        let calls = run["host_calls"].as_array().unwrap();
        assert_eq!(calls.len(), 1, "{document:#}");
        assert_eq!(calls[0]["name"], "env#log");
        assert_eq!(calls[0]["args"][0], 7);
    }
}
