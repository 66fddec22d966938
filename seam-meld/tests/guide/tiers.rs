//! A fused module does what its composition does.

use seam_core::{Artifact, Result, World};
use seam_diff::{Ended, Observation, Report, Run, Step};
use seam_wasi::Wasi;

use crate::{backends, fixture, fuse};

/// Performs the steps on the composition and on the fused module, on each backend, and compares all
/// runs with the first.
pub(crate) fn assert_alike(
    composed: &Artifact,
    fused: &Artifact,
    world: &World,
    steps: &[Step],
) -> Report {
    let fused = fused.clone().with_interface_of(composed);
    let backends = backends();
    let on_each = |artifact| backends.iter().map(move |b| Run::new(artifact, &**b));
    let runs: Vec<Run> = on_each(composed).chain(on_each(&fused)).collect();
    let report = Report::of(&runs, world, steps);
    let causes = &report.attributions;
    assert!(report.verdict.is_match(), "{}: {causes:?}", report.verdict);
    // Two runs that trap alike match too.
    for ended in report.observations.iter().flat_map(Observation::endings) {
        let well = matches!(ended, Ended::Returned(_) | Ended::Exited(0));
        assert!(well, "{ended:?}");
    }
    report
}

/// Tier A: the exit code and both output streams, in one deterministic WASI.
#[test]
fn a_command_does_the_same_when_fused() -> Result<()> {
    let composed = fixture("wasi/composed.wasm")?;
    let wasi = Wasi::hermetic()
        .args(["command", "one", "two words"])
        .env("A", "1");
    let world = wasi.add_to(World::new())?;
    let fused = fuse(&["wasi/composed.wasm"])?;
    let report = assert_alike(&composed, &fused, &world, &[Step::Run]);
    let stdout = String::from_utf8_lossy(&report.observations[0].stdout).into_owned();
    assert!(stdout.starts_with("2 arguments\n1 one\n"), "{stdout}");
    Ok(())
}

/// Tier B: meld gets the composition, or its components.
#[test]
fn a_composition_does_the_same_when_fused() -> Result<()> {
    let composed = fixture("text/composed.wasm")?;
    let steps = [
        Step::invoke("test:text/text@0.1.0#shout", ["héllo".into()]),
        Step::invoke("test:text/text@0.1.0#calls", []),
        Step::invoke("test:text/base@0.1.0#upper", ["straße".into()]),
    ];
    for inputs in [
        &["text/composed.wasm"][..],
        &["text/back.wasm", "text/front.wasm"],
    ] {
        assert_alike(&composed, &fuse(inputs)?, &World::new(), &steps);
    }
    Ok(())
}
