//! What a thread does when it is resumed.

use seam_core::{CoreFunc, CoreStore, CoreType, CoreValue, Error, NumericFunc, Result, Suspended};

use super::block::woken;
use super::lift::{after_core, begin, call_back, enter};
use super::steps::{Steps, call_guest};
use crate::state::{Running, ThreadId, ThreadNext as Next};

/// Lets a thread run until it blocks or ends. Returns the thread to switch to, if any.
///
/// # Errors
/// Traps and limits of the guest, and everything that ends a call.
pub(super) fn run(
    store: &mut dyn CoreStore,
    id: ThreadId,
    cancelled: bool,
) -> Result<Steps<Option<ThreadId>>> {
    let thread = Running::of(store)?.tasks.thread_mut(id)?;
    match std::mem::replace(&mut thread.next, Next::Running) {
        Next::Begin => begin(store, id),
        Next::Enter => enter(store, id, cancelled),
        Next::Callback(set) => call_back(store, id, set, cancelled),
        Next::Spawned(func, argument) => spawned(store, id, func, argument),
        Next::Stack(suspended, wake) => {
            let values = woken(store, wake, cancelled)?;
            let values = typed(suspended.results(), &values)?;
            let mut results = vec![CoreValue::I32(0); num_results(store, id)?];
            let called = match store.resume(suspended, &values, &mut results)? {
                None => Called::Returned(bits(&results)?),
                Some(suspended) => Called::Blocked(suspend(store, id, suspended)?),
            };
            after_core(store, id, called)
        }
        Next::Running => Err(Error::engine("expected a thread that waits")),
    }
}

/// Calls the core function of a thread, until it returns or blocks.
pub(super) fn call_core(
    store: &mut dyn CoreStore,
    id: ThreadId,
    func: &NumericFunc,
    args: &[u64],
) -> Result<Steps<Called>> {
    if !Running::of(store)?.tasks.suspends {
        let called = call_guest(store, func, args)?;
        return called.then(store, |_, results| {
            Ok(Steps::Done(Called::Returned(results)))
        });
    }
    let args = typed(&func.ty().params, args)?;
    let mut results = vec![CoreValue::I32(0); func.ty().results.len()];
    Ok(Steps::Done(
        match store.call_suspendable(func.func(), &args, &mut results)? {
            None => Called::Returned(bits(&results)?),
            Some(suspended) => Called::Blocked(suspend(store, id, suspended)?),
        },
    ))
}

/// The outcome of a call of a core function.
pub(super) enum Called {
    Returned(Vec<u64>),
    /// The thread has blocked, and switches to this thread.
    Blocked(Option<ThreadId>),
}

/// Keeps the suspended call of a thread, which a host function has just blocked.
fn suspend(
    store: &mut dyn CoreStore,
    id: ThreadId,
    suspended: Suspended,
) -> Result<Option<ThreadId>> {
    let thread = Running::of(store)?.tasks.thread_mut(id)?;
    let wake = thread.wake.take();
    let wake =
        wake.ok_or_else(|| Error::engine("expected a host function that blocks a thread"))?;
    thread.next = Next::Stack(suspended, wake);
    Ok(thread.switch_to.take())
}

fn spawned(
    store: &mut dyn CoreStore,
    id: ThreadId,
    func: CoreFunc,
    argument: u64,
) -> Result<Steps<Option<ThreadId>>> {
    let ty = store.func_type(func)?;
    let func = NumericFunc::new(func, ty)?;
    let called = call_core(store, id, &func, &[argument])?;
    called.then(store, move |store, called| after_core(store, id, called))
}

/// Returns the number of results of the core function that a thread runs.
fn num_results(store: &mut dyn CoreStore, id: ThreadId) -> Result<usize> {
    let tasks = &Running::of(store)?.tasks;
    let task = tasks.task(tasks.thread(id)?.task)?;
    Ok(match task.implicit == Some(id) {
        true => task.lifted.num_results(),
        false => 0,
    })
}

/// Converts bits to core values of these types.
fn typed(types: &[CoreType], bits: &[u64]) -> Result<Vec<CoreValue>> {
    if types.len() != bits.len() {
        let (expected, found) = (types.len(), bits.len());
        let message = format!("expected {expected} core values, found {found}");
        return Err(Error::engine(message));
    }
    let values = types.iter().zip(bits);
    let values = values.map(|(ty, bits)| CoreValue::of_bits(*ty, *bits).ok_or_else(not_a_number));
    values.collect()
}

fn bits(values: &[CoreValue]) -> Result<Vec<u64>> {
    let bits = values.iter();
    bits.map(|value| value.to_bits().ok_or_else(not_a_number))
        .collect()
}

fn not_a_number() -> Error {
    Error::engine("expected core values that are numbers, found another one")
}
