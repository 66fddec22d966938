//! An allocator that counts.
#![allow(
    unsafe_code,
    reason = "an allocator is unsafe; this one only counts, and forwards"
)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

struct Counting;

thread_local! {
    /// The allocations of this thread, so that tests can run at the same time.
    static COUNT: Cell<u64> = const { Cell::new(0) };
    /// The bytes that this thread has allocated and not freed. Others may free them.
    static LIVE: Cell<i64> = const { Cell::new(0) };
}

fn count() {
    // A thread that ends may allocate after its variables are gone.
    let _ = COUNT.try_with(|count| count.set(count.get() + 1));
}

fn add(bytes: usize) {
    let _ = LIVE.try_with(|live| live.set(live.get() + bytes as i64));
}

fn subtract(bytes: usize) {
    let _ = LIVE.try_with(|live| live.set(live.get() - bytes as i64));
}

// SAFETY: all methods forward their arguments to the system's allocator unchanged. Counting does not
// allocate, because the variable needs neither initialisation nor a destructor.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        add(layout.size());
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count();
        add(layout.size());
        // SAFETY: the caller keeps the contract of `alloc_zeroed`.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        subtract(layout.size());
        add(size);
        // SAFETY: the caller keeps the contract of `realloc`.
        unsafe { System.realloc(pointer, layout, size) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        subtract(layout.size());
        // SAFETY: the caller keeps the contract of `dealloc`.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Returns what `run` returns, and the number of its allocations on this thread.
pub(crate) fn allocations<T>(run: impl FnOnce() -> T) -> (T, u64) {
    let before = COUNT.get();
    let result = run();
    (result, COUNT.get() - before)
}

/// Returns how many bytes more this thread has than before `run`.
pub(crate) fn growth(run: impl FnOnce()) -> i64 {
    let before = LIVE.get();
    run();
    LIVE.get() - before
}

#[test]
fn bytes_are_counted() {
    let mut list: Vec<u8> = Vec::new();
    assert_eq!(growth(|| list.reserve_exact(10)), 10);
    assert_eq!(growth(|| list.reserve_exact(100)), 90);
    assert_eq!(growth(|| drop(vec![0u8; 7])), 0);
    assert_eq!(growth(|| drop(list)), -100);
}

#[test]
fn allocations_are_counted() {
    let (boxed, one) = allocations(|| std::hint::black_box(Box::new(7u64)));
    assert_eq!((*boxed, one), (7, 1));
    let (mut list, one) = allocations(|| std::hint::black_box(vec![1u8; 10]));
    let ((), two) = allocations(|| list.extend([0; 100]));
    assert_eq!((one, two, list.len()), (1, 1, 110));
    let (sum, none) = allocations(|| list.iter().map(|n| u32::from(*n)).sum::<u32>());
    assert_eq!((sum, none), (10, 0));
}
