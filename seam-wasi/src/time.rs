//! Points in time in the hermetic world.

use seam_core::Value;

/// A time since 1970-01-01T00:00:00Z, like `datetime` of `wasi:clocks/wall-clock`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Datetime {
    pub(crate) seconds: u64,
    pub(crate) nanoseconds: u32,
}

impl Datetime {
    pub(crate) const fn new(seconds: u64, nanoseconds: u32) -> Self {
        Self {
            seconds,
            nanoseconds,
        }
    }

    /// Carries whole seconds over from the nanoseconds.
    ///
    /// Returns `None` if the seconds overflow.
    pub(crate) fn normal(self) -> Option<Self> {
        const SECOND: u32 = 1_000_000_000;
        let seconds = self
            .seconds
            .checked_add(u64::from(self.nanoseconds / SECOND))?;
        Some(Self::new(seconds, self.nanoseconds % SECOND))
    }

    /// Returns the time as a `datetime` record.
    pub(crate) fn value(self) -> Value {
        Value::record([
            ("seconds", self.seconds.into()),
            ("nanoseconds", self.nanoseconds.into()),
        ])
    }

    /// Reads a `datetime` record. Returns `None` for any other value.
    pub(crate) fn of(value: &Value) -> Option<Self> {
        let Value::Record(fields) = value else {
            return None;
        };
        match fields.as_slice() {
            [(_, Value::U64(seconds)), (_, Value::U32(nanoseconds))] => {
                Some(Self::new(*seconds, *nanoseconds))
            }
            _ => None,
        }
    }
}
