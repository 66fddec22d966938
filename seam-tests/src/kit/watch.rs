//! Runs a case where nothing that it provokes ends the process: on a thread of its own, with a
//! stated stack, and watched.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use seam_core::Error;

use super::excuse::{self, Excuses};
use super::{Case, Checked, Failure, Subject};

/// Bytes of native stack that every case runs on, whatever the thread that asks for it has.
///
/// It is enough for the default of [`Limits::host_depth`](seam_core::Limits::host_depth) on engines
/// that are compiled without optimisation.
pub const STACK: usize = 16 << 20;

/// How long a case may take before it counts as one that hangs. No case needs a hundredth of it.
pub const PATIENCE: Duration = Duration::from_secs(600);

/// What is left of the stack when a case gives up: enough to return an error through an engine.
const MARGIN: usize = 2 << 20;

/// What to do where a case does not fit.
const ADVICE: &str = "compile the engine with optimisation \
    (`[profile.dev.package.\"*\"] opt-level = 1` in the workspace's manifest), let the adapter run \
    deep calls on a stack of their own, or set a lower `Limits::host_depth`";

thread_local! {
    /// An address near the base of the stack of a case's thread.
    static BASE: Cell<Option<usize>> = const { Cell::new(None) };
}

/// Runs the case; each of the excused assertions may fail.
pub(super) fn watched(case: &Case, subject: &Subject, excused: &[&'static str]) -> Ran {
    watched_for(PATIENCE, case, subject, excused)
}

/// How a case went.
pub(super) struct Ran {
    pub(super) result: Checked,
    /// Which of the excused assertions failed.
    pub(super) excused: Vec<&'static str>,
}

fn watched_for(
    patience: Duration,
    case: &Case,
    subject: &Subject,
    excused: &[&'static str],
) -> Ran {
    let (to, from) = channel();
    let (case, subject) = (*case, subject.clone());
    let excuses = Excuses::new(excused);
    let thread = thread::Builder::new()
        .name(case.name.to_string())
        .stack_size(STACK)
        .spawn(move || {
            BASE.set(Some(here()));
            let (result, excused) = excuse::during(excuses, || {
                catch_unwind(AssertUnwindSafe(|| (case.run)(&subject)))
                    .unwrap_or_else(|_| Err(Failure::new("expected no panic, found one")))
            });
            // Nobody listens once patience is at an end.
            let _ = to.send(Ran { result, excused });
        });
    let failed = |message: String| Ran {
        result: Err(Failure::new(message)),
        excused: Vec::new(),
    };
    if let Err(error) = thread {
        return failed(format!(
            "expected a thread of {STACK} bytes of stack: {error}"
        ));
    }
    from.recv_timeout(patience)
        .unwrap_or_else(|error| match error {
            // The thread cannot be stopped: it ends with the process.
            RecvTimeoutError::Timeout => failed(format!(
                "expected an end within {} s, found the case still running: either a limit does not \
                 end what it should, or the engine is compiled without optimisation",
                patience.as_secs()
            )),
            RecvTimeoutError::Disconnected => failed("expected a result, found none".into()),
        })
}

/// An address on the stack of the calling thread.
fn here() -> usize {
    let marker = 0u8;
    std::ptr::from_ref(&marker).addr()
}

/// Whether a host function that recurses may go on: the process would not survive an overflow.
///
/// # Errors
/// `Host`, saying what to do, where the case's stack is nearly used up. An engine that goes on on
/// another stack has to look after that one itself.
pub(super) fn room() -> seam_core::Result<()> {
    // Stacks grow downwards. What is not below the base, within the stack's size, is another stack.
    match BASE.get().and_then(|base| base.checked_sub(here())) {
        Some(used) if (STACK - MARGIN..=STACK).contains(&used) => Err(Error::host(format!(
            "expected all levels to fit a stack of {STACK} bytes, found it nearly used up: {ADVICE}"
        ))),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kit::On;
    use crate::kit::verdict::tests::lacking;

    fn case(run: fn(&Subject) -> Checked) -> Case {
        Case {
            name: "a_case",
            area: "tests",
            on: On::Backend,
            needs: &[],
            run,
        }
    }

    #[test]
    fn a_case_that_hangs_fails() {
        let hangs = case(|_| {
            loop {
                thread::park();
            }
        });
        let ran = watched_for(Duration::from_millis(50), &hangs, &lacking(), &[]);
        let failure = ran.result.expect_err("it hangs").to_string();
        assert!(failure.contains("still running"), "{failure}");
    }

    #[test]
    fn a_case_that_recurses_too_deep_fails_with_advice() {
        fn down(level: u64) -> Result<u64, Failure> {
            let frame = [level; 512];
            room()?;
            let below = down(level + 1)?;
            Ok(below + frame.iter().sum::<u64>())
        }
        let recurses = case(|_| down(0).map(drop));
        let ran = watched(&recurses, &lacking(), &[]);
        let failure = ran.result.expect_err("the stack is finite").to_string();
        assert!(failure.contains("opt-level"), "{failure}");
        assert!(failure.contains("host_depth"), "{failure}");
    }
}
