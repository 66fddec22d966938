//! Every case in the table of clauses can fail.
//!
//! Each case runs on an implementation that breaks the clause and keeps all others.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod backend;
mod built_in;
mod core_engine;
mod core_store;
mod fault;
mod instance;

use std::sync::Arc;

use seam_component::Layered;
use seam_core::{Backend, Capability, CoreEngine};
use seam_tests::clauses::CLAUSES;
use seam_tests::kit::{Case, On, Subject, Verdict};
use seam_wasmi::Wasmi;
use seam_wasmtime::Wasmtime;

use backend::SabotagedBackend;
use core_engine::SabotagedEngine;
use fault::Fault;

/// The two kinds of build. Some clauses are about capabilities that a plain build lacks.
struct Builds {
    plain: Arc<dyn Backend>,
    plain_engine: Arc<dyn CoreEngine>,
    full: Arc<dyn Backend>,
    full_engine: Arc<dyn CoreEngine>,
    components: Arc<dyn Backend>,
    /// An engine with the proposals that the other engine lacks.
    proposals: Arc<dyn CoreEngine>,
}

impl Builds {
    fn new() -> Self {
        let full = || Wasmi::builder().fuel().deadline();
        Self {
            plain: Arc::new(Wasmi::new()),
            plain_engine: Arc::new(Wasmi::builder().build_engine()),
            full: Arc::new(full().build()),
            full_engine: Arc::new(full().build_engine()),
            components: Arc::new(Wasmtime::new()),
            proposals: Arc::new(Wasmtime::new().engine().clone()),
        }
    }

    /// Returns a build on which the case can pass, with this fault.
    fn subject(&self, case: &Case, fault: Fault) -> Subject {
        let lacks = case.name.contains("not_built_for") || case.name.contains("lacking");
        let (backend, engine) = if lacks {
            (&self.plain, &self.plain_engine)
        } else {
            (&self.full, &self.full_engine)
        };
        let of_components = case.needs.contains(&Capability::Components);
        let has = &self.components.info().capabilities;
        let backend = if of_components && case.needs.iter().all(|needed| has.has(*needed)) {
            &self.components
        } else {
            backend
        };
        let has = &engine.info().capabilities;
        let engine = if case.needs.iter().all(|needed| has.has(*needed)) {
            engine
        } else {
            &self.proposals
        };
        let engine = Arc::new(SabotagedEngine::new(engine.clone(), fault));
        let backend = match case.needs.contains(&Capability::ComponentAsync) {
            // What is asynchronous is easiest to break between the layer and the engine.
            true => Arc::new(Layered::new(SabotagedEngine::new(
                self.full_engine.clone(),
                fault,
            ))),
            false => backend.clone(),
        };
        let backend = SabotagedBackend::new(backend, fault);
        Subject::from_parts(Arc::new(backend), Some(engine))
    }
}

#[test]
fn every_case_fails_on_the_saboteur_of_its_clause() {
    let builds = Builds::new();
    let mut wrong = Vec::new();
    for clause in CLAUSES {
        for check in clause.checks {
            let case = Case::named(check.case).unwrap();
            let fault = Fault::named(check.saboteur);
            let fault = fault.unwrap_or_else(|| panic!("no saboteur {}", check.saboteur));
            let on_store = clause.of.starts_with("Core");
            assert_eq!(on_store, case.on == On::Engine, "{clause}: {}", case.name);
            match case.verdict(&builds.subject(case, fault)) {
                Verdict::Failed(_) => {}
                verdict => wrong.push(format!(
                    "{clause}: {} on {}: {verdict:?}",
                    case.name, check.saboteur
                )),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_case_passes_where_nothing_is_broken() {
    let builds = Builds::new();
    let mut wrong = Vec::new();
    for clause in CLAUSES {
        for check in clause.checks {
            let case = Case::named(check.case).unwrap();
            let verdict = case.verdict(&builds.subject(case, Fault::None));
            if verdict != Verdict::Passed {
                wrong.push(format!("{clause}: {}: {verdict:?}", case.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_saboteur_is_in_the_table() {
    for fault in Fault::ALL.iter().filter(|fault| **fault != Fault::None) {
        let used = CLAUSES
            .iter()
            .flat_map(|clause| clause.checks)
            .any(|check| Fault::named(check.saboteur) == Some(*fault));
        assert!(used, "{fault:?}");
    }
}

#[cfg(feature = "wasi")]
#[test]
fn every_case_of_the_hermetic_wasi_fails_where_it_should() {
    let wasmi: Arc<dyn Backend> = Arc::new(Wasmi::new());
    let mut cases = 0;
    for case in seam_tests::kit::cases() {
        if case.area != "hermetic wasi" {
            continue;
        }
        cases += 1;
        let verdict = |fault| {
            let backend = SabotagedBackend::new(wasmi.clone(), fault);
            case.verdict(&Subject::from_parts(Arc::new(backend), None))
        };
        assert_eq!(verdict(Fault::None), Verdict::Passed, "{}", case.name);
        // Only golden data contains the host calls, and a reactor does not run.
        let records = case.name.ends_with("golden") || case.name.ends_with("what_components_see");
        let shows = case.name.ends_with("shown_as_themselves");
        // Calls exports with a result, and has no entry.
        let calls = case.name.contains("_requests_");
        for (fault, fails) in [
            (Fault::RunsNothing, !shows && !calls),
            (Fault::RecordsNothing, records),
            (Fault::ShowsAnInstanceTooMany, shows),
        ] {
            let failed = matches!(verdict(fault), Verdict::Failed(_));
            assert_eq!(failed, fails, "{} on {fault:?}", case.name);
        }
        let without = verdict(Fault::ForgetsDefinitions);
        let failed = matches!(without, Verdict::Failed(_));
        assert!(failed || !calls, "{}", case.name);
    }
    assert!(cases > 10, "{cases}");
}
