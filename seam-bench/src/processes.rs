//! Measuring in several processes.

use std::process::{Command, Stdio};

use serde::de::DeserializeOwned;

use crate::failure::Failure;
use crate::measure::{Compared, Measured};
use crate::options::Options;
use crate::statistics::Median;

/// Measures in several processes, one after the other. `rows` takes the rows out of the report that each
/// of them prints as JSON.
///
/// # Errors
/// A process that cannot be started or fails. Those of [`combine`].
pub(crate) fn measure_in<R: DeserializeOwned>(
    processes: u32,
    options: &Options,
    rows: impl Fn(R) -> Vec<Measured>,
) -> Result<Vec<Measured>, Failure> {
    let mut measured = Vec::new();
    for process in 1..=processes {
        eprintln!("process {process} of {processes}");
        let mut command = Command::new(std::env::current_exe()?);
        let command = command.args(options.of_one_process());
        let output = command.stderr(Stdio::inherit()).output()?;
        if !output.status.success() {
            return Err(format!("process {process}: {}", output.status).into());
        }
        measured.push(rows(serde_json::from_slice(&output.stdout)?));
    }
    combine(&measured)
}

/// Combines what several processes have measured: the medians of their medians, with the deviations
/// between the processes.
///
/// # Errors
/// Processes that have measured other rows or sides than the first.
fn combine(processes: &[Vec<Measured>]) -> Result<Vec<Measured>, Failure> {
    let Some(first) = processes.first() else {
        return Ok(Vec::new());
    };
    let mut combined = first.clone();
    for (index, row) in combined.iter_mut().enumerate() {
        let same: Option<Vec<&Measured>> = processes
            .iter()
            .map(|rows| rows.get(index).filter(|other| other.is_of(row)))
            .collect();
        let same =
            same.ok_or_else(|| format!("{}: expected it in this place of every process", row.row))?;
        let rounds = same.iter().map(|row| row.rounds).sum();
        let bounds = (0..row.bounds.len())
            .map(|bound| median_of(same.iter().filter_map(|row| Some(row.bounds.get(bound)?.1))));
        let bounds: Vec<Median> = bounds.collect();
        for (index, subject) in row.subjects.iter_mut().enumerate() {
            let of = |part: fn(&Compared) -> Median| {
                median_of(
                    same.iter()
                        .filter_map(|row| row.subjects.get(index).map(part)),
                )
            };
            let (time, ratio) = (of(|subject| subject.time), of(|subject| subject.ratio));
            (subject.time, subject.ratio) = (time, ratio);
            subject.judge();
        }
        row.rounds = rounds;
        for ((_, bound), median) in row.bounds.iter_mut().zip(bounds) {
            *bound = median;
        }
    }
    Ok(combined)
}

fn median_of(medians: impl Iterator<Item = Median>) -> Median {
    Median::of(medians.map(|median| median.value))
}

impl Measured {
    /// Returns whether another process has measured the same row with the same sides.
    fn is_of(&self, other: &Measured) -> bool {
        let bounds = |row: &Measured| {
            row.bounds
                .iter()
                .map(|(name, _)| name.clone())
                .collect::<Vec<_>>()
        };
        let names = |subject: &Compared| (subject.name.clone(), subject.bound.clone());
        let subjects = |row: &Measured| row.subjects.iter().map(names).collect::<Vec<_>>();
        (&self.section, &self.row) == (&other.section, &other.row)
            && bounds(self) == bounds(other)
            && subjects(self) == subjects(other)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::indexing_slicing, reason = "tests")]

    use super::*;

    /// A row whose bound takes 10 ns.
    fn process(seam: f64) -> Vec<Measured> {
        let median = |value| Median {
            value,
            deviation: 0.0,
        };
        let mut subject = Compared {
            name: "seam".into(),
            time: median(seam),
            bound: "engine".into(),
            ratio: median(seam / 10.0),
            goal_ratio: Some(1.5),
            goal_time: None,
            met: None,
        };
        subject.judge();
        vec![Measured {
            section: "s".into(),
            row: "r".into(),
            rounds: 7,
            bounds: vec![("engine".into(), median(10.0))],
            subjects: vec![subject],
        }]
    }

    #[test]
    fn processes_are_combined_by_their_medians() {
        // The goal is missed in one process of three.
        let all = [process(12.0), process(40.0), process(14.0)];
        assert_eq!(all[1][0].subjects[0].met, Some(false));
        let combined = combine(&all).unwrap();
        let subject = &combined[0].subjects[0];
        assert_eq!((combined.len(), combined[0].rounds), (1, 21));
        assert_eq!((subject.time.value, subject.time.deviation), (14.0, 2.0));
        assert!(
            (subject.ratio.value - 1.4).abs() < 1e-9,
            "{:?}",
            subject.ratio
        );
        assert_eq!(subject.met, Some(true));
        assert_eq!(combined[0].bounds[0].1.value, 10.0);
        let mut other = process(12.0);
        other[0].row = "another".into();
        let message = combine(&[process(12.0), other]).unwrap_err().to_string();
        assert_eq!(message, "r: expected it in this place of every process");
        assert!(combine(&[process(12.0), Vec::new()]).is_err());
    }
}
