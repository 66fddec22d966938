//! `seam diff --random`.

use crate::page;
use crate::support::{Scratch, fixture, root, seam};

/// Two modules with a state, of which the second one is wrong after `set` of 100 or more.
fn stateful() -> (Scratch, Scratch) {
    let module = |name: &str, wrong: &str| {
        let text = format!(
            r#"(module (global $n (mut i32) (i32.const 0))
                (func (export "set") (param i32) (global.set $n (local.get 0)))
                (func (export "noise") (param i32 f64) (result f64) (local.get 1))
                (func (export "get") (result i32)
                    (if (i32.gt_s (global.get $n) (i32.const 99)) (then {wrong}))
                    (global.get $n)))"#
        );
        Scratch::file(name, text)
    };
    let name = |part: &str| format!("it's {part}.wat");
    let wrong = module(&name("wrong"), "(return (i32.const -1))");
    (module(&name("right"), ""), wrong)
}

#[test]
fn agreement_says_how_much_was_called() {
    let greet = fixture("greet/greet.wasm");
    let ended = seam(["diff", &greet, "--random", "60", "--seed", "7"]).with_status(0);
    assert!(
        ended
            .stdout
            .starts_with("match (60 calls of 5 functions in "),
        "{ended:#?}"
    );
    assert!(
        ended
            .stdout
            .ends_with(" instances, seed 7): wasmtime, wasmtime-layered, wasmi\n"),
        "{ended:#?}"
    );
    assert_eq!(ended.stderr, "");
    let again = seam(["diff", &greet, "--random", "60", "--seed", "7"]);
    assert_eq!(again.stdout, ended.stdout);
}

#[test]
fn asynchronous_functions_are_called_too() {
    let text = |wrong: u32| {
        format!(
            r#"(component
                (core func $return (canon task.return (result u32)))
                (core module $m
                    (import "" "return" (func $return (param i32)))
                    (func (export "f") (param $n i32) (result i32)
                        (if (i32.gt_u (local.get $n) (i32.const 100))
                            (then (local.set $n (i32.const {wrong}))))
                        (call $return (local.get $n))
                        (i32.const 0))
                    (func (export "f-event") (param i32 i32 i32) (result i32) unreachable))
                (core instance $m (instantiate $m
                    (with "" (instance (export "return" (func $return))))))
                (func (export "f") async (param "n" u32) (result u32)
                    (canon lift (core func $m "f") async (callback (core func $m "f-event")))))"#
        )
    };
    let right = Scratch::file("right.wat", text(7));
    let wrong = Scratch::file("wrong.wat", text(8));
    let random = ["--random", "20", "--seed", "1"];
    let ended = seam(["diff", right.text()].into_iter().chain(random)).with_status(0);
    let all = "): wasmtime, wasmtime-layered, wasmi\n";
    assert!(
        ended
            .stdout
            .starts_with("match (20 calls of 1 function in "),
        "{ended:#?}"
    );
    assert!(ended.stdout.ends_with(all), "{ended:#?}");
    let two = ["diff", right.text(), wrong.text(), "--backend", "wasmi"];
    let ended = seam(two.into_iter().chain(random)).with_status(1);
    assert!(ended.stdout.starts_with("diverged after "), "{ended:#?}");
}

#[test]
fn a_divergence_is_shrunk_and_the_line_that_repeats_it_repeats_it() {
    let (right, wrong) = stateful();
    let command = [
        "diff",
        right.text(),
        wrong.text(),
        "--random",
        "400",
        "--seed=3",
    ];
    let ended = seam(command.into_iter().chain(["--backend", "wasmi"])).with_status(1);
    let lines: Vec<&str> = ended.stdout.lines().collect();
    assert!(lines[0].starts_with("diverged after "), "{ended:#?}");
    assert!(lines[0].contains(", seed 3; shrunk from "), "{ended:#?}");
    assert!(lines[0].ends_with(" steps to 2"), "{ended:#?}");
    assert_eq!(lines[1], "set(100) = ()");
    assert_eq!(lines[2], "diverged: step 2, get()");
    let at = lines.iter().position(|line| *line == "repeat it:").unwrap();
    let repeat = lines[at + 1].trim();
    assert!(repeat.starts_with("seam diff '"), "{repeat}");
    let options = "--seed=3 --backend wasmi --invoke 'set(100)' --invoke 'get()'";
    assert!(repeat.ends_with(options), "{repeat}");
    let repeated = page::on_a_terminal(repeat);
    assert!(repeated.contains("diverged: step 2, get()\n"), "{repeated}");
    assert!(ended.stdout.contains(lines[2]), "{repeated}");

    let json = command
        .into_iter()
        .chain(["--backend", "wasmi", "--format", "json"]);
    let document = seam(json).with_status(1).document();
    assert_eq!(document["verdict"], "diverged");
    assert_eq!(document["seed"], 3);
    assert_eq!(document["found"]["steps"].as_array().unwrap().len(), 2);
    assert_eq!(document["repeat"], repeat);
    assert!(document["calls"].as_u64().unwrap() > 0);
    assert_eq!(document["found"]["report"]["step"], 1);
}

#[test]
fn resources_are_named_in_the_line_that_repeats() {
    // In the module that one component was fused to, destructors are not run for what `take` takes.
    let (composed, fused) = (
        fixture("fused/reexport/composed-top.wasm"),
        fixture("fused/reexport/multi-top.wasm"),
    );
    let command = ["diff", &composed, &fused, "--interface-of", &composed];
    let options = ["--random", "300", "--seed", "2"];
    let ended = seam(command.into_iter().chain(options)).with_status(1);
    let repeat = ended.stdout.lines().last().unwrap();
    assert!(repeat.trim().starts_with("seam diff "), "{ended:#?}");
    let repeated = page::on_a_terminal(repeat);
    let diverged = ended
        .stdout
        .lines()
        .find(|line| line.starts_with("diverged: "));
    assert!(
        repeated.contains(diverged.unwrap()),
        "{repeated}\n{ended:#?}"
    );
}

#[test]
fn inner_functions_are_called_where_they_can_be_and_that_is_said() {
    let (composed, fused) = (
        fixture("fused/chain/composed.wasm"),
        fixture("fused/chain/multi.wasm"),
    );
    let command = ["diff", &composed, &fused, "--interface-of", &composed];
    let ended = seam(command.into_iter().chain(["--random", "80"])).with_status(0);
    let only =
        "only on wasmi and wasmtime-layered: 11 functions ([component]0#test:chain/step@0.1.0#";
    assert!(ended.stdout.contains(only), "{ended:#?}");
    assert!(!ended.stdout.contains("not called"), "{ended:#?}");
    // One run alone compares nothing.
    let backends = ["--backend", "wasmtime", "--backend", "wasmi"];
    let ended = seam(
        ["diff", &composed, "--random", "40"]
            .into_iter()
            .chain(backends),
    );
    let ended = ended.with_status(0);
    let not = "not called: 11 functions ([component]0#test:chain/step@0.1.0#who, ";
    assert!(ended.stdout.contains(not), "{ended:#?}");
}

#[test]
fn a_call_that_never_ends_reaches_a_time_limit_that_nobody_set() {
    let text = r#"(module
        (func (export "spin") (loop (br 0)))
        (func (export "one") (param i32) (result i32) (i32.const 1)))"#;
    let spin = Scratch::file("random-spin.wat", text);
    let backends = ["--backend", "wasmi", "--backend", "wasmtime"];
    let command = ["diff", spin.text(), "--random", "30"];
    let ended = seam(command.into_iter().chain(backends)).with_status(0);
    assert!(ended.stdout.starts_with("match ("), "{ended:#?}");
    assert!(
        ended.stdout.contains("\nnever compared: spin\n"),
        "{ended:#?}"
    );
    // With fuel, there is no such limit.
    let fuel = ["--fuel", "5000"];
    let ended = seam(command.into_iter().chain(backends).chain(fuel)).with_status(0);
    assert!(
        ended.stdout.contains("\nnever compared: spin\n"),
        "{ended:#?}"
    );
}

#[test]
fn what_cannot_be_compared_is_no_match() {
    let empty = Scratch::file("random-empty.wat", "(module)");
    let ended = seam(["diff", empty.text(), "--random", "30"]).with_status(1);
    assert!(ended.stdout.starts_with("inconclusive: "), "{ended:#?}");
    let greet = fixture("greet/greet.wasm");
    // How much is called in this time is up to the machine.
    let none = ["diff", &greet, "--random", "1000000", "--time", "100ms"];
    let ended = seam(none);
    assert!(
        ended.stdout.contains("then the time was over"),
        "{ended:#?}"
    );
}

#[test]
fn options_that_exclude_each_other_are_refused() {
    let greet = fixture("greet/greet.wasm");
    let random = ["--random", "30"];
    for (options, part) in [
        (&["--invoke", "shout(\"a\")"][..], "--invoke"),
        (&["--run"], "--run"),
        (&["--backend", "wasmi"], "expected two runs to compare"),
    ] {
        let command = ["diff", &greet].into_iter().chain(random);
        seam(command.chain(options.iter().copied()))
            .with_status(2)
            .printing("")
            .complaining(&[part]);
    }
    let time = ["diff", &greet, "--time", "5s", "--invoke", "shout(\"a\")"];
    seam(time).with_status(2).complaining(&["--random"]);
    seam(["diff", &greet, "--random", "-1"])
        .with_status(2)
        .complaining(&["--random"]);
    let missing = fixture("core/imports.wat");
    seam(["diff", &missing, "--random", "5"])
        .with_status(2)
        .complaining(&["missing import `env#log`"]);
}

#[test]
fn the_page_shows_what_the_commands_print() {
    let page = page::page("docs/random.md");
    let sessions = page::sessions(&page);
    assert!(sessions.len() > 2, "{sessions:#?}");
    for session in sessions {
        let printed = page::on_a_terminal(&session.command);
        assert_eq!(printed, session.output, "$ {}", session.command);
    }
    assert!(root().join("docs/random.md").exists());
}
