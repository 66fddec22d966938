//! Numbers that distinguish stores and instances within a process.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

/// Returns a number that is unique among the instances of this process.
///
/// # For implementors
/// [`Handle`](crate::Handle)s and [`Func`](crate::Func)s carry the number of their instance.
#[must_use]
pub fn token() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// Returns a number for a core store. It wraps around after 2^32 stores.
///
/// # For implementors
/// Handles such as [`CoreFunc`](crate::CoreFunc) carry the number of their store.
#[must_use]
pub fn store_number() -> u32 {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}
