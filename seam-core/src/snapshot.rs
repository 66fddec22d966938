//! Snapshots of the state of an instance that is visible from outside.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use twox_hash::XxHash3_64;

use crate::{CoreExternType, CorePath, CoreValue, Globals};

/// A core instance of a running instance.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct CoreInstance {
    /// Position in the artifact.
    pub path: CorePath,
    /// Name of its module, from the name section.
    pub module: Option<String>,
    /// How the instance came about.
    pub origin: Origin,
    /// Name and type of each export, in declaration order.
    pub exports: Vec<(Arc<str>, CoreExternType)>,
}

/// How a core instance came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// It belongs to the artifact as given.
    Main,
    /// It is the official preview1 adapter, with which the artifact was wrapped.
    Adapter,
    /// It is a shim that this wrapping added.
    Shim,
}

/// What a [`Snapshot`] contains.
///
/// The default is all exported globals of all `Main` instances, and no memories.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Query {
    /// Include only globals whose export name starts with this prefix.
    pub prefix: Option<String>,
    /// How to include exported memories.
    pub memories: Memories,
    /// Include adapter and shim instances too.
    pub all_origins: bool,
}

/// How a [`Query`] includes exported memories.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Memories {
    /// Not at all.
    #[default]
    None,
    /// With size and digest.
    Digest,
    /// With size, digest and all bytes.
    Bytes,
}

impl Query {
    /// Creates a query for all exported globals of all `Main` instances.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Restricts the query to globals whose export name starts with `prefix`.
    #[must_use]
    pub fn with_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = Some(prefix.into());
        self
    }

    /// Sets [`Query::memories`].
    #[must_use]
    pub fn with_memories(mut self, memories: Memories) -> Self {
        self.memories = memories;
        self
    }

    /// Returns whether the query includes a global with this name.
    #[must_use]
    pub fn takes(&self, global: &str) -> bool {
        self.prefix
            .as_deref()
            .is_none_or(|prefix| global.starts_with(prefix))
    }
}

/// The exported state of an instance's core instances, in the order of their instantiation.
///
/// # Contract
/// 1. It contains every exported global of every type under its export name, with unchanged bits.
///    (kit: `snapshots_show_exported_globals`, `snapshots_show_vectors_and_references`)
/// 2. It contains exactly what the [`Query`] selects. (kit: `snapshots_take_what_the_query_asks`)
/// 3. Memories contain the bytes at the time of the snapshot, with their size and digest. (kit:
///    `snapshots_take_memories`)
/// 4. The counters of each core instance inside a component are separate. (kit:
///    `counters_inside_components_are_seen`)
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Snapshot {
    /// One entry for each core instance, even if it exports nothing that the query includes.
    pub instances: Vec<CoreSnapshot>,
}

/// The exported state of one core instance.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct CoreSnapshot {
    /// Position in the artifact.
    pub path: CorePath,
    /// Name of its module.
    pub module: Option<String>,
    /// How the instance came about.
    pub origin: Origin,
    /// Value of each exported global, by export name.
    pub globals: Globals,
    /// Each exported memory, by export name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub memories: BTreeMap<String, MemorySnapshot>,
}

/// The state of a memory at one point in time.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct MemorySnapshot {
    /// Size in bytes.
    pub size: u64,
    /// Hash of the bytes.
    pub digest: Digest,
    /// The bytes, if the query includes them.
    #[serde(skip)]
    pub bytes: Option<Vec<u8>>,
}

impl MemorySnapshot {
    /// Creates a snapshot of a memory. It includes the bytes themselves if `keep`.
    #[must_use]
    pub fn of(bytes: &[u8], keep: bool) -> Self {
        Self {
            size: bytes.len() as u64,
            digest: Digest::of(bytes),
            bytes: keep.then(|| bytes.to_vec()),
        }
    }
}

/// The 64-bit XXH3 hash of bytes, with seed 0.
///
/// Reports show the algorithm and 16 hexadecimal digits: `xxh3:2d06800538d394c2`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Digest(pub u64);

impl Digest {
    /// Hashes bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(XxHash3_64::oneshot(bytes))
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "xxh3:{:016x}", self.0)
    }
}

/// Serialises as text, because readers of JSON would round the number.
impl serde::Serialize for Digest {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A difference between two snapshots, as text for a person.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Difference {
    /// What differs, e.g. `1/0: global "count"`.
    pub at: String,
    /// The left side, as text.
    pub left: String,
    /// The right side, as text.
    pub right: String,
}

impl Snapshot {
    /// Returns the counters whose names start with `prefix`, by number.
    ///
    /// A counter is an exported integer global of any core instance whose name is `prefix` and a
    /// decimal number. Values are unsigned. Globals with equal numbers are added up, with
    /// wrap-around.
    #[must_use]
    pub fn counters(&self, prefix: &str) -> BTreeMap<u64, u64> {
        let mut counters = BTreeMap::new();
        for (name, value) in self
            .instances
            .iter()
            .flat_map(|instance| instance.globals.iter())
        {
            let Some(Ok(id)) = name.strip_prefix(prefix).map(str::parse::<u64>) else {
                continue;
            };
            let value = match value {
                CoreValue::I32(value) => u64::from(u32::from_ne_bytes(value.to_ne_bytes())),
                CoreValue::I64(value) => u64::from_ne_bytes(value.to_ne_bytes()),
                _ => continue,
            };
            let counter: &mut u64 = counters.entry(id).or_default();
            *counter = counter.wrapping_add(value);
        }
        counters
    }

    /// Returns every difference between two snapshots, in order.
    #[must_use]
    pub fn diff(&self, other: &Snapshot) -> Vec<Difference> {
        let mut out = Vec::new();
        let mut differ = |at: String, left: String, right: String| {
            if left != right {
                out.push(Difference { at, left, right });
            }
        };
        differ("core instances".into(), paths(self), paths(other));
        for (a, b) in self
            .instances
            .iter()
            .zip(&other.instances)
            .filter(|(a, b)| a.path == b.path)
        {
            let path = &a.path;
            differ(
                format!("{path}: module"),
                format!("{:?}", a.module),
                format!("{:?}", b.module),
            );
            differ(
                format!("{path}: origin"),
                format!("{:?}", a.origin),
                format!("{:?}", b.origin),
            );
            for (name, a, b) in a.globals.differences(&b.globals) {
                differ(format!("{path}: global {name:?}"), global(a), global(b));
            }
            for name in union(&a.memories, &b.memories) {
                let (a, b) = (a.memories.get(name), b.memories.get(name));
                differ(format!("{path}: memory {name:?}"), memory(a), memory(b));
            }
        }
        out
    }
}

fn paths(snapshot: &Snapshot) -> String {
    snapshot
        .instances
        .iter()
        .map(|instance| instance.path.to_string())
        .collect::<Vec<_>>()
        .join(" ")
}

fn union<'a, T>(
    a: &'a BTreeMap<String, T>,
    b: &'a BTreeMap<String, T>,
) -> impl Iterator<Item = &'a String> {
    a.keys()
        .chain(b.keys().filter(|name| !a.contains_key(*name)))
}

fn global(value: Option<&CoreValue>) -> String {
    value.map_or_else(
        || "absent".into(),
        |value| format!("{} {value}", value.kind()),
    )
}

fn memory(memory: Option<&MemorySnapshot>) -> String {
    memory.map_or_else(
        || "absent".into(),
        |m| format!("{} bytes, {}", m.size, m.digest),
    )
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} | {}", self.at, self.left, self.right)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::indexing_slicing, reason = "tests")]

    use super::*;

    fn snapshot(value: CoreValue) -> Snapshot {
        let globals = [
            ("__witness_counter_7".to_string(), value),
            ("other".to_string(), CoreValue::I32(1)),
        ];
        let path = CorePath::new([1, 0]);
        let memories = BTreeMap::new();
        Snapshot {
            instances: vec![CoreSnapshot {
                path,
                module: None,
                origin: Origin::Main,
                globals: globals.into_iter().collect(),
                memories,
            }],
        }
    }

    #[test]
    fn counters_are_unsigned_and_keyed_by_their_number() {
        let counters = snapshot(CoreValue::I64(-1)).counters("__witness_counter_");
        assert_eq!(counters, BTreeMap::from([(7, u64::MAX)]));
    }

    #[test]
    fn a_difference_names_path_and_global() {
        let diff = snapshot(CoreValue::I64(1)).diff(&snapshot(CoreValue::I64(2)));
        assert_eq!(diff.len(), 1);
        assert_eq!(
            diff[0].to_string(),
            r#"1/0: global "__witness_counter_7": i64 1 | i64 2"#
        );
        assert!(
            snapshot(CoreValue::F32(0x7fc0_0000))
                .diff(&snapshot(CoreValue::F32(0xffc0_0001)))
                .is_empty()
        );
    }

    #[test]
    fn a_snapshot_serializes_for_reports() {
        let mut snapshot = snapshot(CoreValue::I64(i64::MAX));
        let memory = MemorySnapshot::of(b"a", true);
        snapshot.instances[0]
            .memories
            .insert("memory".into(), memory);
        let expected = serde_json::json!({"instances": [{
            "path": "1/0",
            "module": null,
            "origin": "main",
            "globals": {
                "__witness_counter_7": {"type": "i64", "value": "9223372036854775807"},
                "other": {"type": "i32", "value": 1},
            },
            "memories": {"memory": {"size": 1, "digest": "xxh3:e6c632b61e964e1f"}},
        }]});
        assert_eq!(serde_json::to_value(&snapshot).ok(), Some(expected));
    }

    #[test]
    fn instances_and_globals_on_one_side_only_are_differences() {
        let one = snapshot(CoreValue::I32(1));
        let mut other = one.clone();
        let kept = other.instances[0].globals.with_prefix("__witness");
        other.instances[0].globals = kept;
        let diff = one.diff(&other);
        assert_eq!(diff.len(), 1);
        assert_eq!(
            diff[0].to_string(),
            r#"1/0: global "other": i32 1 | absent"#
        );
        let diff = one.diff(&Snapshot::default());
        assert_eq!(diff.len(), 1);
        assert_eq!(diff[0].to_string(), "core instances: 1/0 | ");
        assert_eq!(one.diff(&one), []);
    }

    #[test]
    fn counters_with_equal_numbers_add_up_over_instances_and_other_globals_are_ignored() {
        let mut snapshot = snapshot(CoreValue::I32(-1));
        snapshot.instances.push(snapshot.instances[0].clone());
        let first = &mut snapshot.instances[0].globals;
        let more = [
            ("__witness_counter_x", CoreValue::I32(5)),
            ("__witness_counter_8", CoreValue::F32(0)),
        ];
        let all = first.iter().map(|(name, value)| (name, *value));
        *first = all.chain(more).collect();
        let counters = snapshot.counters("__witness_counter_");
        assert_eq!(counters, BTreeMap::from([(7, 2 * u64::from(u32::MAX))]));
    }

    #[test]
    fn a_query_takes_globals_by_prefix() {
        assert!(Query::new().takes("anything"));
        let query = Query::new().with_prefix("count");
        assert!(query.takes("counter") && !query.takes("a-count"));
    }

    /// The values are those of the reference implementation, `xxhsum -H3`.
    #[test]
    fn the_digest_is_xxh3() {
        for (bytes, text) in [
            (&b""[..], "xxh3:2d06800538d394c2"),
            (b"a", "xxh3:e6c632b61e964e1f"),
        ] {
            assert_eq!(MemorySnapshot::of(bytes, false).digest.to_string(), text);
        }
    }
}
