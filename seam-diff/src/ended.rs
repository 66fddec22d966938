//! How loading or a step ended.

use std::fmt;

use seam_core::{
    ArtifactKind, Capability, CoreValue, Error, ErrorKind, Limit, Snapshot, Trap, Value,
};

use crate::Open;

/// The blame for a failure of the engine in [`Ended::Failed`].
pub(crate) const ENGINE: &str = "engine";

/// How a step ended.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Ended {
    /// The call returned this value, or returned without a result.
    Returned(Option<Value>),
    /// The call of a core instance returned these values.
    ReturnedCore(Vec<CoreValue>),
    /// The step took this snapshot.
    Snapshot(Snapshot),
    /// The guest exited with this code.
    Exited(i32),
    /// The guest trapped.
    Trapped(Trap),
    /// A limit was reached.
    Limited(Limit),
    /// The backend does not support the step. Holds the missing capability and the message.
    Unsupported(Capability, String),
    /// Any other error. Holds who is to blame, in one word, and the message.
    Failed(&'static str, String),
    /// The step was not performed, because an earlier one ended the instance.
    NotRun,
}

impl Ended {
    pub(crate) fn of(error: &Error) -> Self {
        let failed = |blame| Ended::Failed(blame, error.message().to_string());
        match error.kind() {
            ErrorKind::Exit(code) => Ended::Exited(*code),
            ErrorKind::Trap(trap) => Ended::Trapped(trap.clone()),
            ErrorKind::Limit(limit) => Ended::Limited(*limit),
            ErrorKind::Unsupported(capability) => {
                Ended::Unsupported(*capability, error.message().to_string())
            }
            ErrorKind::Invalid { .. } => failed("invalid"),
            ErrorKind::Link => failed("link"),
            ErrorKind::Host => failed("host"),
            ErrorKind::Misuse => failed("misuse"),
            _ => failed(ENGINE),
        }
    }

    /// Returns whether the step was performed and returned.
    #[must_use]
    pub fn returned(&self) -> bool {
        matches!(
            self,
            Ended::Returned(_) | Ended::ReturnedCore(_) | Ended::Snapshot(_)
        )
    }

    /// Returns whether an instance of this kind can no longer be called after this end.
    ///
    /// This applies to a component that did not return, and to a core module that exited or whose
    /// engine failed.
    #[must_use]
    pub fn closes(&self, kind: ArtifactKind) -> bool {
        match self {
            _ if self.returned() => false,
            Ended::Exited(_) | Ended::Failed(ENGINE, _) | Ended::NotRun => true,
            _ => kind == ArtifactKind::Component,
        }
    }

    /// Returns what the specification leaves open about such an end, if anything.
    #[must_use]
    pub fn open(&self) -> Option<Open> {
        Some(match self {
            Ended::Trapped(Trap::StackExhausted) => Open::StackDepth,
            Ended::Trapped(Trap::AllocationTooLarge) => Open::OutOfMemory,
            Ended::Limited(Limit::Fuel) => Open::FuelPoint,
            Ended::Limited(Limit::Deadline) => Open::DeadlinePoint,
            Ended::Limited(Limit::EngineCapacity) => Open::OutOfMemory,
            Ended::Unsupported(capability, _) => Open::Unsupported(*capability),
            _ => return None,
        })
    }
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Ended::Returned(None) => f.write_str("()"),
            Ended::Returned(Some(value)) => value.fmt(f),
            Ended::ReturnedCore(values) if values.is_empty() => f.write_str("()"),
            Ended::ReturnedCore(values) => {
                let values: Vec<String> = values.iter().map(ToString::to_string).collect();
                f.write_str(&values.join(", "))
            }
            Ended::Snapshot(snapshot) => {
                write!(f, "snapshot of {} core instances", snapshot.instances.len())
            }
            Ended::Exited(code) => write!(f, "exit code {code}"),
            Ended::Trapped(trap) => write!(f, "trap: {trap}"),
            Ended::Limited(limit) => write!(f, "limit: {limit}"),
            Ended::Unsupported(capability, text) => write!(f, "unsupported {capability}: {text}"),
            Ended::Failed(blame, text) => write!(f, "{blame}: {text}"),
            Ended::NotRun => f.write_str("not run"),
        }
    }
}

/// Serializes as `{"returned": "5"}`, `{"trapped": "unreachable"}` and so on.
///
/// The returned value is WAVE text, or `null` if there is none. A step that was not performed is
/// `"not-run"`. Core values are a list: `{"returned_core": [{"type": "i32", "value": 5}]}`.
impl serde::Serialize for Ended {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeMap;
        if let Ended::NotRun = self {
            return serializer.serialize_str("not-run");
        }
        let mut out = serializer.serialize_map(Some(1))?;
        match self {
            Ended::Returned(value) => {
                out.serialize_entry("returned", &value.as_ref().map(ToString::to_string))?;
            }
            Ended::ReturnedCore(values) => out.serialize_entry("returned_core", values)?,
            Ended::Snapshot(snapshot) => out.serialize_entry("snapshot", snapshot)?,
            Ended::Exited(code) => out.serialize_entry("exited", code)?,
            Ended::Trapped(trap) => out.serialize_entry("trapped", &trap.to_string())?,
            Ended::Limited(limit) => out.serialize_entry("limited", limit)?,
            Ended::Unsupported(capability, _) => out.serialize_entry("unsupported", capability)?,
            Ended::Failed(_, _) => out.serialize_entry("failed", &self.to_string())?,
            Ended::NotRun => {}
        }
        out.end()
    }
}
