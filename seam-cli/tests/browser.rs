//! Loads the HTML pages in a real browser and clicks in them. Without a headless Chromium, this is
//! skipped.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

/// Clicks on the first cell with details, and on the box above; writes what it found to an attribute.
const CLICKS: &str = r#"<script>
const found = [];
const say = (name, value) => found.push(name + '=' + value);
const button = document.querySelector('td.bad button');
const details = document.getElementById(button.getAttribute('aria-controls'));
const visible = element => getComputedStyle(element).display !== 'none';
say('width', innerWidth);
say('fits', document.documentElement.scrollWidth <= innerWidth);
say('word', button.textContent);
say('closed', !visible(details));
button.click();
say('opened', visible(details) && button.getAttribute('aria-expanded') === 'true');
say('text', details.textContent.includes('expected'));
say('fits-open', details.querySelector('pre').getBoundingClientRect().right <= innerWidth);
button.click();
say('closed-again', !visible(details));
const well = [...document.querySelectorAll('tr.well')];
say('well', well.length > 0 && well.every(visible));
document.getElementById('all').click();
say('well-hidden', well.every(row => !visible(row)) && visible(button));
const background = getComputedStyle(document.querySelector('td.bad')).backgroundColor;
say('coloured', background !== 'rgba(0, 0, 0, 0)');
say('loaded', performance.getEntriesByType('resource').length);
document.body.dataset.found = found.join(' ');
</script>
"#;

fn main() -> ExitCode {
    println!("\nrunning 2 tests");
    let Some(browser) = browser() else {
        for name in ["scenarios", "suites"] {
            println!(
                "test the_page_of_{name} ... ignored, no chromium, chromium-browser or google-chrome"
            );
        }
        println!("\ntest result: ok. 0 passed; 0 failed; 2 ignored; 0 measured; 0 filtered out\n");
        return ExitCode::SUCCESS;
    };
    let folder =
        Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("browser-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let mut failed = 0;
    for (name, page, word) in [
        ("scenarios", scenarios(&folder), "differs"),
        ("suites", suites(&folder), "1 failed"),
    ] {
        let faults: Vec<String> = [1200, 400]
            .iter()
            .filter_map(|width| fault(&browser, &folder, &page, *width, word))
            .collect();
        match faults.as_slice() {
            [] => println!("test the_page_of_{name} ... ok"),
            faults => {
                failed += 1;
                println!("test the_page_of_{name} ... FAILED\n{}", faults.join("\n"));
            }
        }
    }
    std::fs::remove_dir_all(&folder).unwrap();
    let word = if failed == 0 { "ok" } else { "FAILED" };
    let passed = 2 - failed;
    println!(
        "\ntest result: {word}. {passed} passed; {failed} failed; 0 ignored; 0 measured; 0 filtered out\n"
    );
    if failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Finds a browser that can run without a window.
fn browser() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let mut all =
        std::env::split_paths(&path).flat_map(|folder| names.map(|name| folder.join(name)));
    all.find(|program| program.is_file())
}

/// Returns the page of a scenario that passes and one that fails.
fn scenarios(folder: &Path) -> String {
    let folder = folder.join("scenarios");
    std::fs::create_dir_all(&folder).unwrap();
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../seam-tests/fixtures/core");
    for file in ["calc.wat", "calc.scenario.toml", "calc.golden.json"] {
        std::fs::copy(fixtures.join(file), folder.join(file)).unwrap();
    }
    let scenario = std::fs::read_to_string(folder.join("calc.scenario.toml")).unwrap();
    let wrong = scenario.replacen("\"5\"", "\"6\"", 1);
    std::fs::write(
        folder.join("a-scenario-with-a-long-name.scenario.toml"),
        wrong,
    )
    .unwrap();
    html(&["scenario", folder.to_str().unwrap()])
}

/// Returns the page of a script that passes and one that fails.
fn suites(folder: &Path) -> String {
    let folder = folder.join("suites");
    std::fs::create_dir_all(&folder).unwrap();
    let good = "(module (func (export \"f\") (result i32) (i32.const 42)))\n\
                (assert_return (invoke \"f\") (i32.const 42))";
    std::fs::write(folder.join("good.wast"), good).unwrap();
    std::fs::write(folder.join("wrong.wast"), good.replacen("42", "41", 1)).unwrap();
    html(&["conformance", "--suite", folder.to_str().unwrap()])
}

fn html(command: &[&str]) -> String {
    let mut seam = Command::new(env!("CARGO_BIN_EXE_seam"));
    let output = seam
        .args(command)
        .args(["--format", "html"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// Loads the page in a frame of this width, because windows cannot be as narrow as a phone. Returns what
/// is wrong.
fn fault(browser: &Path, folder: &Path, page: &str, width: u32, word: &str) -> Option<String> {
    let file = folder.join("page.html");
    let page = format!("{page}{CLICKS}")
        .replace('&', "&amp;")
        .replace('"', "&quot;");
    let copy = "document.body.dataset.found = this.contentDocument.body.dataset.found";
    let style = format!("border: 0; width: {width}px; height: 900px");
    let frame = format!("<iframe style=\"{style}\" onload=\"{copy}\" srcdoc=\"{page}\"></iframe>");
    std::fs::write(&file, format!("<!doctype html><body>{frame}</body>")).unwrap();
    let output = Command::new(browser)
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--hide-scrollbars",
        ])
        .args(["--dump-dom", "--window-size=1400,1000"])
        .arg(format!(
            "--user-data-dir={}",
            folder.join("profile").display()
        ))
        .arg(format!("file://{}", file.display()))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let dom = String::from_utf8_lossy(&output.stdout);
    let found = dom
        .split("data-found=\"")
        .nth(1)
        .and_then(|rest| rest.split('"').next());
    let expected = format!(
        "width={width} fits=true word={word} closed=true opened=true text=true fits-open=true \
         closed-again=true well=true well-hidden=true coloured=true loaded=0"
    );
    (found != Some(&expected)).then(|| format!("expected {expected}\nfound    {found:?}"))
}
