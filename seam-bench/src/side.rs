//! One way of doing the work of a row.

use std::hint::black_box;
use std::marker::PhantomData;
use std::time::{Duration, Instant};

use seam_core::Value;

use crate::failure::Failure;

/// One way of doing the work of a row.
pub(crate) struct Side(Box<dyn Work>);

impl Side {
    /// Creates a side from its work and from the answer that the outcome of the work contains.
    ///
    /// Only `work` is timed, together with dropping its outcome.
    pub(crate) fn new<T: 'static>(
        work: impl FnMut() -> Result<T, Failure> + 'static,
        answer: impl Fn(T) -> Result<Value, Failure> + 'static,
    ) -> Self {
        Self::timed(work, answer)
    }

    /// Creates a side whose work returns the answer itself.
    pub(crate) fn of<T: Into<Value> + 'static>(
        work: impl FnMut() -> Result<T, Failure> + 'static,
    ) -> Self {
        Self::new(work, |answer| Ok(answer.into()))
    }

    /// Creates a side whose work is a call of seam by value.
    ///
    /// It returns what the API returns: to change a result moves it, which takes nanoseconds.
    pub(crate) fn of_call(
        work: impl FnMut() -> seam_core::Result<Option<Value>> + 'static,
    ) -> Self {
        Self::timed(work, |result| Ok(result.ok_or("expected a result")?))
    }

    /// Creates a side whose work is a typed call of seam.
    pub(crate) fn of_typed<T: Into<Value> + 'static>(
        work: impl FnMut() -> seam_core::Result<T> + 'static,
    ) -> Self {
        Self::of_typed_with(work, T::into)
    }

    /// Creates a side whose work is a typed call of seam, whose result contains the answer.
    pub(crate) fn of_typed_with<T: 'static>(
        work: impl FnMut() -> seam_core::Result<T> + 'static,
        answer: impl Fn(T) -> Value + 'static,
    ) -> Self {
        Self::timed(work, move |result| Ok(answer(result)))
    }

    fn timed<T: 'static, E: Into<Failure> + 'static>(
        work: impl FnMut() -> Result<T, E> + 'static,
        answer: impl Fn(T) -> Result<Value, Failure> + 'static,
    ) -> Self {
        let outcome = PhantomData;
        Self(Box::new(Timed {
            work,
            answer,
            outcome,
        }))
    }

    /// Does the work this many times, and returns the time that it took.
    ///
    /// # Errors
    /// The first error of the work.
    pub(crate) fn time(&mut self, times: u32) -> Result<Duration, Failure> {
        self.0.time(times)
    }

    /// Does the work once, and returns its answer.
    ///
    /// # Errors
    /// Those of the work.
    pub(crate) fn answer(&mut self) -> Result<Value, Failure> {
        self.0.answer()
    }
}

trait Work {
    fn time(&mut self, times: u32) -> Result<Duration, Failure>;
    fn answer(&mut self) -> Result<Value, Failure>;
}

struct Timed<T, E, W, A> {
    work: W,
    answer: A,
    outcome: PhantomData<fn() -> Result<T, E>>,
}

impl<T, E, W, A> Work for Timed<T, E, W, A>
where
    E: Into<Failure>,
    W: FnMut() -> Result<T, E>,
    A: Fn(T) -> Result<Value, Failure>,
{
    fn time(&mut self, times: u32) -> Result<Duration, Failure> {
        let start = Instant::now();
        for _ in 0..times {
            black_box((self.work)().map_err(Into::into)?);
        }
        Ok(start.elapsed())
    }

    fn answer(&mut self) -> Result<Value, Failure> {
        (self.answer)((self.work)().map_err(Into::into)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;
    use std::rc::Rc;

    #[test]
    fn timing_does_the_work_as_often_as_asked() {
        let count = Rc::new(Cell::new(0u32));
        let counted = count.clone();
        let mut side = Side::of(move || {
            counted.set(counted.get() + 1);
            Ok(counted.get())
        });
        side.time(7).unwrap();
        assert_eq!(count.get(), 7);
        assert_eq!(side.answer().unwrap(), Value::U32(8));
    }

    #[test]
    fn a_failing_side_returns_its_error() {
        let mut side = Side::of(|| Err::<u32, _>("broken".into()));
        assert_eq!(side.time(1).unwrap_err().to_string(), "broken");
    }
}
