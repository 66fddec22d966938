//! A guest in the hermetic world, and all observations of its run.

use seam_core::{
    Digest, ErrorKind, Exit, HostCallRecord, List, Observed, Program, ProgramExt, Value, World,
};
use seam_wasi::{FileTree, FileTreeEntry, Wasi};

use super::expect::same;
use super::{Checked, Failure};

/// Creates a hermetic world with these arguments after the program's name.
pub(crate) fn wasi(program: &str, words: &[&str]) -> Wasi {
    Wasi::hermetic().args(std::iter::once(program).chain(words.iter().copied()))
}

/// A run that has ended.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) ended: seam_core::Result<Exit>,
    pub(crate) observed: Observed,
}

/// Runs a guest to its end and records its host calls.
pub(crate) fn see(program: &dyn Program, wasi: Wasi) -> Result<Seen, Failure> {
    see_in(program, &wasi.add_to(World::new())?.record(true))
}

/// Runs a guest to its end.
pub(crate) fn see_in(program: &dyn Program, world: &World) -> Result<Seen, Failure> {
    let mut instance = program.instantiate_blocking(world)?;
    Ok(Seen {
        ended: instance.run_blocking(),
        observed: instance.observed().clone(),
    })
}

impl Seen {
    pub(crate) fn stdout(&self) -> String {
        String::from_utf8_lossy(&self.observed.stdout).into_owned()
    }

    pub(crate) fn stderr(&self) -> String {
        String::from_utf8_lossy(&self.observed.stderr).into_owned()
    }

    /// Returns the exit code.
    pub(crate) fn code(self) -> Result<i32, Failure> {
        Ok(self.ended?.code)
    }

    /// Returns the file system in memory as the guest left it.
    pub(crate) fn tree(&self) -> Result<FileTree, Failure> {
        FileTree::of(&self.observed)
            .ok_or_else(|| Failure::new("expected a file tree beside the output, found none"))
    }

    /// Checks that the run ended with this code and this output.
    pub(crate) fn prints(self, code: i32, stdout: &str, stderr: &str) -> Checked {
        let (found, complaint) = (self.stdout(), self.stderr());
        let ended = match self.code() {
            // The backend may lack what the case needs.
            Err(failure) if failure.is_unsupported() => return Err(failure),
            ended => ended,
        };
        same("stdout", found, stdout)?;
        same("stderr", complaint, stderr)?;
        same("exit code", ended?, code)
    }

    /// Returns all observations in the text form of golden data.
    pub(crate) fn text(&self) -> Result<String, Failure> {
        let ended = match &self.ended {
            Ok(exit) => format!("exit {}", exit.code),
            Err(error) => match error.kind() {
                ErrorKind::Trap(trap) => format!("trap {trap}"),
                kind => format!("{kind:?}"),
            },
        };
        let mut text = format!("ended: {ended}\n");
        for (title, part) in [("stdout", self.stdout()), ("stderr", self.stderr())] {
            let end = if part.ends_with('\n') || part.is_empty() {
                ""
            } else {
                "\n"
            };
            text += &format!("\n--- {title}, {} bytes\n{part}{end}", part.len());
        }
        text += "\n--- files\n";
        for (path, entry) in self.tree()?.iter() {
            text += &match entry {
                FileTreeEntry::File(bytes) => {
                    format!("{path} {:?}\n", String::from_utf8_lossy(bytes))
                }
                other => format!("{path} {other:?}\n"),
            };
        }
        text += "\n--- host calls\n";
        for call in &self.observed.host_calls {
            text += &line(call);
        }
        Ok(text)
    }
}

/// Formats a host call on one line.
fn line(call: &HostCallRecord) -> String {
    let args: Vec<String> = call.args.iter().map(shown).collect();
    let result = match &call.result {
        Ok(None) => String::new(),
        Ok(Some(value)) => format!(" = {}", shown(value)),
        Err(message) => format!(" failed: {message}"),
    };
    format!("{}({}){result}\n", call.name, args.join(", "))
}

/// Formats a value briefly: few bytes as text, many bytes by their number and digest.
fn shown(value: &Value) -> String {
    match value {
        Value::List(List::U8(bytes)) if bytes.len() > 64 => {
            format!("[{} bytes, {}]", bytes.len(), Digest::of(bytes))
        }
        Value::List(List::U8(bytes)) => format!("b\"{}\"", bytes.escape_ascii()),
        Value::Result(Ok(Some(value))) => format!("ok({})", shown(value)),
        other => other.to_string(),
    }
}

/// Checks that the texts are equal, or names the first line that differs.
pub(crate) fn golden(name: &str, found: &str, expected: &str) -> Checked {
    let pairs = found.lines().zip(expected.lines());
    for (index, (found, expected)) in pairs.enumerate() {
        same(format_args!("{name}, line {}", index + 1), found, expected)?;
    }
    let (found, expected) = (found.lines().count(), expected.lines().count());
    same(format_args!("{name}, number of lines"), found, expected)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn golden_data_names_the_line_that_differs() {
        assert!(golden("tour", "a\nb\n", "a\nb\n").is_ok());
        let message = |found| {
            let failure = golden("tour", found, "a\nb\n").expect_err("another text");
            failure.to_string()
        };
        let line = r#"tour, line 2: expected "b", found "c""#;
        assert_eq!(message("a\nc\n"), line);
        for found in ["a\n", "a\nb\nc\n", ""] {
            assert!(
                message(found).starts_with("tour, number of lines"),
                "{found}"
            );
        }
    }

    #[test]
    fn bytes_are_shown_as_text_or_in_short() {
        let bytes = |n| Value::Result(Ok(Some(Box::new(vec![b'\n'; n].into()))));
        assert_eq!(shown(&bytes(2)), r#"ok(b"\n\n")"#);
        assert_eq!(shown(&bytes(65)), "ok([65 bytes, xxh3:0e54fb08812c7b30])");
    }
}
