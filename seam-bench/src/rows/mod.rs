//! All rows, by section.

mod call;
mod compose;
mod glue;
mod host;
mod observe;
mod real;
mod resource;
mod start;
mod state;
mod thread;
mod value;

use crate::row::Entry;

/// The section whose rows are a page of their own.
pub(crate) const OBSERVING: &str = "observing";

/// The sections with their rows, in the order of the report.
pub(crate) const SECTIONS: &[(&str, &[Entry])] = &[
    ("calls", call::ROWS),
    ("values", value::ROWS),
    ("real guests", real::ROWS),
    ("guest to guest", compose::ROWS),
    ("host calls", host::ROWS),
    ("resources", resource::ROWS),
    ("start", start::ROWS),
    ("threads", thread::ROWS),
    ("state and names", state::ROWS),
    ("without re-entry", glue::ROWS),
    (OBSERVING, observe::ROWS),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::agree;
    use std::collections::BTreeSet;

    #[test]
    fn the_sides_of_every_row_compute_the_same_answer() {
        for (section, entry) in all() {
            let agreed = (entry.make)().and_then(|mut row| agree(&mut row));
            assert!(agreed.is_ok(), "{section}: {}: {agreed:?}", entry.name);
        }
    }

    #[test]
    fn work_can_be_repeated() {
        for (section, entry) in all() {
            let mut row = (entry.make)().unwrap();
            for (side, work) in row.sides() {
                let repeated = work.time(2).and_then(|_| work.time(1));
                assert!(repeated.is_ok(), "{section}: {}: {side}", entry.name);
            }
        }
    }

    #[test]
    fn every_subject_has_a_name_and_a_bound_of_its_row() {
        let mut names = BTreeSet::new();
        for (section, entry) in all() {
            assert!(names.insert((section, entry.name)), "{}", entry.name);
            let row = (entry.make)().unwrap();
            let mut subjects = BTreeSet::new();
            for subject in &row.subjects {
                assert!(subjects.insert(subject.name.clone()), "{}", entry.name);
                let bound = subject.beside.bound;
                let known = row.bounds.iter().any(|(known, _)| *known == bound);
                assert!(known, "{section}: {}: {bound:?}", entry.name);
            }
            assert!(!row.subjects.is_empty(), "{}", entry.name);
        }
    }

    fn all() -> impl Iterator<Item = (&'static str, &'static Entry)> {
        let rows = SECTIONS.iter();
        rows.flat_map(|(section, rows)| rows.iter().map(move |entry| (*section, entry)))
    }
}
