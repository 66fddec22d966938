//! Scenarios in folders of their own.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use seam_core::{Backend, Result};
use seam_diff::scenario::{Bless, Options, Outcome, Prepared, Scenario};
use seam_wasmi::Wasmi;
use seam_wasmtime::Wasmtime;

/// A folder that is gone when the test ends.
pub(crate) struct Folder(PathBuf);

/// A module with arithmetic, a trap and a counter.
pub(crate) const CALC: &str = r#"(module
    (global $calls (export "calls") (mut i32) (i32.const 0))
    (func (export "add") (param i32 i32) (result i32)
        (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
        (i32.add (local.get 0) (local.get 1)))
    (func (export "trap") unreachable)
    (func (export "nothing"))
    (func (export "spin") (loop $again (br $again)))
    (func (export "both") (param v128 f32) (result f32 v128) (local.get 1) (local.get 0)))"#;

/// The start of a scenario about [`CALC`], to which steps are added.
pub(crate) const HEAD: &str = "schema = 1\n[[artifact]]\nfile = \"calc.wat\"\n";

impl Folder {
    pub(crate) fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("scenario-{}-{number}", std::process::id());
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::create_dir_all(&folder).unwrap();
        let folder = Self(folder);
        folder.write("calc.wat", CALC);
        folder
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    /// Reads and checks a scenario of this text.
    pub(crate) fn prepare(&self, text: &str) -> Result<Prepared> {
        self.write("s.scenario.toml", text);
        Scenario::read(self.path("s.scenario.toml"))?.prepare()
    }

    /// Returns the error for a scenario of this text, without the folder.
    pub(crate) fn refused(&self, text: &str) -> String {
        let error = match self.prepare(text) {
            Ok(_) => panic!("expected an error for:\n{text}"),
            Err(error) => error.to_string(),
        };
        error.replace(&format!("{}/", self.0.display()), "")
    }

    /// Runs a scenario of this text on both engines and blesses it, so that it has a golden.
    pub(crate) fn bless(&self, text: &str) -> Outcome {
        let outcome = self.run(text, &both(), Some(Bless::Agreement));
        if let Some(golden) = &outcome.blessed {
            self.write("s.golden.json", golden);
        }
        outcome
    }

    /// Runs a scenario of this text against its golden.
    pub(crate) fn check(&self, text: &str) -> Outcome {
        self.run(text, &both(), None)
    }

    pub(crate) fn run(
        &self,
        text: &str,
        backends: &[Box<dyn Backend>],
        bless: Option<Bless>,
    ) -> Outcome {
        let prepared = self.prepare(text).unwrap();
        let backends: Vec<&dyn Backend> = backends.iter().map(Box::as_ref).collect();
        let mut options = Options::default();
        options.bless = bless;
        prepared.run(&backends, &options, |_| {})
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Returns two engines that share nothing.
pub(crate) fn both() -> Vec<Box<dyn Backend>> {
    vec![Box::new(Wasmtime::new()), Box::new(Wasmi::new())]
}

/// Returns the head with these steps.
pub(crate) fn steps(steps: &str) -> String {
    format!("{HEAD}{steps}\n")
}
