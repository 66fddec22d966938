//! The command line.

use std::time::Duration;

use clap::{Parser, ValueEnum};

/// Compares seam with the engines' own APIs.
#[derive(Clone, Debug, Parser)]
#[command(name = "seam-bench")]
pub(crate) struct Options {
    /// Runs only rows whose section or name contains one of these words.
    words: Vec<String>,
    /// Takes fewer samples.
    #[arg(long)]
    quick: bool,
    /// Chooses how to print the report.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
    /// Rewrites the pages and charts in docs/ too. Needs the whole table, so it takes no words.
    #[arg(long, conflicts_with_all = ["words", "quick"])]
    pub(crate) write: bool,
    /// Measures in this many processes, and reports the medians. The default is 5 with `--write`, and 1
    /// otherwise.
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..))]
    processes: Option<u32>,
    /// Lists the names of the rows and exits.
    #[arg(long)]
    pub(crate) list: bool,
    /// Repeats the work of the rows this many times instead of measuring it, for a profiler.
    #[arg(long, value_name = "TIMES", conflicts_with_all = ["quick", "write", "list"])]
    pub(crate) repeat: Option<u32>,
    /// Repeats only the work of this side, e.g. `wasmi` or `wasmi by hand`.
    #[arg(long, value_name = "NAME", requires = "repeat")]
    side: Option<String>,
}

/// The form of the report on standard output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// A table.
    Text,
    /// One JSON document.
    Json,
}

impl Options {
    /// Reads the options. Exits the process if they are wrong.
    pub(crate) fn of_command_line() -> Self {
        Self::parse()
    }

    /// Returns in how many processes the rows are measured.
    pub(crate) fn processes(&self) -> u32 {
        self.processes.unwrap_or(if self.write { 5 } else { 1 })
    }

    /// Returns the arguments for a process that measures once what these options select.
    pub(crate) fn of_one_process(&self) -> Vec<String> {
        let mut args: Vec<String> = ["--format", "json", "--processes", "1"]
            .map(String::from)
            .into();
        if self.quick {
            args.push("--quick".into());
        }
        args.push("--".into());
        args.extend(self.words.iter().cloned());
        args
    }

    /// Returns whether a row is selected.
    pub(crate) fn selects(&self, section: &str, name: &str) -> bool {
        let full = format!("{section}: {name}").to_lowercase();
        let contains = |word: &String| full.contains(&word.to_lowercase());
        self.words.is_empty() || self.words.iter().any(contains)
    }

    /// Returns whether the work of a side is to be repeated.
    pub(crate) fn selects_side(&self, name: &str) -> bool {
        self.side.as_ref().is_none_or(|side| side == name)
    }

    /// Returns the number of rounds, if the row is not cut short by [`Options::longest`].
    pub(crate) fn rounds(&self) -> usize {
        if self.quick { 31 } else { 201 }
    }

    /// Returns the time after which a row gets no further round.
    pub(crate) fn longest(&self) -> Duration {
        Duration::from_millis(if self.quick { 500 } else { 5000 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(args: &[&str]) -> Options {
        let args = ["seam-bench"].iter().chain(args);
        Options::try_parse_from(args).unwrap()
    }

    #[test]
    fn words_select_rows_by_section_or_name() {
        assert!(options(&[]).selects("calls", "add, typed"));
        assert!(options(&["ADD"]).selects("calls", "add, typed"));
        assert!(options(&["calls"]).selects("calls", "add, typed"));
        assert!(options(&["string", "typed"]).selects("calls", "add, typed"));
        assert!(!options(&["string"]).selects("calls", "add, typed"));
    }

    #[test]
    fn a_side_is_selected_by_its_whole_name() {
        let side = options(&["--repeat", "3", "--side", "wasmi"]);
        assert!(side.selects_side("wasmi") && !side.selects_side("wasmi by hand"));
        assert!(options(&["--repeat", "3"]).selects_side("wasmi by hand"));
        assert!(Options::try_parse_from(["seam-bench", "--side", "wasmi"]).is_err());
    }

    #[test]
    fn only_the_whole_table_is_written() {
        assert!(Options::try_parse_from(["seam-bench", "--write", "add"]).is_err());
        assert!(Options::try_parse_from(["seam-bench", "--write", "--quick"]).is_err());
        assert!(options(&["--write"]).write);
    }

    #[test]
    fn pages_are_measured_in_several_processes() {
        assert_eq!(options(&[]).processes(), 1);
        assert_eq!(options(&["--write"]).processes(), 5);
        assert_eq!(options(&["--write", "--processes", "3"]).processes(), 3);
        assert!(Options::try_parse_from(["seam-bench", "--processes", "0"]).is_err());
        let one = options(&["--processes", "3", "--quick", "add", "string"]).of_one_process();
        let one: Vec<&str> = one.iter().map(String::as_str).collect();
        let one = options(&one);
        assert_eq!((one.processes(), one.format), (1, Format::Json));
        assert!(one.quick && one.words == ["add", "string"] && !one.write);
    }
}
