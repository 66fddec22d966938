//! An observation as text that two machines can compare.

use std::collections::BTreeMap;

use seam_core::{CoreValue, HostCallRecord, Snapshot, Value};
use serde::{Deserialize, Serialize};

use super::limit;
use crate::{Ended, Observation};

/// What must be the same on every backend and machine.
///
/// Bytes of memories are left out, because they can contain NaNs. Fuel is left out, because each engine
/// counts it in its own unit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Recorded {
    /// Why there was no instance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) instantiation: Option<End>,
    pub(super) steps: Vec<RecordedStep>,
    pub(super) stdout: Bytes,
    pub(super) stderr: Bytes,
    pub(super) host_calls: Vec<RecordedCall>,
    pub(super) unused_stubs: Vec<String>,
    /// What the world shows at the end, e.g. the files: each element of a list in WAVE.
    pub(super) artefacts: BTreeMap<String, Vec<String>>,
    /// The resources that the host still owned.
    pub(super) held: Option<Vec<String>>,
    /// The exported globals at the end; `None` if no backend saw them.
    pub(super) state: Option<Vec<RecordedInstance>>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct RecordedStep {
    pub(super) step: String,
    pub(super) ended: End,
}

/// How a step ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum End {
    /// The value in WAVE.
    Returned(Option<String>),
    /// Each value with its type, e.g. `i32 5`.
    ReturnedCore(Vec<String>),
    Snapshot(Vec<RecordedInstance>),
    Exited(i32),
    Trapped(String),
    Limited(String),
    Failed(String),
    NotRun,
}

/// A host call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct RecordedCall {
    pub(super) call: String,
    /// The result in WAVE, `()` or `error: ..`.
    pub(super) result: String,
}

/// The exported state of a core instance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct RecordedInstance {
    pub(super) path: String,
    /// Each value with its type, e.g. `i32 5`.
    pub(super) globals: BTreeMap<String, String>,
    /// Sizes in bytes.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) memories: BTreeMap<String, u64>,
}

/// Output as text, or as numbers if it is not UTF-8.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Bytes {
    Text(String),
    Raw(Vec<u8>),
}

impl Recorded {
    pub(super) fn of(seen: &Observation) -> Self {
        let steps = seen.steps.iter().map(|seen| RecordedStep {
            step: seen.step.clone(),
            ended: End::of(&seen.ended),
        });
        let artefacts = seen.artefacts.iter();
        Self {
            instantiation: seen.failed.as_ref().map(End::of),
            steps: steps.collect(),
            stdout: Bytes::of(&seen.stdout),
            stderr: Bytes::of(&seen.stderr),
            host_calls: seen.host_calls.iter().map(RecordedCall::of).collect(),
            unused_stubs: seen.unused_stubs.iter().map(ToString::to_string).collect(),
            artefacts: artefacts
                .map(|(name, value)| (name.clone(), lines(value)))
                .collect(),
            held: seen.held.is_some().then(|| seen.held_text()),
            state: seen.state.as_ref().map(instances),
        }
    }
}

fn lines(value: &Value) -> Vec<String> {
    match value {
        Value::List(list) => list.iter().map(|element| element.to_string()).collect(),
        other => vec![other.to_string()],
    }
}

fn instances(snapshot: &Snapshot) -> Vec<RecordedInstance> {
    let instances = snapshot.instances.iter();
    let instances = instances.map(|instance| RecordedInstance {
        path: instance.path.to_string(),
        globals: (instance.globals.iter())
            .map(|(name, value)| (name.to_string(), typed(value)))
            .collect(),
        memories: (instance.memories.iter())
            .map(|(name, memory)| (name.clone(), memory.size))
            .collect(),
    });
    instances.collect()
}

fn typed(value: &CoreValue) -> String {
    format!("{} {value}", value.kind())
}

impl End {
    pub(super) fn of(ended: &Ended) -> Self {
        match ended {
            Ended::Returned(value) => End::Returned(value.as_ref().map(ToString::to_string)),
            Ended::ReturnedCore(values) => End::ReturnedCore(values.iter().map(typed).collect()),
            Ended::Snapshot(snapshot) => End::Snapshot(instances(snapshot)),
            Ended::Exited(code) => End::Exited(*code),
            Ended::Trapped(trap) => End::Trapped(trap.to_string()),
            Ended::Limited(of) => {
                let word = limit::word(*of).map(str::to_owned);
                End::Limited(word.unwrap_or_else(|| of.to_string()))
            }
            Ended::Unsupported(..) | Ended::Failed(..) => End::Failed(ended.to_string()),
            Ended::NotRun => End::NotRun,
        }
    }
}

/// Prints like an [`Ended`].
impl std::fmt::Display for End {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            End::Returned(None) => f.write_str("()"),
            End::Returned(Some(text)) | End::Failed(text) => f.write_str(text),
            End::ReturnedCore(values) if values.is_empty() => f.write_str("()"),
            End::ReturnedCore(values) => f.write_str(&values.join(", ")),
            End::Snapshot(instances) => {
                write!(f, "snapshot of {} core instances", instances.len())
            }
            End::Exited(code) => write!(f, "exit code {code}"),
            End::Trapped(text) => write!(f, "trap: {text}"),
            End::Limited(word) => write!(f, "limit: {word}"),
            End::NotRun => f.write_str("not run"),
        }
    }
}

impl RecordedCall {
    fn of(call: &HostCallRecord) -> Self {
        let args: Vec<String> = call.args.iter().map(ToString::to_string).collect();
        Self {
            call: format!("{}({})", call.name, args.join(", ")),
            result: match &call.result {
                Ok(None) => "()".to_string(),
                Ok(Some(value)) => value.to_string(),
                Err(message) => format!("error: {message}"),
            },
        }
    }
}

impl std::fmt::Display for RecordedCall {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} -> {}", self.call, self.result)
    }
}

impl Bytes {
    fn of(bytes: &[u8]) -> Self {
        match std::str::from_utf8(bytes) {
            Ok(text) => Bytes::Text(text.to_string()),
            Err(_) => Bytes::Raw(bytes.to_vec()),
        }
    }

    pub(super) fn as_slice(&self) -> &[u8] {
        match self {
            Bytes::Text(text) => text.as_bytes(),
            Bytes::Raw(bytes) => bytes,
        }
    }
}
