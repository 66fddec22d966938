//! Calls in flight, which are started, driven and taken.

use std::borrow::Cow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::typed::{LiftResult, LowerArgs, args_to_values};
use crate::{Error, Func, FuncType, Interface, Result, Value};

/// The arguments of a call.
pub enum Args<'a> {
    /// Values, one for each parameter.
    Values(&'a [Value]),
    /// Rust values that lower themselves, so that a backend need not build [`Value`]s.
    Typed(&'a mut dyn LowerArgs),
}

impl<'a> Args<'a> {
    /// # For implementors
    /// The same arguments, borrowed for a shorter time.
    pub fn reborrow(&mut self) -> Args<'_> {
        match self {
            Args::Values(values) => Args::Values(values),
            Args::Typed(lower) => Args::Typed(&mut **lower),
        }
    }

    /// # For implementors
    /// The arguments as values, checked against the parameters' types: for backends that call by
    /// value.
    ///
    /// # Errors
    /// `Misuse` with the path to the offending part; what the arguments return that lower
    /// themselves.
    pub fn into_values(self, ty: &FuncType) -> Result<Cow<'a, [Value]>> {
        match self {
            Args::Values(values) => {
                ty.check_args(values)?;
                Ok(Cow::Borrowed(values))
            }
            Args::Typed(lower) => args_to_values(ty, lower).map(Cow::Owned),
        }
    }
}

/// The receiver of a call's result.
pub enum Returns<'a> {
    /// Receives the result as a value, or `None` if the function has no result.
    Value(&'a mut Option<Value>),
    /// A Rust value that lifts itself, so that a backend need not build a [`Value`]. It is not called
    /// if the function has no result.
    Typed(&'a mut dyn LiftResult),
}

impl Returns<'_> {
    /// # For implementors
    /// The same receiver, borrowed for a shorter time.
    pub fn reborrow(&mut self) -> Returns<'_> {
        match self {
            Returns::Value(value) => Returns::Value(value),
            Returns::Typed(lift) => Returns::Typed(&mut **lift),
        }
    }
}

/// A call that an instance has started and whose result has not been taken.
///
/// [`Instance::take`](crate::Instance::take) takes it. Dropping it instead abandons the call: its
/// result is lost, and the instance forgets it. A call of an asynchronous component is asked to end.
#[derive(Debug)]
pub struct Call {
    func: Func,
    /// The number of the call, or zero if it was recycled.
    number: u64,
    dropped: Arc<Dropped>,
}

/// The calls of an instance that were dropped without being taken.
#[derive(Debug, Default)]
struct Dropped {
    /// Whether there are any.
    any: AtomicBool,
    numbers: Mutex<Vec<u64>>,
}

impl Dropped {
    fn push(&self, number: u64) {
        let mut numbers = self.numbers.lock().unwrap_or_else(PoisonError::into_inner);
        numbers.push(number);
        self.any.store(true, Ordering::Release);
    }

    fn pop(&self) -> Option<u64> {
        let mut numbers = self.numbers.lock().unwrap_or_else(PoisonError::into_inner);
        let number = numbers.pop();
        self.any.store(!numbers.is_empty(), Ordering::Release);
        number
    }
}

impl Call {
    /// Returns the function that is called.
    #[must_use]
    pub fn func(&self) -> &Func {
        &self.func
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        if self.number != 0 {
            self.dropped.push(self.number);
        }
    }
}

/// # For implementors
/// The calls that an instance has in flight, with what the instance keeps of each.
///
/// It refuses with `Misuse` what the contract of [`Instance`](crate::Instance) forbids. In `start`,
/// use [`clear`](Self::clear), or [`next_dropped`](Self::next_dropped) and
/// [`check_room`](Self::check_room), and then [`start`](Self::start); in `drive`, [`driving`](Self::driving) and then [`driven`](Self::driven); in
/// `take`, [`take`](Self::take) and then, to save the next call some work, [`recycle`](Self::recycle).
#[derive(Debug)]
pub struct InFlight<S> {
    /// The number of calls that have been started.
    started: u64,
    calls: Vec<Current<S>>,
    /// Whether several calls may be in flight.
    several: bool,
    /// Shared with the calls of this instance, and distinguishes them from those of other
    /// instances. `None` before the first call.
    dropped: Option<Arc<Dropped>>,
    /// The function of the last call.
    func: Option<Func>,
    /// A call that was taken, for the next call of its function.
    spare: Option<Call>,
}

#[derive(Debug)]
struct Current<S> {
    number: u64,
    phase: Phase,
    state: S,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Started,
    /// The call is being driven, or the future that drove it was dropped.
    Driving,
    Driven,
}

impl<S> Default for InFlight<S> {
    /// At most one call may be in flight, and it cannot go on after its driving was interrupted.
    fn default() -> Self {
        Self {
            started: 0,
            calls: Vec::new(),
            several: false,
            dropped: None,
            func: None,
            spare: None,
        }
    }
}

impl<S> InFlight<S> {
    /// For an instance with this interface. If it exports asynchronous functions, several calls may be in
    /// flight, and each can be driven on after its driving was interrupted.
    #[must_use]
    pub fn of(interface: &Interface) -> Self {
        Self {
            several: interface.exports_async(),
            ..Self::default()
        }
    }

    /// Returns the state of a call that was dropped without being taken, which the instance must clean
    /// up. Call it before anything else, until it returns `None`.
    #[inline]
    pub fn next_dropped(&mut self) -> Option<S> {
        let dropped = self.dropped.as_ref();
        match dropped.is_some_and(|dropped| dropped.any.load(Ordering::Acquire)) {
            true => self.remove_dropped(),
            false => None,
        }
    }

    #[cold]
    fn remove_dropped(&mut self) -> Option<S> {
        let dropped = self.dropped.as_ref()?;
        while let Some(number) = dropped.pop() {
            if let Some(index) = self.position(number) {
                return Some(self.calls.remove(index).state);
            }
        }
        None
    }

    /// Checks that a new call can start.
    ///
    /// # Errors
    /// `Misuse` that names the function whose call is in flight, if only one may be.
    #[inline]
    pub fn check_room(&self) -> Result<()> {
        match self.several || self.calls.is_empty() {
            true => Ok(()),
            false => Err(self.no_room()),
        }
    }

    /// Forgets dropped calls, and checks that a new call can start.
    ///
    /// Use it if dropped calls need no clean-up.
    ///
    /// # Errors
    /// Those of [`InFlight::check_room`].
    pub fn clear(&mut self) -> Result<()> {
        while self.next_dropped().is_some() {}
        self.check_room()
    }

    #[cold]
    fn no_room(&self) -> Error {
        let func = self.func.as_ref().map(Func::name).map(ToString::to_string);
        Error::misuse(format!(
            "expected one call at a time, found the call of `{}` in flight: take or drop it first",
            func.unwrap_or_default()
        ))
    }

    /// Returns the call of `func`, which is in flight from now on.
    #[must_use]
    pub fn start(&mut self, func: &Func, state: S) -> Call {
        self.started += 1;
        self.calls.push(Current {
            number: self.started,
            phase: Phase::Started,
            state,
        });
        // Reference counts are atomic, so they are left alone where the same function is called
        // again.
        if !self.func.as_ref().is_some_and(|last| last.is(func)) {
            self.func = Some(func.clone());
        }
        match self.spare.take() {
            Some(mut call) if call.func.is(func) => {
                call.number = self.started;
                call
            }
            _ => Call {
                func: func.clone(),
                number: self.started,
                dropped: self.dropped.get_or_insert_default().clone(),
            },
        }
    }

    /// Takes back a call whose result was taken, so that the next call of its function need not be
    /// made anew. All other calls are dropped.
    pub fn recycle(&mut self, mut call: Call) {
        if self.calls.is_empty() && self.is_ours(&call) {
            call.number = 0;
            self.spare = Some(call);
        }
    }

    /// Returns the state of a call that must be driven, or `None` if the call has completed.
    ///
    /// # Errors
    /// `Misuse` if the call is not in flight here, or if driving it was interrupted and it cannot go
    /// on.
    pub fn driving(&mut self, call: &Call) -> Result<Option<&mut S>> {
        let several = self.several;
        let current = self.find(call)?;
        match current.phase {
            Phase::Driven => Ok(None),
            Phase::Driving if !several => Err(Error::misuse(format!(
                "expected a call that can go on, found the call of `{}`, whose driving was \
                 interrupted",
                call.func.name()
            ))),
            Phase::Started | Phase::Driving => {
                current.phase = Phase::Driving;
                Ok(Some(&mut current.state))
            }
        }
    }

    /// Records how driving a call ended, and returns this outcome.
    ///
    /// If driving failed, the call is no longer in flight.
    ///
    /// # Errors
    /// The error of `outcome`.
    pub fn driven(&mut self, call: &Call, outcome: Result<()>) -> Result<()> {
        let index = self.position(call.number);
        match (&outcome, index.and_then(|index| self.calls.get_mut(index))) {
            (Ok(()), Some(current)) => current.phase = Phase::Driven,
            (Err(_), Some(_)) => self.calls.retain(|current| current.number != call.number),
            (_, None) => {}
        }
        outcome
    }

    /// Returns the state of a completed call, which is then no longer in flight.
    ///
    /// # Errors
    /// `Misuse` if the call is not in flight here, or has not completed.
    pub fn take(&mut self, call: &Call) -> Result<S> {
        let phase = self.find(call)?.phase;
        if phase != Phase::Driven {
            return Err(Error::misuse(format!(
                "expected a call that was driven to its end, found the call of `{}`, which was not",
                call.func.name()
            )));
        }
        let index = self.position(call.number);
        let taken = index.map(|index| self.calls.remove(index).state);
        taken.ok_or_else(|| Error::engine("expected a call in flight, found none"))
    }

    /// Returns the states of the calls in flight, in the order in which they were started.
    pub fn states(&mut self) -> impl Iterator<Item = &mut S> {
        self.calls.iter_mut().map(|current| &mut current.state)
    }

    fn is_ours(&self, call: &Call) -> bool {
        let dropped = self.dropped.as_ref();
        dropped.is_some_and(|dropped| Arc::ptr_eq(dropped, &call.dropped))
    }

    fn position(&self, number: u64) -> Option<usize> {
        self.calls
            .iter()
            .position(|current| current.number == number)
    }

    fn find(&mut self, call: &Call) -> Result<&mut Current<S>> {
        let ours = self.is_ours(call);
        let mut calls = self.calls.iter_mut();
        calls
            .find(|current| ours && current.number == call.number)
            .ok_or_else(|| {
                Error::misuse(format!(
                    "expected a call that is in flight in this instance, found a call of `{}` that \
                     is not",
                    call.func.name()
                ))
            })
    }
}
