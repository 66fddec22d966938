//! The order in which the threads of asynchronous calls run does not change the verdicts of the
//! official scripts.
//!
//! `SEAM_SUITES` names the folder with the suites; they are not part of this repository.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use async_trait::async_trait;
use seam_core::{
    Artifact, Backend, BackendInfo, Failed, Instance, Interface, Program, Result, World,
};
use seam_tests::suite::{FileReport, Kind, Suite, Target, run_here};
use seam_wasmi::Wasmi;

const SEEDS: u64 = 100;

/// A script that relies on an order which the specification leaves open: calls that wait for two
/// instances number themselves when they start, and the script expects them in the order of the calls.
const IN_ORDER: &str = "async/async-calls-sync.wast";

/// A backend whose worlds have this seed of the schedule.
struct Seeded<'a>(&'a Wasmi, u64);

struct SeededProgram(Box<dyn Program>, u64);

#[async_trait]
impl Backend for Seeded<'_> {
    fn info(&self) -> &BackendInfo {
        self.0.info()
    }

    async fn load(&self, artifact: &Artifact) -> Result<Box<dyn Program>> {
        let program = self.0.load(artifact).await?;
        Ok(Box::new(SeededProgram(program, self.1)))
    }
}

#[async_trait]
impl Program for SeededProgram {
    fn interface(&self) -> &Interface {
        self.0.interface()
    }

    async fn instantiate(&self, world: &World) -> Result<Box<dyn Instance>, Failed> {
        let seeded = world.clone().schedule_seed(self.1);
        self.0.instantiate(&seeded).await
    }
}

/// Runs a script with every seed, and describes the first verdict that differs from that without a
/// seed.
fn difference(wasmi: &Wasmi, suite: &Suite, file: &str) -> Option<String> {
    let script = suite.folder.join(file);
    let run = |backend: &dyn Backend| run_here(Target::component(backend), &script).unwrap();
    let first = run(wasmi);
    assert!(first.passed > 0, "{file}: nothing was run");
    let mut reports = (0..SEEDS).map(|seed| (seed, run(&Seeded(wasmi, seed))));
    let differs = |(_, report): &(u64, FileReport)| *report != first;
    let (seed, found) = reports.find(differs)?;
    Some(format!(
        "{file}, seed {seed}: {found:?} instead of {first:?}"
    ))
}

#[test]
fn official_scripts_end_alike_in_every_order() {
    let folder = std::env::var_os("SEAM_SUITES").filter(|folder| !folder.is_empty());
    let Some(folder) = folder else {
        println!("skipped: SEAM_SUITES names no folder with the official suites");
        return;
    };
    let suites = Suite::find(&folder).unwrap();
    let suite = suites.iter().find(|suite| suite.kind == Kind::Component);
    let suite = suite.unwrap();
    let files = suite.files.iter().filter(|file| file.starts_with("async/"));
    let files: Vec<&String> = files.filter(|file| *file != IN_ORDER).collect();
    assert!(files.len() > 30, "found {} scripts", files.len());
    // Without re-entry, glue makes the calls.
    let builds = [Wasmi::new(), Wasmi::builder().without_reentry().build()];
    let files = &files;
    let found: Vec<String> = std::thread::scope(|scope| {
        let differences = |build| {
            let found = files.iter().map(move |file| difference(build, suite, file));
            found.flatten().collect::<Vec<_>>()
        };
        let running = builds
            .each_ref()
            .map(|build| scope.spawn(move || differences(build)));
        running
            .into_iter()
            .flat_map(|one| one.join().unwrap())
            .collect()
    });
    assert!(found.is_empty(), "{}", found.join("\n"));
}
