//! `seam scenario`.

use std::path::Path;

use serde_json::Value;

use crate::page;
use crate::support::{BACKENDS, Ended, Scratch, fixture, root, seam};

const CALC: &str = "schema = 1\n[[artifact]]\nfile = \"calc.wat\"\n";

/// A folder with copies of the scenario about `calc.wat`, and its golden.
fn folder(name: &str) -> Scratch {
    let folder = Scratch::folder(name);
    for file in ["calc.wat", "calc.scenario.toml", "calc.golden.json"] {
        let from = root().join("seam-tests/fixtures/core").join(file);
        std::fs::copy(from, folder.path().join(file)).unwrap();
    }
    folder
}

fn write(folder: &Scratch, name: &str, text: &str) {
    std::fs::write(folder.path().join(name), text).unwrap();
}

fn read(folder: &Scratch, name: &str) -> String {
    std::fs::read_to_string(folder.path().join(name)).unwrap()
}

/// Runs the scenarios of a folder on wasmtime and wasmi.
fn run(folder: &Scratch, options: &[&str]) -> Ended {
    let command = [
        "scenario",
        folder.text(),
        "--backend",
        "wasmtime",
        "--backend",
        "wasmi",
    ];
    seam(command.iter().chain(options))
}

#[test]
fn the_fixtures_pass_on_all_backends() {
    let ended = seam([
        "scenario",
        "seam-tests/fixtures",
        "--format=json",
        "--timeout=10m",
    ])
    .with_status(0);
    assert_eq!(ended.stderr, "");
    let document = ended.document();
    let scenarios = document["scenarios"].as_array().unwrap();
    assert!(scenarios.len() >= 25, "{}", scenarios.len());
    assert_eq!(document["passed"], scenarios.len());
    for scenario in scenarios {
        assert!(
            scenario["about"]
                .as_str()
                .is_some_and(|about| about.len() > 10)
        );
        let cells = scenario["cells"].as_array().unwrap();
        let artifacts = cells.len() / BACKENDS.len();
        let all = std::iter::repeat_n(BACKENDS, artifacts).flatten();
        assert!(all.eq(cells.iter().map(|cell| cell["backend"].as_str().unwrap())));
        for cell in cells {
            assert_eq!(cell["word"], "match", "{scenario:#}");
        }
    }
    assert_eq!(document["not_run"], Value::Null);
    let not_run = scenarios
        .iter()
        .map(|scenario| scenario["not_run"].as_u64().unwrap());
    assert_eq!(not_run.sum::<u64>(), 2);
}

#[test]
fn the_fixtures_use_every_key_of_the_schema() {
    let schema = std::fs::read_to_string(root().join("docs/scenario.schema.json")).unwrap();
    let schema: Value = serde_json::from_str(&schema).unwrap();
    let mut keys = Vec::new();
    collect_keys(&schema, &mut keys);
    assert!(keys.len() > 40, "{keys:?}");
    let mut text = String::new();
    collect_text(&root().join("seam-tests/fixtures"), &mut text);
    let used = |key: &str| {
        let mut words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'));
        words.any(|word| word == key)
    };
    // Bindings have four keys of one kind.
    let unused = keys.iter().filter(|key| !used(key));
    let unused: Vec<_> = unused
        .filter(|key| !["memory", "realloc", "post-return"].contains(&key.as_str()))
        .collect();
    assert!(unused.is_empty(), "{unused:?}");
}

/// Collects the names of all properties.
fn collect_keys(schema: &Value, keys: &mut Vec<String>) {
    match schema {
        Value::Object(object) => {
            if let Some(properties) = object.get("properties").and_then(Value::as_object) {
                keys.extend(properties.keys().cloned());
            }
            object.values().for_each(|value| collect_keys(value, keys));
        }
        Value::Array(values) => values.iter().for_each(|value| collect_keys(value, keys)),
        _ => {}
    }
}

fn collect_text(folder: &Path, text: &mut String) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect_text(&path, text);
        } else if path.to_str().unwrap().ends_with(".scenario.toml") {
            *text += &std::fs::read_to_string(path).unwrap();
        }
    }
}

#[test]
fn a_byte_of_the_golden_that_differs_fails_and_the_first_line_says_which() {
    let folder = folder("scenario-byte");
    let golden = read(&folder, "calc.golden.json").replacen("\"5\"", "\"7\"", 1);
    write(&folder, "calc.golden.json", &golden);
    let ended = run(&folder, &[]).with_status(1);
    let name = format!("{}/calc", folder.text());
    let lines: Vec<&str> = ended.stdout.lines().collect();
    assert_eq!(
        lines[0],
        format!("failed: {name}: step 1, add(2, 3): the golden: 7 | wasmtime, wasmi: 5")
    );
    assert!(lines[2].starts_with(&format!(
        "failed       {name}  differs: wasmtime, wasmi; 9 steps; "
    )));
    assert_eq!(lines[3], "  diverged: step 1, add(2, 3)");
    assert_eq!(lines[4], "    the golden       7");
    assert_eq!(lines[5], "    wasmtime, wasmi  5");
    assert!(
        lines[6].starts_with("  wasmtime and wasmi differ from the golden: "),
        "{ended:#?}"
    );
    assert_eq!(lines.last(), Some(&"1 scenario: 0 passed, 1 failed"));
    assert_eq!(ended.stderr, "");
}

#[test]
fn a_wrong_file_has_a_place_and_the_others_run() {
    let folder = folder("scenario-wrong");
    write(
        &folder,
        "wrong.scenario.toml",
        &format!("{CALC}[[step]]\ninvoke = \"sub(1)\"\n"),
    );
    let ended = run(&folder, &[]).with_status(2);
    let place = format!(
        "{}/wrong.scenario.toml:5:10: call sub: expected 2 arguments",
        folder.text()
    );
    assert!(ended.stdout.starts_with("wrong: "), "{ended:#?}");
    assert!(
        ended.stdout.ends_with("2 scenarios: 1 passed, 1 wrong\n"),
        "{ended:#?}"
    );
    ended.complaining(&[&place]);
    let document = run(&folder, &["--format", "json"])
        .with_status(2)
        .document();
    assert_eq!(
        (&document["passed"], &document["wrong"]),
        (&1.into(), &1.into())
    );
    let error = document["scenarios"][1]["error"].as_str().unwrap();
    assert!(error.starts_with(&place), "{error}");
}

#[test]
fn what_to_run_must_be_there() {
    let folder = folder("scenario-input");
    let missing = format!("{}/no.scenario.toml", folder.text());
    seam(["scenario", &missing])
        .with_status(2)
        .complaining(&["found no `", "no.scenario.toml`"]);
    let module = format!("{}/calc.wat", folder.text());
    let expected = "expected a file NAME.scenario.toml or a folder";
    seam(["scenario", &module])
        .with_status(2)
        .complaining(&[expected]);
    let empty = Scratch::folder("scenario-empty");
    let expected = "expected files NAME.scenario.toml, found none";
    seam(["scenario", empty.text()])
        .with_status(2)
        .complaining(&[expected]);
    let expected = "expected a scenario that matches `other*`, found none";
    run(&folder, &["--filter", "other*"])
        .with_status(2)
        .complaining(&[expected]);
    run(&folder, &["--oracle", "wasmi"])
        .with_status(2)
        .complaining(&["--bless"]);
    let expected = "--oracle: expected a backend that runs (`wasmtime`, `wasmi`), found `kiln`";
    run(&folder, &["--bless", "--oracle", "kiln"])
        .with_status(2)
        .complaining(&[expected]);
}

#[test]
fn goldens_are_written_only_if_someone_independent_agrees() {
    let folder = folder("scenario-bless");
    let path = folder.path().join("calc.golden.json");
    let golden = read(&folder, "calc.golden.json");
    std::fs::remove_file(&path).unwrap();
    let ended = run(&folder, &[]).with_status(1);
    assert!(
        ended.stdout.contains("expected the golden file "),
        "{ended:#?}"
    );
    assert!(!path.exists());

    let one = ["scenario", folder.text(), "--bless", "--backend"];
    for backends in [
        &["wasmi"][..],
        &["wasmtime", "--backend", "wasmtime-layered"],
    ] {
        let ended = seam(one.iter().chain(backends)).with_status(1);
        assert!(
            ended
                .stdout
                .contains("not blessed: expected two backends that agree"),
            "{ended:#?}"
        );
        assert!(!path.exists());
    }

    let ended = seam(["scenario", folder.text(), "--bless"]).with_status(0);
    let written = "calc.golden.json was written (by wasmtime, wasmtime-layered, wasmi)\n";
    assert!(ended.stdout.contains(written), "{ended:#?}");
    assert_eq!(read(&folder, "calc.golden.json"), golden);
    let ended = seam(["scenario", folder.text(), "--bless"]).with_status(0);
    assert!(
        ended.stdout.contains("calc.golden.json is unchanged"),
        "{ended:#?}"
    );

    let oracle = [
        "scenario",
        folder.text(),
        "--bless",
        "--oracle",
        "wasmi",
        "--backend",
        "wasmi",
    ];
    let ended = seam(oracle).with_status(0);
    assert!(
        ended.stdout.contains("was written (by wasmi)"),
        "{ended:#?}"
    );
    assert!(read(&folder, "calc.golden.json").contains("\"oracle\": \"wasmi\""));
    run(&folder, &[]).with_status(0);
    // Nothing else is left in the folder.
    let files = std::fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(files, 3);
}

#[test]
fn a_loop_without_an_end_loses_its_scenario_only() {
    let folder = folder("scenario-endless");
    write(
        &folder,
        "endless.scenario.toml",
        &format!("{CALC}[[step]]\ninvoke = \"spin()\"\n"),
    );
    let ended = run(&folder, &["--timeout", "15s"]).with_status(1);
    let name = format!("{}/endless", folder.text());
    let first = format!("failed: {name}: calc.wat on wasmtime: it was not done after 15s\n");
    assert!(ended.stdout.starts_with(&first), "{ended:#?}");
    let lost = format!("failed       {name}  lost: wasmtime, wasmi; ");
    assert!(ended.stdout.contains(&lost), "{ended:#?}");
    assert!(
        ended.stdout.ends_with("2 scenarios: 1 passed, 1 failed\n"),
        "{ended:#?}"
    );
}

#[test]
fn junit_is_xml_with_a_case_for_each_scenario() {
    let folder = folder("scenario-junit");
    write(&folder, "wrong.scenario.toml", "schema = 3\n");
    let fails = format!("{CALC}[[step]]\ninvoke = \"add(1, 1)\"\nexpect = \"3\"\n");
    write(&folder, "a<b&c>.scenario.toml", &fails);
    let ended = run(&folder, &["--format", "junit"]).with_status(2);
    let elements = elements(&ended.stdout);
    assert_eq!(elements[0], "testsuites");
    let suite =
        "testsuite name=\"seam scenario\" tests=\"3\" failures=\"1\" errors=\"1\" skipped=\"0\"";
    assert!(elements[1].starts_with(suite), "{elements:#?}");
    let cases = elements
        .iter()
        .filter(|element| element.starts_with("testcase "));
    assert_eq!(cases.count(), 3);
    let failure = "failure type=\"failed\" message=\"step 1, add(1, 1): expected: 3 | wasmtime, \
                   wasmi: 2\"";
    assert!(elements.contains(&failure.to_string()), "{elements:#?}");
    assert!(
        elements
            .iter()
            .any(|element| element.contains("name=\"a&lt;b&amp;c&gt;\""))
    );
    assert!(
        elements
            .iter()
            .any(|element| element.starts_with("error message="))
    );
}

/// Returns the start tags of a document, and asserts that it is well-formed.
fn elements(xml: &str) -> Vec<String> {
    let xml = xml
        .strip_prefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n")
        .unwrap();
    let (mut open, mut found) = (Vec::new(), Vec::new());
    for (index, piece) in xml.split('<').enumerate() {
        if index == 0 {
            assert_eq!(piece, "");
            continue;
        }
        let (tag, text) = piece.split_once('>').unwrap();
        for (at, _) in text.match_indices('&').chain(tag.match_indices('&')) {
            let rest = if text.get(at..).is_some_and(|rest| rest.starts_with('&')) {
                &text[at..]
            } else {
                &tag[at..]
            };
            let entity = &rest[..=rest.find(';').unwrap()];
            assert!(
                ["&lt;", "&gt;", "&amp;", "&quot;", "&#10;"].contains(&entity),
                "{entity}"
            );
        }
        assert!(!text.contains('>'), "{text}");
        match tag.strip_prefix('/') {
            Some(name) => assert_eq!(open.pop(), Some(name.to_string())),
            None => {
                let (tag, closed) = match tag.strip_suffix('/') {
                    Some(tag) => (tag, true),
                    None => (tag, false),
                };
                assert_eq!(tag.matches('"').count() % 2, 0, "{tag}");
                let name = tag.split(' ').next().unwrap();
                if !closed {
                    open.push(name.to_string());
                }
                found.push(tag.to_string());
            }
        }
        if open.is_empty() {
            assert_eq!(text.trim(), "");
        }
    }
    assert!(open.is_empty(), "{open:?}");
    found
}

#[test]
fn the_html_page_is_a_matrix_with_a_word_and_details_in_each_cell() {
    let folder = folder("scenario-html");
    let fails = format!("{CALC}[[step]]\ninvoke = \"add(1, 1)\"\nexpect = \"3\"\n");
    write(&folder, "fails.scenario.toml", &fails);
    let page = run(&folder, &["--format", "html"]).with_status(1).stdout;
    assert!(page.starts_with("<!doctype html>"), "{page}");
    for part in [
        "<th scope=\"col\">scenario</th><th scope=\"col\">artifact</th><th scope=\"col\">wasmtime</th>",
        "/calc</th><th scope=\"row\">calc.wat</th><td class=\"good\"><button",
        ">match</button>",
        "/fails</th><th scope=\"row\">calc.wat</th><td class=\"bad\"><button",
        ">differs</button>",
        "step 1, add(1, 1): expected 3, found 2",
        "<p>1 of 2 scenarios passed.</p>",
    ] {
        assert!(page.contains(part), "{part}\n{page}");
    }
}

#[test]
fn the_page_shows_what_the_commands_print() {
    let page = page::page("docs/scenarios.md");
    let sessions = page::sessions(&page);
    assert!(sessions.len() >= 2, "{sessions:#?}");
    for session in sessions {
        let printed = without_times(&page::on_a_terminal(&session.command));
        assert_eq!(printed, session.output, "$ {}", session.command);
    }
}

/// Replaces times like `0.31 s` by `0.00 s`.
fn without_times(text: &str) -> String {
    let words = text.split(' ').map(|word| {
        let seconds = word.split_once('.').is_some_and(|(whole, part)| {
            let digits = |text: &str| !text.is_empty() && text.bytes().all(|c| c.is_ascii_digit());
            digits(whole) && digits(part) && part.len() == 2
        });
        if seconds { "0.00" } else { word }
    });
    words.collect::<Vec<_>>().join(" ")
}

#[test]
fn the_files_on_the_page_are_those_of_the_fixtures() {
    let blocks = page::blocks(&page::page("docs/scenarios.md"));
    let files: Vec<_> = blocks.iter().filter(|block| block.is_in("toml")).collect();
    let [greet, compose, funcs] = files[..] else {
        panic!("{files:#?}")
    };
    let fixture = |name: &str| std::fs::read_to_string(root().join(fixture(name))).unwrap();
    assert_eq!(greet.text, fixture("greet/greet.scenario.toml"));
    assert_eq!(compose.text, fixture("fused/text/compose.scenario.toml"));
    let lines = funcs
        .text
        .lines()
        .map(|line| line.split("  #").next().unwrap().trim_end());
    let funcs = lines.collect::<Vec<_>>().join("\n");
    assert!(
        fixture("hosted/hosted.scenario.toml").contains(&funcs),
        "{funcs}"
    );
}

#[test]
fn the_page_names_every_key_of_the_schema() {
    let page = page::page("docs/scenarios.md");
    let schema = std::fs::read_to_string(root().join("docs/scenario.schema.json")).unwrap();
    let mut keys = Vec::new();
    collect_keys(&serde_json::from_str(&schema).unwrap(), &mut keys);
    for key in keys {
        let named = [
            format!("`{key}`"),
            format!("{key} = "),
            format!("`[{key}]`"),
            format!("`[[{key}]]`"),
            format!("`[[world.{key}]]`"),
        ];
        // The parts of a binding are on the page about meld.
        let of_binding = ["func", "realloc", "post-return"].contains(&key.as_str());
        assert!(
            of_binding || named.iter().any(|name| page.contains(name)),
            "{key}"
        );
    }
}

/// The other commands of the page, in a repository like those that would use them.
#[test]
fn the_commands_without_output_work_too() {
    let folder = Scratch::folder("scenario-page");
    let tests = folder.path().join("tests");
    std::fs::create_dir_all(&tests).unwrap();
    for file in ["greet.wasm", "greet.scenario.toml"] {
        let from = root().join("seam-tests/fixtures/greet").join(file);
        std::fs::copy(from, tests.join(file)).unwrap();
    }
    let blocks = page::blocks(&page::page("docs/scenarios.md"));
    let shell = blocks
        .iter()
        .filter(|block| block.is_in("sh"))
        .flat_map(|block| block.text.lines());
    let job = blocks
        .iter()
        .filter(|block| block.is_in("yaml"))
        .flat_map(|block| block.text.lines());
    let steps = job.filter_map(|line| line.trim().trim_start_matches("- ").strip_prefix("run: "));
    let commands: Vec<&str> = shell
        .chain(steps)
        .filter(|line| line.starts_with("seam "))
        .collect();
    assert_eq!(commands.len(), 3, "{commands:#?}");
    for command in commands {
        let line = format!("cd '{}' && {command} > out.txt; echo $?", folder.text());
        let line = line.replace(
            "> out.txt; ",
            if command.contains('>') {
                "; "
            } else {
                "> out.txt; "
            },
        );
        assert_eq!(page::on_a_terminal(&line), "0\n", "{command}");
    }
    for (file, start) in [
        ("scenarios.xml", "<?xml"),
        ("scenarios.html", "<!doctype html>"),
    ] {
        let written = std::fs::read_to_string(folder.path().join(file)).unwrap();
        assert!(written.starts_with(start), "{file}");
    }
}

#[test]
fn a_golden_that_cannot_be_written_is_a_failure_that_is_said_once() {
    let folder = folder("scenario-unwritable");
    let path = folder.path().join("calc.golden.json");
    std::fs::remove_file(&path).unwrap();
    std::fs::create_dir(&path).unwrap();
    let ended = run(&folder, &["--bless"]).with_status(1);
    let lines = ended.stdout.lines();
    let said = lines.filter(|line| line.contains("calc.golden.json"));
    let said: Vec<&str> = said.collect();
    assert!(said[0].contains("expected to write "), "{ended:#?}");
    assert!(!ended.stdout.contains("(by )"), "{ended:#?}");
    let left = std::fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(left, 3, "nothing is left beside the golden");
}
