//! Numbers that tell stores and instances apart within a process.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

/// # For implementors
/// A number for an instance that no other instance of this process has; for
/// [`Handle`](crate::Handle)s and [`Func`](crate::Func)s.
#[must_use]
pub fn token() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// # For implementors
/// A number for a core store; for handles such as [`CoreFunc`](crate::CoreFunc). It wraps
/// after 2^32 stores.
#[must_use]
pub fn store_number() -> u32 {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}
