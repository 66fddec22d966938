//! Calls in flight, which are started, driven and taken.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::typed::{LiftResult, LowerArgs, args_to_values};
use crate::{Error, Func, FuncType, Result, Value};

/// The arguments of a call.
pub enum Args<'a> {
    /// Values, one for each parameter.
    Values(&'a [Value]),
    /// Rust values that lower themselves, so that a backend need not build [`Value`]s.
    Typed(&'a mut dyn LowerArgs),
}

impl<'a> Args<'a> {
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

/// A call that an instance has started and whose result has not been taken.
///
/// [`Instance::take`](crate::Instance::take) takes it. Dropping it instead abandons the call: its
/// result is lost, and the instance forgets it.
#[derive(Debug)]
pub struct Call {
    func: Func,
    /// The number of the call, or zero if it was recycled.
    number: u64,
    /// The number of the last call that was dropped without being taken.
    dropped: Arc<AtomicU64>,
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
            self.dropped.fetch_max(self.number, Ordering::Relaxed);
        }
    }
}

/// # For implementors
/// The call that an instance has in flight, with what the instance keeps of it: for instances that
/// have at most one.
///
/// It refuses with `Misuse` what the contract of [`Instance`](crate::Instance) forbids. In `start`,
/// use [`clear`](Self::clear) and then [`start`](Self::start); in `drive`,
/// [`driving`](Self::driving) and then [`driven`](Self::driven); in `take`, [`take`](Self::take) and
/// then, to save the next call some work, [`recycle`](Self::recycle).
#[derive(Debug)]
pub struct InFlight<S> {
    /// The number of calls that have been started.
    started: u64,
    current: Option<Current<S>>,
    /// Shared with the calls of this instance, and distinguishes them from those of other
    /// instances.
    dropped: Arc<AtomicU64>,
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
    fn default() -> Self {
        Self {
            started: 0,
            current: None,
            dropped: Arc::default(),
            func: None,
            spare: None,
        }
    }
}

impl<S> InFlight<S> {
    /// Makes room for a new call.
    ///
    /// If the last call was dropped without being taken, returns its state, which the instance must
    /// clean up.
    ///
    /// # Errors
    /// `Misuse` that names the function whose call is in flight.
    #[inline]
    pub fn clear(&mut self) -> Result<Option<S>> {
        match self.current {
            None => Ok(None),
            Some(_) => self.give_up(),
        }
    }

    /// Returns the state of the call in flight, if it was dropped.
    fn give_up(&mut self) -> Result<Option<S>> {
        match self.current.take() {
            None => Ok(None),
            Some(current) if self.dropped.load(Ordering::Relaxed) >= current.number => {
                Ok(Some(current.state))
            }
            Some(current) => {
                self.current = Some(current);
                let func = self.func.as_ref().map(Func::name).map(ToString::to_string);
                Err(Error::misuse(format!(
                    "expected one call at a time, found the call of `{}` in flight: take or drop \
                     it first",
                    func.unwrap_or_default()
                )))
            }
        }
    }

    /// Returns the call of `func`, which is in flight from now on.
    #[must_use]
    pub fn start(&mut self, func: &Func, state: S) -> Call {
        self.started += 1;
        self.current = Some(Current {
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
                dropped: self.dropped.clone(),
            },
        }
    }

    /// Takes back a call whose result was taken, so that the next call of its function need not be
    /// made anew. All other calls are dropped.
    pub fn recycle(&mut self, mut call: Call) {
        if self.current.is_none() && Arc::ptr_eq(&self.dropped, &call.dropped) {
            call.number = 0;
            self.spare = Some(call);
        }
    }

    /// Returns the state of a call that must be driven, or `None` if the call has completed.
    ///
    /// # Errors
    /// `Misuse` if the call is not in flight here, or if driving it was interrupted.
    pub fn driving(&mut self, call: &Call) -> Result<Option<&mut S>> {
        let current = self.find(call)?;
        match current.phase {
            Phase::Driven => Ok(None),
            Phase::Started => {
                current.phase = Phase::Driving;
                Ok(Some(&mut current.state))
            }
            Phase::Driving => Err(Error::misuse(format!(
                "expected a call that can go on, found the call of `{}`, whose driving was \
                 interrupted",
                call.func.name()
            ))),
        }
    }

    /// Records how driving ended, and returns this outcome.
    ///
    /// If driving failed, the call is no longer in flight.
    ///
    /// # Errors
    /// The error of `outcome`.
    pub fn driven(&mut self, outcome: Result<()>) -> Result<()> {
        match (&outcome, &mut self.current) {
            (Ok(()), Some(current)) => current.phase = Phase::Driven,
            _ => self.current = None,
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
        let taken = self.current.take().map(|current| current.state);
        taken.ok_or_else(|| Error::engine("expected a call in flight, found none"))
    }

    fn find(&mut self, call: &Call) -> Result<&mut Current<S>> {
        let ours = Arc::ptr_eq(&self.dropped, &call.dropped);
        let current = self.current.as_mut();
        current
            .filter(|current| ours && current.number == call.number)
            .ok_or_else(|| {
                Error::misuse(format!(
                    "expected a call that is in flight in this instance, found a call of `{}` that \
                     is not",
                    call.func.name()
                ))
            })
    }
}
