//! The limits of a scenario.

use std::fmt;

use seam_core::{Limit, Limits, Result};

use super::read::Table;
use super::text::{At, Text};
use crate::units;

/// Reads the table `[limits]`.
///
/// # Errors
/// `Misuse`, with its place, for text that is not a valid duration or size.
pub(super) fn limits(text: &Text, table: Option<Table<'_>>) -> Result<Limits> {
    let mut limits = Limits::new();
    let Some(table) = table else {
        return Ok(limits);
    };
    let count = |key: &str| table.count(key).and_then(|n| u64::try_from(n.value).ok());
    let size = |key: &str| read(text, key, table.word(key), units::bytes);
    limits.fuel = count("fuel");
    limits.deadline = read(text, "deadline", table.text("deadline"), units::duration)?;
    limits.memory = size("memory")?;
    limits.table_elements = count("table-elements");
    limits.instances = count("instances");
    let depth = count("host-depth").and_then(|depth| u32::try_from(depth).ok());
    limits.host_depth = depth.unwrap_or(limits.host_depth);
    limits.lifted = size("lifted")?.unwrap_or(limits.lifted);
    limits.output = size("output")?.unwrap_or(limits.output);
    Ok(limits)
}

/// Reads a word of the file by a function of [`units`].
///
/// # Errors
/// `Misuse` with the place.
pub(super) fn read<T, E: fmt::Display>(
    text: &Text,
    key: &str,
    word: Option<At<String>>,
    parse: impl Fn(&str) -> Result<T, E>,
) -> Result<Option<T>> {
    let parsed = word.map(|word| {
        parse(&word.value).map_err(|error| text.fault(word.at, format!("`{key}`: {error}")))
    });
    parsed.transpose()
}

/// The limits with their words in scenarios and goldens.
pub(super) const WORDS: [(Limit, &str); 8] = [
    (Limit::Fuel, "fuel"),
    (Limit::Deadline, "deadline"),
    (Limit::Memory, "memory"),
    (Limit::TableElements, "table-elements"),
    (Limit::Instances, "instances"),
    (Limit::HostDepth, "host-depth"),
    (Limit::Lifted, "lifted"),
    (Limit::Output, "output"),
];

/// Returns the word for a limit, if a scenario can set it.
pub(super) fn word(limit: Limit) -> Option<&'static str> {
    let found = WORDS.iter().find(|(known, _)| *known == limit);
    found.map(|(_, word)| *word)
}

/// Returns the limit with this word.
pub(super) fn named(word: &str) -> Option<Limit> {
    let found = WORDS.iter().find(|(_, known)| *known == word);
    found.map(|(limit, _)| *limit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::shape;

    #[test]
    fn the_schema_has_the_word_of_each_limit() {
        let words = WORDS.map(|(_, word)| word);
        assert_eq!(shape::LIMITS, words);
        let mut keys: Vec<&str> = shape::LIMIT.keys.iter().map(|key| key.name).collect();
        let mut words = words.to_vec();
        keys.sort_unstable();
        words.sort_unstable();
        assert_eq!(keys, words);
    }
}
