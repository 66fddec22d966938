//! Typed calls: the same code calls the composition and the fused module.

use seam_core::typed::{Liftable, Own, ResourceName, Typed};
use seam_core::{Artifact, BackendExt, ErrorKind, Instance, InstanceExt, Result, World};

use crate::{backends, fixture, fuse};

/// Runs a test on an instance of the composition and on one of the fused module, on each backend.
fn on_each(
    composed: &Artifact,
    fused: &Artifact,
    test: impl Fn(&mut dyn Instance) -> Result<()>,
) -> Result<()> {
    let fused = fused.clone().with_interface_of(composed);
    for backend in backends() {
        for artifact in [composed, &fused] {
            let mut instance = backend.instantiate_blocking(artifact, &World::new())?;
            test(&mut *instance).map_err(|e| e.during(artifact.name().to_string()))?;
        }
    }
    Ok(())
}

#[derive(Typed, Liftable, Debug, PartialEq)]
struct Note {
    text: String,
    tag: Option<String>,
}

#[derive(Typed, Liftable, Debug, PartialEq)]
enum Measure {
    Absent,
    Whole(i64),
    Part(f64),
    Code(u8),
}

#[test]
fn records_and_variants_cross_the_fused_boundary() -> Result<()> {
    let (composed, fused) = (
        fixture("text/composed.wasm")?,
        fuse(&["text/composed.wasm"])?,
    );
    on_each(&composed, &fused, |text| {
        let note = |text: &str, tag: Option<&str>| Note {
            text: text.into(),
            tag: tag.map(Into::into),
        };
        let notes = vec![note("a", None), note("b", Some("t"))];
        let swapped: Vec<Note> =
            text.call_typed_blocking("test:text/text@0.1.0#swap-tags", (notes,))?;
        let expected = [
            note("front.", Some("front")),
            note("b.", None),
            note("a.", Some("a")),
        ];
        assert_eq!(swapped, expected);
        let half: Measure =
            text.call_typed_blocking("test:text/text@0.1.0#halve", (Measure::Whole(7),))?;
        assert_eq!(half, Measure::Part(3.5));
        let parsed: Result<i64, String> =
            text.call_typed_blocking("test:text/text@0.1.0#parse", ("x1",))?;
        assert_eq!(parsed, Err("not a number: x1!".into()));
        // The type is checked: `calls` returns a `u32`.
        let error = text.call_typed_blocking::<_, u64>("test:text/text@0.1.0#calls", ());
        assert_eq!(error.map_err(|e| e.kind().clone()), Err(ErrorKind::Misuse));
        Ok(())
    })
}

/// Names the resource `bag`.
struct Bag;

impl ResourceName for Bag {
    const NAME: &'static str = "test:lists/store@0.1.0#bag";
}

#[test]
fn resources_move_and_are_destroyed_once() -> Result<()> {
    let (composed, fused) = (
        fixture("lists/composed.wasm")?,
        fuse(&["lists/composed.wasm"])?,
    );
    on_each(&composed, &fused, |lists| {
        let new = "test:lists/store@0.1.0#[constructor]bag";
        let bag: Own<Bag> = lists.call_typed_blocking(new, ("a", vec!["x", "yé"]))?;
        // `desk` is the other component; it borrows the bag and calls `store` with it.
        let label: String =
            lists.call_typed_blocking("test:lists/desk@0.1.0#label", (bag.borrow(),))?;
        assert_eq!(label, "[a: x, yé]");
        let passed: Own<Bag> = lists.call_typed_blocking("test:lists/desk@0.1.0#pass", (&bag,))?;
        // `bag` was given away.
        let name = "test:lists/store@0.1.0#[method]bag.name";
        let error = lists.call_typed_blocking::<_, String>(name, (bag.borrow(),));
        assert_eq!(error.map_err(|e| e.kind().clone()), Err(ErrorKind::Misuse));
        lists.drop_own(passed)?;
        let drops: u32 = lists.call_typed_blocking("test:lists/store@0.1.0#drops", ())?;
        assert_eq!(drops, 1);
        // What is still held here has leaked.
        assert!(lists.held().is_empty());
        Ok(())
    })
}
