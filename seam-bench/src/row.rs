//! Rows: the same work in several ways, and what is demanded of seam's.

use std::time::Duration;

use crate::failure::Failure;
use crate::side::Side;

/// A benchmark before it is set up.
pub(crate) struct Entry {
    /// What is done.
    pub(crate) name: &'static str,
    /// Sets up the sides.
    pub(crate) make: fn() -> Result<Row, Failure>,
}

impl Entry {
    pub(crate) const fn new(name: &'static str, make: fn() -> Result<Row, Failure>) -> Self {
        Self { name, make }
    }
}

/// The name of a bound: an API with which subjects are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bound(pub(crate) &'static str);

/// What a subject is compared with, and the goal.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Beside {
    pub(crate) bound: Bound,
    pub(crate) goal: Option<Goal>,
}

/// What is demanded of a subject.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Goal {
    /// At most this many times the time of the bound.
    Ratio(f64),
    /// At most this time.
    Time(Duration),
}

impl Bound {
    /// Compares with this bound without a goal.
    pub(crate) const fn only(self) -> Beside {
        Beside {
            bound: self,
            goal: None,
        }
    }

    /// Demands at most this multiple of the bound's time.
    pub(crate) const fn at_most(self, ratio: f64) -> Beside {
        Beside {
            bound: self,
            goal: Some(Goal::Ratio(ratio)),
        }
    }

    /// Compares with this bound, but demands at most this time.
    pub(crate) const fn within(self, time: Duration) -> Beside {
        Beside {
            bound: self,
            goal: Some(Goal::Time(time)),
        }
    }
}

/// A side that uses seam.
pub(crate) struct Subject {
    pub(crate) name: String,
    pub(crate) side: Side,
    pub(crate) beside: Beside,
}

/// The sides of one benchmark.
pub(crate) struct Row {
    pub(crate) bounds: Vec<(Bound, Side)>,
    pub(crate) subjects: Vec<Subject>,
    /// How many operations one piece of work consists of. Times are per operation.
    pub(crate) operations: u32,
}

impl Row {
    /// Creates a row whose work is one operation.
    pub(crate) fn new() -> Self {
        Self::of_operations(1)
    }

    /// Creates a row whose work consists of this many operations.
    pub(crate) fn of_operations(operations: u32) -> Self {
        Self {
            bounds: Vec::new(),
            subjects: Vec::new(),
            operations,
        }
    }

    /// Adds a bound.
    pub(crate) fn bound(mut self, bound: Bound, side: Side) -> Self {
        self.bounds.push((bound, side));
        self
    }

    /// Adds a subject.
    pub(crate) fn subject(mut self, name: impl Into<String>, side: Side, beside: Beside) -> Self {
        self.subjects.push(Subject {
            name: name.into(),
            side,
            beside,
        });
        self
    }

    /// Returns all sides with their names, bounds first.
    pub(crate) fn sides(&mut self) -> impl Iterator<Item = (&str, &mut Side)> {
        let bounds = self.bounds.iter_mut().map(|(bound, side)| (bound.0, side));
        let subjects = self.subjects.iter_mut();
        bounds.chain(subjects.map(|subject| (&*subject.name, &mut subject.side)))
    }
}
