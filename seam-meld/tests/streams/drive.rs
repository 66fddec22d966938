//! The calls of `drives.txt` and its like, one run for each heading.

use std::collections::HashMap;

use crate::parts::{Parts, file};

/// A heading and the calls below it.
pub(crate) struct Drive {
    pub(crate) title: String,
    lines: Vec<String>,
}

/// Reads all runs.
pub(crate) fn drives(name: &str) -> Vec<Drive> {
    let text = std::fs::read_to_string(file(name)).unwrap();
    let mut drives: Vec<Drive> = Vec::new();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        match (line.strip_prefix("# "), drives.last_mut()) {
            (Some(title), _) => drives.push(Drive {
                title: title.to_string(),
                lines: Vec::new(),
            }),
            (None, _) if line.starts_with(';') => {}
            (None, Some(drive)) => drive.lines.push(line.to_string()),
            (None, None) => panic!("a call before the first heading: {line}"),
        }
    }
    drives
}

impl Drive {
    /// Makes the calls, and checks every result.
    ///
    /// # Errors
    /// The first call with another result, and this result.
    pub(crate) fn run(&self, parts: &mut Parts) -> Result<(), String> {
        let mut named = HashMap::new();
        let mut lines = self.lines.iter();
        lines.try_for_each(|line| self.step(parts, &mut named, line))
    }

    fn step(
        &self,
        parts: &mut Parts,
        named: &mut HashMap<String, i64>,
        line: &str,
    ) -> Result<(), String> {
        let (names, rest) = match line.split_once(" = ") {
            Some((names, rest)) => (names, rest),
            None => ("", line),
        };
        let (call, expected) = match rest.split_once(" => ") {
            Some((call, expected)) => (call, Some(expected.trim().parse::<i64>().unwrap())),
            None => (rest, None),
        };
        let (name, args) = call
            .trim()
            .strip_suffix(')')
            .unwrap()
            .split_once('(')
            .unwrap();
        let args = args.split(',').map(str::trim).filter(|arg| !arg.is_empty());
        let args: Vec<i64> = args
            .map(|arg| arg.parse().unwrap_or_else(|_| named[arg]))
            .collect();
        if let Some((readable, writable)) = names.split_once(", ") {
            let pair = parts.open(name);
            named.insert(readable.to_string(), pair.0);
            named.insert(writable.to_string(), pair.1);
            return Ok(());
        }
        let found = parts.call(name, &args);
        match found == expected.unwrap_or(0) {
            true => Ok(()),
            false => Err(format!("{}: {line}, found {found}", self.title)),
        }
    }
}
