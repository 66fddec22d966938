//! Interleaved samples of the sides of a row.

use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::failure::Failure;
use crate::options::Options;
use crate::row::{Goal, Row};
use crate::side::Side;
use crate::statistics::Median;

/// The time that one sample should take: shorter than a time slice of the operating system.
const SAMPLE: Duration = Duration::from_micros(250);

/// The time that the calls before a sample should take, which are not measured.
const WARM_UP: Duration = Duration::from_millis(1);

/// The most calls before a sample.
const MOST_WARM_UPS: u32 = 8;

/// The rounds that even the slowest row gets.
const FEWEST_ROUNDS: usize = 5;

/// A measured row.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Measured {
    pub(crate) section: String,
    pub(crate) row: String,
    pub(crate) rounds: usize,
    /// Nanoseconds per operation of each bound.
    pub(crate) bounds: Vec<(String, Median)>,
    pub(crate) subjects: Vec<Compared>,
}

/// A measured subject beside its bound.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Compared {
    pub(crate) name: String,
    /// Nanoseconds per operation.
    pub(crate) time: Median,
    /// The bound that it is compared with.
    pub(crate) bound: String,
    /// Median of the ratios within the rounds.
    pub(crate) ratio: Median,
    /// At most this ratio is demanded.
    pub(crate) goal_ratio: Option<f64>,
    /// At most this many nanoseconds are demanded.
    pub(crate) goal_time: Option<f64>,
    /// Whether the goal is met, if there is a goal.
    pub(crate) met: Option<bool>,
}

/// The nanoseconds per operation of one side, one for each round.
struct Samples {
    /// How often the work is repeated before a sample.
    warm_ups: u32,
    /// How often the work is repeated in a sample.
    times: u32,
    nanoseconds: Vec<f64>,
}

/// Measures a row.
///
/// # Errors
/// The first error of a side, and sides that do not agree.
pub(crate) fn measure(
    section: &str,
    name: &str,
    mut row: Row,
    options: &Options,
) -> Result<Measured, Failure> {
    agree(&mut row)?;
    let operations = f64::from(row.operations);
    let mut samples = Vec::new();
    for (_, side) in row.sides() {
        let (times, one) = calibrate(side)?;
        samples.push(Samples {
            warm_ups: warm_ups(one),
            times,
            nanoseconds: Vec::new(),
        });
    }
    let start = Instant::now();
    let mut rounds = 0;
    while rounds < options.rounds()
        && (rounds < FEWEST_ROUNDS || start.elapsed() < options.longest())
    {
        let mut sides: Vec<_> = row.sides().zip(&mut samples).collect();
        let count = sides.len().max(1);
        sides.rotate_left(rounds % count);
        for ((_, side), samples) in sides {
            // The side before has left its own code and data in the caches, and its own branches in
            // the branch predictor.
            side.time(samples.warm_ups)?;
            let elapsed = side.time(samples.times)?;
            let all = f64::from(samples.times) * operations;
            samples.nanoseconds.push(elapsed.as_nanos() as f64 / all);
        }
        rounds += 1;
    }
    Ok(compare(section, name, &row, rounds, &samples))
}

/// Checks that all sides compute the same answer, so that none of them is fast because it is wrong.
///
/// # Errors
/// Two sides whose answers differ, and the first error of a side.
pub(crate) fn agree(row: &mut Row) -> Result<(), Failure> {
    let mut first = None;
    for (name, side) in row.sides() {
        let answer = side.answer()?;
        let (of, expected) = first.get_or_insert_with(|| (name.to_owned(), answer.clone()));
        if answer != *expected {
            return Err(format!("{of} and {name} compute different answers").into());
        }
    }
    Ok(())
}

/// Returns how often the work must be repeated to take about as long as a sample should, and how long
/// it takes once.
fn calibrate(side: &mut Side) -> Result<(u32, Duration), Failure> {
    let mut times = 1u32;
    loop {
        let elapsed = side.time(times)?;
        if elapsed >= SAMPLE / 2 || times >= 1 << 24 {
            let wanted = SAMPLE.as_nanos() as f64 / elapsed.as_nanos().max(1) as f64;
            let scaled = (f64::from(times) * wanted).round();
            return Ok(((scaled as u32).clamp(1, 1 << 24), elapsed / times));
        }
        times *= 2;
    }
}

/// Returns how often work is repeated before a sample, if it takes this long.
///
/// Once is not enough for work of a tenth of a millisecond, which is a sample by itself: after another
/// side has run for milliseconds, the second load of a component still takes about a tenth longer than
/// the fifth.
fn warm_ups(one: Duration) -> u32 {
    let fit = WARM_UP.as_nanos() / one.as_nanos().max(1);
    u32::try_from(fit)
        .unwrap_or(u32::MAX)
        .clamp(1, MOST_WARM_UPS)
}

fn compare(section: &str, name: &str, row: &Row, rounds: usize, samples: &[Samples]) -> Measured {
    let (of_bounds, of_subjects) = samples.split_at(row.bounds.len().min(samples.len()));
    let median = |samples: &Samples| Median::of(samples.nanoseconds.iter().copied());
    let bounds = row.bounds.iter().map(|(bound, _)| bound.0.to_owned());
    let subjects = row.subjects.iter().zip(of_subjects);
    let subjects = subjects.map(|(subject, samples)| {
        let beside = row.bounds.iter().zip(of_bounds);
        let mut beside = beside.filter(|((bound, _), _)| *bound == subject.beside.bound);
        let bound = beside.next().map(|(_, samples)| &*samples.nanoseconds);
        let pairs = samples.nanoseconds.iter().zip(bound.unwrap_or_default());
        let ratio = Median::of(pairs.map(|(subject, bound)| subject / bound));
        compared(subject, median(samples), ratio)
    });
    Measured {
        section: section.to_owned(),
        row: name.to_owned(),
        rounds,
        bounds: bounds.zip(of_bounds.iter().map(median)).collect(),
        subjects: subjects.collect(),
    }
}

fn compared(subject: &crate::row::Subject, time: Median, ratio: Median) -> Compared {
    let (goal_ratio, goal_time) = match subject.beside.goal {
        Some(Goal::Ratio(ratio)) => (Some(ratio), None),
        Some(Goal::Time(time)) => (None, Some(time.as_nanos() as f64)),
        None => (None, None),
    };
    let mut compared = Compared {
        name: subject.name.clone(),
        time,
        bound: subject.beside.bound.0.to_owned(),
        ratio,
        goal_ratio,
        goal_time,
        met: None,
    };
    compared.judge();
    compared
}

impl Compared {
    /// Decides whether the goal is met.
    pub(crate) fn judge(&mut self) {
        let met_ratio = self.goal_ratio.map(|goal| self.ratio.value <= goal);
        let met_time = self.goal_time.map(|goal| self.time.value <= goal);
        self.met = met_ratio.or(met_time);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::indexing_slicing, reason = "tests")]

    use super::*;
    use crate::row::Bound;

    fn row(beside: impl Fn(Bound) -> crate::row::Beside) -> Row {
        const BOUND: Bound = Bound("engine");
        let side = || Side::of(|| Ok(1u32));
        let other = Side::of(|| Ok(1u32));
        Row::of_operations(2)
            .bound(Bound("other"), other)
            .bound(BOUND, side())
            .subject("seam", side(), beside(BOUND))
    }

    #[test]
    fn sides_with_different_answers_are_an_error() {
        let mut good = row(Bound::only);
        assert!(agree(&mut good).is_ok());
        let wrong = Side::of(|| Ok(2u32));
        let mut bad = row(Bound::only).subject("wrong", wrong, Bound("engine").only());
        let message = agree(&mut bad).unwrap_err().to_string();
        assert_eq!(message, "other and wrong compute different answers");
    }

    fn samples(nanoseconds: &[f64]) -> Samples {
        Samples {
            warm_ups: 1,
            times: 1,
            nanoseconds: nanoseconds.to_vec(),
        }
    }

    #[test]
    fn ratios_pair_the_samples_of_a_round() {
        // The machine is ten times slower in the second round; the ratio is the same.
        let all = [
            samples(&[9.0, 9.0, 9.0]),
            samples(&[10.0, 100.0, 10.0]),
            samples(&[20.0, 200.0, 20.0]),
        ];
        let measured = compare("s", "r", &row(|bound| bound.at_most(2.5)), 3, &all);
        let subject = &measured.subjects[0];
        assert_eq!((subject.ratio.value, subject.ratio.deviation), (2.0, 0.0));
        assert_eq!((&*subject.bound, subject.met), ("engine", Some(true)));
        let measured = compare("s", "r", &row(|bound| bound.at_most(1.9)), 3, &all);
        assert_eq!(measured.subjects[0].met, Some(false));
        let short = Duration::from_nanos(19);
        let measured = compare("s", "r", &row(|bound| bound.within(short)), 3, &all);
        assert_eq!(measured.subjects[0].met, Some(false));
        let measured = compare("s", "r", &row(Bound::only), 3, &all);
        assert_eq!(measured.subjects[0].met, None);
    }

    #[test]
    fn short_work_is_repeated_before_a_sample_and_long_work_is_done_once() {
        let times = [0, 10, 140_000, 250_000, 700_000, 12_000_000];
        let times = times.map(|nanos| warm_ups(Duration::from_nanos(nanos)));
        assert_eq!(times, [8, 8, 7, 4, 1, 1]);
    }
}
