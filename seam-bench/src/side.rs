//! One way of doing the work of a row.

use std::hint::black_box;
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
        Self(Box::new(Timed { work, answer }))
    }

    /// Creates a side whose work returns the answer itself.
    pub(crate) fn of<T: Into<Value> + 'static>(
        work: impl FnMut() -> Result<T, Failure> + 'static,
    ) -> Self {
        Self::new(work, |answer| Ok(answer.into()))
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

struct Timed<W, A> {
    work: W,
    answer: A,
}

impl<T, W, A> Work for Timed<W, A>
where
    W: FnMut() -> Result<T, Failure>,
    A: Fn(T) -> Result<Value, Failure>,
{
    fn time(&mut self, times: u32) -> Result<Duration, Failure> {
        let start = Instant::now();
        for _ in 0..times {
            black_box((self.work)()?);
        }
        Ok(start.elapsed())
    }

    fn answer(&mut self) -> Result<Value, Failure> {
        (self.answer)((self.work)()?)
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
