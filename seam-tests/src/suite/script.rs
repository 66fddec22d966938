//! Reads a script and performs its directives in order.

use std::panic::{AssertUnwindSafe, catch_unwind};

use seam_core::panic_text;
use wast::lexer::Lexer;
use wast::parser::{self, ParseBuffer};
use wast::{QuoteWat, QuoteWatTest, Wast, WastDirective, WastExecute, WastInvoke};

use super::outcome::{Outcome, Step, Stop};

/// Performs directives.
pub(crate) trait Machine {
    /// Performs the directive on this line.
    fn perform(&mut self, line: usize, directive: WastDirective<'_>) -> Step;
}

/// Is told about each directive of a running script.
pub(crate) trait Listener {
    /// A directive begins. `line` counts from 1.
    fn begin(&mut self, line: usize, directive: &str);
    /// The directive has ended.
    fn end(&mut self, outcome: Outcome);
}

/// Performs the directives of a script in order.
///
/// If a directive panics, it fails, and the script goes on.
pub(crate) fn run(text: &str, machine: &mut dyn Machine, listener: &mut dyn Listener) {
    let lines = Lines::of(text);
    let mut lexer = Lexer::new(text);
    // The suite uses confusable characters in names on purpose.
    lexer.allow_confusing_unicode(true);
    let buffer = ParseBuffer::new_with_lexer(lexer);
    let script = buffer
        .as_ref()
        .map_err(|error| (error.span(), error.message()))
        .and_then(|buffer| {
            parser::parse::<Wast<'_>>(buffer).map_err(|error| (error.span(), error.message()))
        });
    match script {
        Err((span, message)) => {
            listener.begin(lines.line(span.offset()), "script");
            listener.end(Outcome::Failed {
                expected: "a script that can be read".into(),
                found: message,
            });
        }
        Ok(script) => {
            for directive in script.directives {
                let line = lines.line(directive.span().offset());
                listener.begin(line, &describe(&directive));
                let performed = catch_unwind(AssertUnwindSafe(|| machine.perform(line, directive)));
                listener.end(match performed {
                    Ok(step) => step.into(),
                    Err(payload) => Outcome::Failed {
                        expected: "no panic".into(),
                        found: format!("a panic: {}", panic_text(&*payload)),
                    },
                });
            }
        }
    }
}

/// Encodes a module or component that the script expects to be accepted.
pub(crate) fn encode(wat: &mut QuoteWat<'_>) -> Step<Vec<u8>> {
    wat.encode()
        .map_err(|error| Stop::failed("text that can be parsed", error.message()))
}

/// Encodes a module or component that the script expects to be rejected.
///
/// If the parser of the text format already rejects it, no engine sees it and the directive is not
/// counted.
pub(crate) fn encode_rejected(wat: &mut QuoteWat<'_>) -> Step<Vec<u8>> {
    match wat.to_test() {
        Ok(QuoteWatTest::Binary(bytes)) => Ok(bytes),
        Ok(QuoteWatTest::Text(_)) => wat.encode().map_err(|_| Stop::NotCounted),
        Err(_) => Err(Stop::NotCounted),
    }
}

/// Returns the directive's keyword, and what it invokes.
fn describe(directive: &WastDirective<'_>) -> String {
    let exec = |keyword: &str, exec: &WastExecute<'_>| match exec {
        WastExecute::Invoke(call) => format!("{keyword} {}", invoke(call)),
        WastExecute::Get { global, .. } => format!("{keyword} get {global:?}"),
        WastExecute::Wat(_) => format!("{keyword} module"),
    };
    match directive {
        WastDirective::Module(_) => "module".into(),
        WastDirective::ModuleDefinition(_) => "module definition".into(),
        WastDirective::ModuleInstance { .. } => "module instance".into(),
        WastDirective::AssertMalformed { .. } => "assert_malformed".into(),
        WastDirective::AssertInvalid { .. } => "assert_invalid".into(),
        WastDirective::AssertInvalidCustom { .. } => "assert_invalid_custom".into(),
        WastDirective::AssertMalformedCustom { .. } => "assert_malformed_custom".into(),
        WastDirective::Register { name, .. } => format!("register {name:?}"),
        WastDirective::Invoke(call) => invoke(call),
        WastDirective::AssertTrap { exec: what, .. } => exec("assert_trap", what),
        WastDirective::AssertReturn { exec: what, .. } => exec("assert_return", what),
        WastDirective::AssertExhaustion { call, .. } => {
            format!("assert_exhaustion {}", invoke(call))
        }
        WastDirective::AssertUnlinkable { .. } => "assert_unlinkable".into(),
        WastDirective::AssertException { exec: what, .. } => exec("assert_exception", what),
        WastDirective::AssertSuspension { exec: what, .. } => exec("assert_suspension", what),
        WastDirective::Thread(_) => "thread".into(),
        WastDirective::Wait { .. } => "wait".into(),
    }
}

fn invoke(call: &WastInvoke<'_>) -> String {
    format!("invoke {:?}", call.name)
}

/// The offsets at which the lines of a text begin.
struct Lines(Vec<usize>);

impl Lines {
    fn of(text: &str) -> Self {
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        Self(breaks.map(|(at, _)| at).collect())
    }

    /// Returns the line that contains the byte at `offset`, counting from 1.
    fn line(&self, offset: usize) -> usize {
        self.0.partition_point(|at| *at < offset) + 1
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

    use super::*;

    #[derive(Default)]
    struct Log(Vec<(usize, String, Option<Outcome>)>);

    impl Listener for Log {
        fn begin(&mut self, line: usize, directive: &str) {
            self.0.push((line, directive.into(), None));
        }

        fn end(&mut self, outcome: Outcome) {
            self.0.last_mut().unwrap().2 = Some(outcome);
        }
    }

    struct Panics;

    impl Machine for Panics {
        fn perform(&mut self, line: usize, _: WastDirective<'_>) -> Step {
            assert!(line != 3, "the third line");
            Ok(())
        }
    }

    fn log(text: &str) -> Vec<(usize, String, Option<Outcome>)> {
        let mut log = Log::default();
        run(text, &mut Panics, &mut log);
        log.0
    }

    #[test]
    fn directives_are_reported_with_their_lines_and_a_panic_is_a_failure() {
        let log = log("(module)\n\n(invoke \"f\")\n(assert_return (get \"g\"))");
        let lines: Vec<_> = log
            .iter()
            .map(|(line, what, _)| (*line, what.as_str()))
            .collect();
        assert_eq!(
            lines,
            [
                (1, "module"),
                (3, "invoke \"f\""),
                (4, "assert_return get \"g\"")
            ]
        );
        let Some(Outcome::Failed { found, .. }) = &log[1].2 else {
            unreachable!("a panic is a failure");
        };
        assert!(found.contains("the third line"), "{found}");
        assert_eq!(log[2].2, Some(Outcome::Passed));
    }

    #[test]
    fn a_script_that_cannot_be_read_is_one_failure_at_its_line() {
        let log = log("(module)\n(assert_nonsense)");
        assert_eq!(log.len(), 1);
        assert_eq!(log[0].0, 2);
        assert!(matches!(log[0].2, Some(Outcome::Failed { .. })));
    }

    #[test]
    fn text_that_reaches_no_engine_is_not_counted() {
        let text = "(assert_malformed (module quote \"(func\") \"\") \
                    (assert_invalid (module (func (drop (local.get $x)))) \"\") \
                    (assert_malformed (module quote \"(func (result i32))\") \"\") \
                    (assert_malformed (module binary \"\") \"\")";
        let buffer = ParseBuffer::new(text).unwrap();
        let script: Wast<'_> = parser::parse(&buffer).unwrap();
        let steps: Vec<_> = script
            .directives
            .into_iter()
            .map(|directive| match directive {
                WastDirective::AssertMalformed { mut module, .. }
                | WastDirective::AssertInvalid { mut module, .. } => {
                    encode_rejected(&mut module).map(|_| ())
                }
                _ => unreachable!("the script has no other"),
            })
            .collect();
        let not_counted = Err(Stop::NotCounted);
        assert_eq!(steps, [not_counted.clone(), not_counted, Ok(()), Ok(())]);
    }
}
