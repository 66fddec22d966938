//! The bound on what the host keeps for a guest outside of files.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use seam_core::{Error, ErrorKind, Limit, Result};

/// Most bytes that the host keeps for header fields and folder listings together.
const CAPACITY: u64 = 64 << 20;

/// Counts the bytes that are kept.
#[derive(Debug, Default)]
pub(crate) struct Meter(Arc<AtomicU64>);

/// Bytes that count as kept until this is dropped.
#[derive(Debug, Default)]
pub(crate) struct Charge {
    bytes: u64,
    of: Arc<AtomicU64>,
}

impl Meter {
    /// Opens a charge of 0 bytes.
    pub(crate) fn open(&self) -> Charge {
        Charge {
            bytes: 0,
            of: self.0.clone(),
        }
    }
}

impl Charge {
    /// Changes this charge to `bytes`.
    ///
    /// # Errors
    /// `Limit(EngineCapacity)` if all charges together would exceed the capacity. The charge is
    /// then unchanged.
    pub(crate) fn set(&mut self, bytes: usize) -> Result<()> {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        let others = self.of.load(Ordering::Relaxed).saturating_sub(self.bytes);
        let total = others.saturating_add(bytes);
        if total > CAPACITY {
            return Err(Error::new(
                ErrorKind::Limit(Limit::EngineCapacity),
                format!(
                    "expected header fields and folder listings of at most {CAPACITY} bytes, found {total}"
                ),
            ));
        }
        self.of.store(total, Ordering::Relaxed);
        self.bytes = bytes;
        Ok(())
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        let others = self.of.load(Ordering::Relaxed).saturating_sub(self.bytes);
        self.of.store(others, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn a_dropped_charge_no_longer_counts() {
        let meter = Meter::default();
        let mut first = meter.open();
        first.set(CAPACITY as usize).unwrap();
        let mut second = meter.open();
        let error = second.set(1).unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::Limit(Limit::EngineCapacity));
        first.set(10).unwrap();
        second.set(CAPACITY as usize - 10).unwrap();
        assert!(first.set(11).is_err());
        drop(second);
        first.set(11).unwrap();
    }
}
