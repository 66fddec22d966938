//! Calls in flight: started, driven, and taken.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::typed::{LowerArgs, args_to_values};
use crate::{Error, Func, FuncType, Result, Value};

/// The arguments that a call starts with.
pub enum Args<'a> {
    /// Values, one for each parameter.
    Values(&'a [Value]),
    /// Rust values that lower themselves, which a backend can serve without building [`Value`]s.
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

/// A call that an instance has started and whose result has not been taken.
///
/// [`Instance::take`](crate::Instance::take) takes it. A call that is dropped instead is given up:
/// its result is lost, and the instance forgets it.
#[derive(Debug)]
pub struct Call {
    func: Func,
    /// Zero once it was taken.
    number: u64,
    /// The number of the last call that was dropped without being taken.
    dropped: Arc<AtomicU64>,
}

impl Call {
    /// The function that is called.
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
/// [`driving`](Self::driving) and then [`driven`](Self::driven); in `take`, [`take`](Self::take).
#[derive(Debug)]
pub struct InFlight<S> {
    /// How many calls have been started.
    started: u64,
    current: Option<Current<S>>,
    /// Shared with the calls, which are told apart from other instances' by it.
    dropped: Arc<AtomicU64>,
}

#[derive(Debug)]
struct Current<S> {
    func: Func,
    number: u64,
    phase: Phase,
    state: S,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Started,
    /// Also after the future that drove the call was dropped.
    Driving,
    Driven,
}

impl<S> Default for InFlight<S> {
    fn default() -> Self {
        Self {
            started: 0,
            current: None,
            dropped: Arc::default(),
        }
    }
}

impl<S> InFlight<S> {
    /// Makes room for a call. Returns the state of the last call if it was dropped without being
    /// taken, for the instance to clean up.
    ///
    /// # Errors
    /// `Misuse` naming the function whose call is in flight.
    pub fn clear(&mut self) -> Result<Option<S>> {
        match self.current.take() {
            None => Ok(None),
            Some(current) if self.dropped.load(Ordering::Relaxed) >= current.number => {
                Ok(Some(current.state))
            }
            Some(current) => {
                let message = format!(
                    "expected one call at a time, found the call of `{}` in flight: take or drop \
                     it first",
                    current.func.name()
                );
                self.current = Some(current);
                Err(Error::misuse(message))
            }
        }
    }

    /// The call of `func`, which is in flight from now on.
    #[must_use]
    pub fn start(&mut self, func: &Func, state: S) -> Call {
        self.started += 1;
        self.current = Some(Current {
            func: func.clone(),
            number: self.started,
            phase: Phase::Started,
            state,
        });
        Call {
            func: func.clone(),
            number: self.started,
            dropped: self.dropped.clone(),
        }
    }

    /// The state of a call that has to be driven, or `None` if it was driven to its end already.
    ///
    /// # Errors
    /// `Misuse` for a call that is not in flight here, or whose driving was interrupted.
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

    /// Notes how driving ended, and returns that. A call whose driving failed is in flight no more.
    ///
    /// # Errors
    /// That of `outcome`.
    pub fn driven(&mut self, outcome: Result<()>) -> Result<()> {
        match (&outcome, &mut self.current) {
            (Ok(()), Some(current)) => current.phase = Phase::Driven,
            _ => self.current = None,
        }
        outcome
    }

    /// The state of a call that was driven to its end, which is in flight no more.
    ///
    /// # Errors
    /// `Misuse` for a call that is not in flight here, or that was not driven to its end.
    pub fn take(&mut self, mut call: Call) -> Result<S> {
        let phase = self.find(&call)?.phase;
        if phase != Phase::Driven {
            return Err(Error::misuse(format!(
                "expected a call that was driven to its end, found the call of `{}`, which was not",
                call.func.name()
            )));
        }
        call.number = 0;
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
