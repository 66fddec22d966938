#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "tests")]

use super::*;
use crate::Step;
use crate::testing::{COMPONENT, MODULE, observation};
use seam_core::{
    Capability, CoreSnapshot, CoreValue, Handle, Limit, Origin, Resource, ResourceType, Snapshot,
    Type, Value,
};

fn seen(ended: impl IntoIterator<Item = Ended>) -> Observation {
    of_kind(COMPONENT, ended)
}

fn of_kind(header: &[u8], ended: impl IntoIterator<Item = Ended>) -> Observation {
    let mut seen = observation("a", header, "b");
    seen.steps = ended
        .into_iter()
        .map(|ended| Seen {
            step: Step::Run.to_string(),
            ended,
            ty: None,
        })
        .collect();
    seen
}

fn returned(value: i32) -> Ended {
    Ended::Returned(Some(Value::S32(value)))
}

fn same(left: &Observation, right: &Observation) -> Verdict {
    let verdict = compare(left, right, Comparison::SameArtifact);
    let mirrored = compare(right, left, Comparison::SameArtifact);
    assert_eq!(
        verdict.is_match(),
        mirrored.is_match(),
        "{verdict} {mirrored}"
    );
    verdict
}

fn open(verdict: &Verdict) -> Option<Open> {
    match verdict {
        Verdict::Inconclusive(why) => Some(why.reason),
        _ => None,
    }
}

fn with_globals(globals: &[(&str, CoreValue)]) -> Observation {
    let globals = globals
        .iter()
        .map(|(name, value)| (name.to_string(), *value));
    let mut seen = seen([]);
    seen.state = Some(Snapshot {
        instances: vec![CoreSnapshot {
            path: seam_core::CorePath::new([0]),
            module: None,
            origin: Origin::Main,
            globals: globals.collect(),
            memories: Default::default(),
        }],
    });
    seen
}

#[test]
fn equal_runs_match_regardless_of_fuel() {
    let (mut left, right) = (seen([returned(5)]), seen([returned(5)]));
    left.fuel = Some(7);
    assert_eq!(same(&left, &right), Verdict::Match);
}

#[test]
fn the_first_difference_is_printed_for_a_person() {
    let left = seen([returned(1), returned(2)]);
    let right = seen([returned(1), Ended::Trapped(Trap::Unreachable)]);
    let expected = "diverged at step 2, run: 2 | trap: unreachable";
    assert_eq!(same(&left, &right).to_string(), expected);
    let mut printed = seen([returned(1)]);
    printed.stdout = b"hello".to_vec();
    let mut other = printed.clone();
    other.stdout = b"help".to_vec();
    let expected = r#"diverged at stdout, byte 3: "lo" | "p""#;
    assert_eq!(same(&printed, &other).to_string(), expected);
}

#[test]
fn the_state_that_the_world_shows_is_compared() {
    let with_files = |names: &[&str]| {
        let files = Value::list(names.iter().map(|name| (*name).into()));
        let mut seen = seen([returned(1)]);
        seen.artefacts = BTreeMap::from([("files".to_string(), files)]);
        seen
    };
    let left = with_files(&["/a", "/b"]);
    assert_eq!(same(&left, &with_files(&["/a", "/b"])), Verdict::Match);
    let verdict = same(&left, &with_files(&["/a", "/c"])).to_string();
    assert!(verdict.contains("files, element 1"), "{verdict}");
    assert!(
        verdict.contains("/b") && verdict.contains("/c"),
        "{verdict}"
    );
    let verdict = same(&left, &with_files(&["/a"])).to_string();
    assert!(verdict.contains("none"), "{verdict}");
    assert!(!same(&left, &seen([returned(1)])).is_match());
}

#[test]
fn causes_of_traps_are_compared_for_one_artifact_but_not_for_a_fusion() {
    let left = seen([Ended::Trapped(Trap::Unreachable)]);
    let right = seen([Ended::Trapped(Trap::MemoryOutOfBounds)]);
    assert!(matches!(same(&left, &right), Verdict::Diverged(_)));
    assert_eq!(compare(&left, &right, Comparison::Fusion), Verdict::Match);
}

#[test]
fn causes_with_one_code_in_an_engine_match() {
    let trapped = |trap: Trap| seen([Ended::Trapped(trap)]);
    let list = |trap: CanonTrap| trapped(Trap::Canon(trap));
    let (called, accessed) = (Trap::UndefinedElement, Trap::TableOutOfBounds);
    assert_eq!(same(&trapped(called), &trapped(accessed)), Verdict::Match);
    let list_end = list(CanonTrap::ListOutOfBounds);
    let realloc = list(CanonTrap::ReallocOutOfBounds);
    assert_eq!(same(&realloc, &list_end), Verdict::Match);
    let other = trapped(Trap::UndefinedElement);
    assert!(matches!(same(&list_end, &other), Verdict::Diverged(_)));
}

#[test]
fn unspecified_behaviour_is_inconclusive() {
    for (ended, reason) in [
        (Ended::Trapped(Trap::StackExhausted), Open::StackDepth),
        (Ended::Limited(Limit::Fuel), Open::FuelPoint),
        (Ended::Limited(Limit::Deadline), Open::DeadlinePoint),
        (Ended::Trapped(Trap::AllocationTooLarge), Open::OutOfMemory),
        (
            Ended::Unsupported(Capability::Gc, String::new()),
            Open::Unsupported(Capability::Gc),
        ),
    ] {
        let verdict = same(&seen([ended.clone()]), &seen([returned(1)]));
        assert_eq!(open(&verdict), Some(reason), "{ended}");
    }
    // Both stopped at a point of their own, so differences in what they left behind do not
    // count.
    let ended = || [Ended::Trapped(Trap::StackExhausted)];
    let (mut left, right) = (seen(ended()), seen(ended()));
    assert_eq!(same(&left, &right), Verdict::Match);
    left.stdout = b"x".to_vec();
    assert_eq!(open(&same(&left, &right)), Some(Open::StackDepth));
    // A difference before this point counts.
    let left = seen([returned(1), Ended::Trapped(Trap::StackExhausted)]);
    let right = seen([returned(2), Ended::Trapped(Trap::StackExhausted)]);
    assert!(matches!(same(&left, &right), Verdict::Diverged(_)));
}

#[test]
fn what_follows_a_point_of_the_engines_own_is_inconclusive_too() {
    let stack = || Ended::Trapped(Trap::StackExhausted);
    let verdict = same(&seen([stack(), returned(1)]), &seen([stack(), returned(2)]));
    assert_eq!(open(&verdict), Some(Open::StackDepth), "{verdict}");
    let trap = || Ended::Trapped(Trap::Unreachable);
    let verdict = same(&seen([trap(), returned(1)]), &seen([trap(), returned(2)]));
    assert!(matches!(verdict, Verdict::Diverged(_)), "{verdict}");
}

#[test]
fn values_that_print_alike_are_shown_with_their_types() {
    let typed = |header: &[u8], value: Value, ty: Type| {
        let mut seen = of_kind(header, [Ended::Returned(Some(value))]);
        seen.steps[0].ty = Some(ty);
        seen
    };
    let unsigned = typed(COMPONENT, Value::U32(42), Type::U32);
    let signed = typed(COMPONENT, Value::S32(42), Type::S32);
    let verdict = compare(&unsigned, &signed, Comparison::Fusion);
    let expected = "diverged at step 1, run: 42 (u32) | 42 (s32)";
    assert_eq!(verdict.to_string(), expected);
    // A module without an interface knows only its core types, so the comparison is undecided.
    let fused = typed(MODULE, Value::S32(42), Type::S32);
    let verdict = compare(&unsigned, &fused, Comparison::Fusion);
    assert_eq!(open(&verdict), Some(Open::CoreTypes));
    assert!(
        verdict.to_string().contains("42 (u32) | 42 (s32)"),
        "{verdict}"
    );
    // Values of the same type are compared.
    let other = typed(MODULE, Value::U32(43), Type::U32);
    let verdict = compare(&unsigned, &other, Comparison::Fusion);
    assert!(matches!(verdict, Verdict::Diverged(_)), "{verdict}");
}

#[test]
fn bits_of_a_nan_are_inconclusive_and_other_bits_diverge() {
    let vector = |bits: u128| with_globals(&[("v", CoreValue::V128(bits))]);
    let verdict = same(&vector(0x7fc0_0000), &vector(0xffc0_0001));
    assert_eq!(open(&verdict), Some(Open::NanBits));
    let verdict = same(&vector(0x3f80_0000), &vector(0x4000_0000));
    assert!(matches!(verdict, Verdict::Diverged(_)), "{verdict}");
}

#[test]
fn a_fusion_preserves_globals_by_name() {
    let one = CoreValue::I64(1);
    let left = with_globals(&[("count", one), ("other", one)]);
    let right = with_globals(&[("count$1", one), ("made", CoreValue::I64(7))]);
    assert_eq!(compare(&left, &right, Comparison::Fusion), Verdict::Match);
    let wrong = with_globals(&[("count$1", CoreValue::I64(2))]);
    assert!(!compare(&left, &wrong, Comparison::Fusion).is_match());
}

#[test]
fn a_fusion_into_one_memory_drops_the_second_global_of_a_name() {
    let (one, two) = (CoreValue::I64(1), CoreValue::I64(2));
    let left = with_globals(&[("count", one), ("count$2", two)]);
    let fusion = |globals: &[(&str, CoreValue)]| {
        compare(&left, &with_globals(globals), Comparison::Fusion).is_match()
    };
    assert!(fusion(&[("count", two)]));
    assert!(fusion(&[("count", two), ("count$4", one)]));
    assert!(!fusion(&[("count", CoreValue::I64(3))]));
    assert!(!fusion(&[("count", two), ("count$4", two)]));
    assert!(!fusion(&[
        ("count", one),
        ("count$2", two),
        ("count$4", two)
    ]));
}

fn holding(header: &[u8], ordinals: &[u32]) -> Observation {
    let resource = |ordinal: &u32| {
        let handle = Handle::new(u64::from(header[4]), *ordinal, 0, *ordinal);
        Resource::guest(ResourceType::new("a:b/c#counter"), handle)
    };
    let mut seen = of_kind(header, [returned(1)]);
    seen.held = Some(ordinals.iter().map(resource).collect());
    seen
}

#[test]
fn a_leak_in_one_of_two_runs_diverges() {
    let (two, one) = (holding(COMPONENT, &[0, 1]), holding(COMPONENT, &[1]));
    assert_eq!(same(&two, &holding(COMPONENT, &[0, 1])), Verdict::Match);
    let expected = "diverged at end, resources that the host holds: own<#0> of a:b/c#counter, \
                    own<#1> of a:b/c#counter | own<#1> of a:b/c#counter";
    assert_eq!(same(&two, &one).to_string(), expected);
    assert!(!same(&one, &holding(COMPONENT, &[])).is_match());
    let fused = |ordinals| compare(&two, &holding(MODULE, ordinals), Comparison::Fusion);
    assert_eq!(fused(&[0, 1]), Verdict::Match);
    assert!(matches!(fused(&[0]), Verdict::Diverged(_)));
    // After a step that did not return, it is not known what is held.
    let mut unknown = two.clone();
    unknown.held = None;
    assert_eq!(same(&two, &unknown), Verdict::Match);
}

#[test]
fn an_export_that_could_not_be_bound_says_nothing_about_the_fusion() {
    let link = || Ended::Failed("link", "expected one `f`, found `f`, `f$2`".into());
    let (left, right) = (seen([returned(1)]), of_kind(MODULE, [link()]));
    let verdict = compare(&left, &right, Comparison::Fusion);
    assert_eq!(open(&verdict), Some(Open::Undecided), "{verdict}");
    assert!(
        verdict.to_string().contains("found `f`, `f$2`"),
        "{verdict}"
    );
    let verdict = compare(&left, &seen([link()]), Comparison::SameArtifact);
    assert!(matches!(verdict, Verdict::Diverged(_)), "{verdict}");
}

#[test]
fn a_verdict_serializes_for_reports() {
    let verdict = same(&seen([returned(1)]), &seen([returned(2)]));
    let json = serde_json::to_string(&verdict).unwrap();
    let expected = r#"{"verdict":"diverged","at":"step 1, run","left":"1","right":"2","step":0}"#;
    assert_eq!(json, expected);
    let json = serde_json::to_string(&seen([returned(1)])).unwrap();
    assert!(
        json.contains(r#""steps":[{"step":"run","ended":{"returned":"1"}}]"#),
        "{json}"
    );
}
