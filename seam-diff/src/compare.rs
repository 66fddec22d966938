//! Compares two observations.

use std::collections::BTreeMap;

use seam_core::{CanonTrap, HostCallRecord, Snapshot, Trap, Value};

use crate::{Ended, Observation, Open, Seen, Verdict, state};

/// How strictly two observations are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Comparison {
    /// For one artifact on two backends: compares everything.
    SameArtifact,
    /// For two artifacts, one fused from the other: compares what a fusion must preserve.
    Fusion,
}

impl Comparison {
    /// Returns how two runs are compared: in everything if the artifacts' bytes are equal,
    /// otherwise as a fusion.
    #[must_use]
    pub fn of(left: &Observation, right: &Observation) -> Self {
        match left.artifact.bytes() == right.artifact.bytes() {
            true => Self::SameArtifact,
            false => Self::Fusion,
        }
    }
}

/// Returns the first significant difference between two observations.
#[must_use]
pub fn compare(left: &Observation, right: &Observation, by: Comparison) -> Verdict {
    let parts: [&dyn Fn() -> Verdict; 2] =
        [&|| loading(left, right, by), &|| steps(left, right, by)];
    if let Some(difference) = first(&parts) {
        return difference;
    }
    // Both ended alike. If each stopped at a point of its own, their effects may differ.
    let open = left.endings().find_map(Ended::open);
    let parts: [&dyn Fn() -> Verdict; 6] = [
        &|| host_calls(&left.host_calls, &right.host_calls, by),
        &|| bytes("stdout", &left.stdout, &right.stdout),
        &|| bytes("stderr", &left.stderr, &right.stderr),
        &|| artefacts(&left.artefacts, &right.artefacts),
        &|| held(left, right),
        &|| rest(left, right, by),
    ];
    match (first(&parts), open) {
        (Some(Verdict::Diverged(difference)), Some(reason)) => Verdict::open(reason, difference),
        (Some(difference), _) => difference,
        // What neither backend supports was not observed.
        (None, Some(reason @ Open::Unsupported(capability))) => Verdict::open(reason, capability),
        (None, _) => Verdict::Match,
    }
}

/// Returns the first verdict that is not a match.
fn first(parts: &[&dyn Fn() -> Verdict]) -> Option<Verdict> {
    let mut verdicts = parts.iter().map(|part| part());
    verdicts.find(|verdict| !verdict.is_match())
}

fn loading(left: &Observation, right: &Observation, by: Comparison) -> Verdict {
    match (&left.failed, &right.failed) {
        (None, None) => Verdict::Match,
        (Some(left), Some(right)) => endings("instantiation", left, right, by),
        (left, right) => {
            let text = |ended: &Option<Ended>| match ended {
                Some(ended) => ended.to_string(),
                None => "an instance".into(),
            };
            let (l, r) = (text(left), text(right));
            match left.iter().chain(right).find_map(Ended::open) {
                Some(reason) => Verdict::open(reason, format!("instantiation: {l} | {r}")),
                None => Verdict::diverged("instantiation", l, r),
            }
        }
    }
}

fn steps(left: &Observation, right: &Observation, by: Comparison) -> Verdict {
    // If both ended a step at a point of their own, later observations may differ.
    let mut open = None;
    for (index, (l, r)) in left.steps.iter().zip(&right.steps).enumerate() {
        let at = format!("step {}, {}", index + 1, l.step);
        let untyped = by == Comparison::Fusion && (left.has_core_types() || right.has_core_types());
        let verdict = match differing_types(l, r) {
            Some((l, r)) if untyped => Verdict::open(Open::CoreTypes, format!("{at}: {l} | {r}")),
            Some((l, r)) => Verdict::diverged(at, l, r),
            None => endings(&at, &l.ended, &r.ended, by),
        };
        match (verdict, open) {
            (Verdict::Match, _) => open = open.or(l.ended.open()),
            (Verdict::Diverged(difference), Some(reason)) => {
                return Verdict::open(reason, difference);
            }
            (verdict, _) => return verdict,
        }
    }
    let (l, r) = (left.steps.len(), right.steps.len());
    if l == r {
        return Verdict::Match;
    }
    Verdict::diverged("number of steps", l.to_string(), r.to_string())
}

/// Returns two results, each with its type if the types differ, because such values may print
/// alike.
fn differing_types(left: &Seen, right: &Seen) -> Option<(String, String)> {
    let (Ended::Returned(Some(l)), Ended::Returned(Some(r))) = (&left.ended, &right.ended) else {
        return None;
    };
    if l == r || left.ty == right.ty {
        return None;
    }
    let typed = |value: &Value, seen: &Seen| match &seen.ty {
        Some(ty) => format!("{value} ({ty})"),
        None => format!("{value} ({})", value.kind()),
    };
    Some((typed(l, left), typed(r, right)))
}

fn endings(at: &str, left: &Ended, right: &Ended, by: Comparison) -> Verdict {
    let same = match (left, right) {
        (Ended::Snapshot(left), Ended::Snapshot(right)) => {
            return snapshots(at, left, right, by);
        }
        // A fused module implements the traps of the canonical ABI itself, so causes may differ.
        (Ended::Trapped(_), Ended::Trapped(_)) if by == Comparison::Fusion => true,
        (Ended::Trapped(Trap::Other(l)), Ended::Trapped(Trap::Other(r))) if l != r => {
            return Verdict::open(Open::UnnamedTrap, format!("{at}: {l} | {r}"));
        }
        (Ended::Trapped(left), Ended::Trapped(right)) => left == right || one_code(left, right),
        // Messages of engines are not observations, but messages of the world's functions are.
        (Ended::Failed(l, left), Ended::Failed(r, right)) => {
            l == r && (*l != "host" || left == right)
        }
        (left, right) => left == right,
    };
    if same {
        return Verdict::Match;
    }
    let (l, r) = (left.to_string(), right.to_string());
    // The seam could not decide what an export of the fused module uses, so it did not call it.
    let undecided = |ended: &Ended| matches!(ended, Ended::Failed("link", _));
    if by == Comparison::Fusion && undecided(left) != undecided(right) {
        return Verdict::open(Open::Undecided, format!("{at}: {l} | {r}"));
    }
    match left.open().or(right.open()) {
        Some(reason) => Verdict::open(reason, format!("{at}: {l} | {r}")),
        None => Verdict::diverged(at, l, r),
    }
}

/// Returns whether an engine has one code for both causes, so that it cannot distinguish them.
///
/// wasmi has one code for a call and for an access beyond the end of a table. Between two
/// components, wasmtime has one code for a list and for the result of `realloc` for this list.
fn one_code(left: &Trap, right: &Trap) -> bool {
    const TABLE: [Trap; 2] = [Trap::UndefinedElement, Trap::TableOutOfBounds];
    const LIST: [Trap; 2] = [
        Trap::Canon(CanonTrap::ListOutOfBounds),
        Trap::Canon(CanonTrap::ReallocOutOfBounds),
    ];
    [TABLE, LIST]
        .iter()
        .any(|causes| causes.contains(left) && causes.contains(right))
}

fn host_calls(left: &[HostCallRecord], right: &[HostCallRecord], by: Comparison) -> Verdict {
    let same = |l: &HostCallRecord, r: &HostCallRecord| match by {
        Comparison::SameArtifact => l == r,
        Comparison::Fusion => {
            l.name.track() == r.name.track() && l.args == r.args && l.result == r.result
        }
    };
    let text = |call: Option<&HostCallRecord>| match call {
        None => "none".to_string(),
        Some(HostCallRecord { name, args, result }) => {
            let args: Vec<String> = args.iter().map(ToString::to_string).collect();
            let result = match result {
                Ok(None) => "()".to_string(),
                Ok(Some(value)) => value.to_string(),
                Err(message) => format!("error: {message}"),
            };
            format!("{name}({}) -> {result}", args.join(", "))
        }
    };
    for index in 0..left.len().max(right.len()) {
        let (l, r) = (left.get(index), right.get(index));
        if !matches!((l, r), (Some(l), Some(r)) if same(l, r)) {
            return Verdict::diverged(format!("host call {}", index + 1), text(l), text(r));
        }
    }
    Verdict::Match
}

/// Compares bytes of output. A difference is shown from the first differing byte on.
fn bytes(what: &str, left: &[u8], right: &[u8]) -> Verdict {
    if left == right {
        return Verdict::Match;
    }
    let equal = left.iter().zip(right).take_while(|(l, r)| l == r).count();
    let show = |bytes: &[u8]| {
        let rest = bytes.get(equal..).unwrap_or_default();
        let shown = rest.get(..40).unwrap_or(rest);
        match rest.len() {
            0 => "the end".to_string(),
            len if len > shown.len() => format!("{:?}...", String::from_utf8_lossy(shown)),
            _ => format!("{:?}", String::from_utf8_lossy(shown)),
        }
    };
    Verdict::diverged(format!("{what}, byte {equal}"), show(left), show(right))
}

/// Compares the state that the world shows. For lists, the first differing elements are shown.
fn artefacts(left: &BTreeMap<String, Value>, right: &BTreeMap<String, Value>) -> Verdict {
    let text = |value: Option<&Value>| match value {
        None => "none".to_string(),
        Some(value) => {
            let text: String = value.to_string().chars().take(80).collect();
            text
        }
    };
    for name in left.keys().chain(right.keys()) {
        let (l, r) = (left.get(name), right.get(name));
        if l == r {
            continue;
        }
        let (Some(Value::List(l)), Some(Value::List(r))) = (l, r) else {
            return Verdict::diverged(name, text(l), text(r));
        };
        let index = l.iter().zip(r.iter()).take_while(|(l, r)| l == r).count();
        let (l, r) = (l.at(index), r.at(index));
        let at = format!("{name}, element {index}");
        return Verdict::diverged(at, text(l.as_ref()), text(r.as_ref()));
    }
    Verdict::Match
}

/// Compares the resources that the host still owns. A difference is a leak or a lost resource.
fn held(left: &Observation, right: &Observation) -> Verdict {
    let (Some(l), Some(r)) = (&left.held, &right.held) else {
        return Verdict::Match;
    };
    if l == r {
        return Verdict::Match;
    }
    let text = |seen: &Observation| match seen.held_text().as_slice() {
        [] => "none".to_string(),
        held => held.join(", "),
    };
    Verdict::diverged(
        "end, resources that the host holds",
        text(left),
        text(right),
    )
}

fn snapshots(at: &str, left: &Snapshot, right: &Snapshot, by: Comparison) -> Verdict {
    match by {
        Comparison::SameArtifact => state::same_artifact(at, left, right),
        Comparison::Fusion => state::fusion(at, left, right),
    }
}

/// Compares the state that the instances leave behind.
fn rest(left: &Observation, right: &Observation, by: Comparison) -> Verdict {
    if by == Comparison::SameArtifact && left.unused_stubs != right.unused_stubs {
        let text = |seen: &Observation| {
            let names: Vec<String> = seen.unused_stubs.iter().map(ToString::to_string).collect();
            names.join(", ")
        };
        return Verdict::diverged("unused stubs", text(left), text(right));
    }
    match (&left.state, &right.state) {
        (Some(left), Some(right)) => snapshots("end", left, right, by),
        // There is nothing to compare if a backend cannot see inside the artifact.
        _ => Verdict::Match,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::Step;
    use crate::testing::{COMPONENT, MODULE, observation};
    use seam_core::{
        Capability, CoreSnapshot, CoreValue, Handle, Limit, Origin, Resource, ResourceType,
        Snapshot, Type, Value,
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
        let expected = r#"{"verdict":"diverged","at":"step 1, run","left":"1","right":"2"}"#;
        assert_eq!(json, expected);
        let json = serde_json::to_string(&seen([returned(1)])).unwrap();
        assert!(
            json.contains(r#""steps":[{"step":"run","ended":{"returned":"1"}}]"#),
            "{json}"
        );
    }
}
