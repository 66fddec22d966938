//! Runs a case so that it cannot end the process: on its own thread, with a stated stack and a
//! watchdog.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use seam_core::Error;

use super::excuse::{self, Excuses};
use super::{Case, Checked, Failure, Subject};

/// The size of the native stack of every case, in bytes. It does not depend on the calling thread.
///
/// It is enough for the default of [`Limits::host_depth`](seam_core::Limits::host_depth) on engines
/// that are compiled without optimisation.
pub const STACK: usize = 16 << 20;

/// The time after which a case counts as hanging.
///
/// On a fast engine that is compiled with optimisation, no case needs a hundredth of it. Other engines
/// need more: a run of one artifact takes 14 s on kiln (`docs/kiln.md`).
pub const PATIENCE: Duration = Duration::from_secs(600);

/// The remaining stack at which a case gives up. It suffices to return an error through an engine.
const MARGIN: usize = 2 << 20;

/// Advice for a case that does not fit its stack.
const ADVICE: &str = "compile the engine with optimisation \
    (`[profile.dev.package.\"*\"] opt-level = 1` in the workspace's manifest), let the adapter run \
    deep calls on a stack of their own, or set a lower `Limits::host_depth`";

thread_local! {
    /// An address near the base of the stack of a case's thread.
    static BASE: Cell<Option<usize>> = const { Cell::new(None) };
}

/// Runs the case. Each of the excused assertions may fail.
pub(super) fn watched(case: &Case, subject: &Subject, excused: &[&'static str]) -> Ran {
    watched_for(PATIENCE, case, subject, excused)
}

/// The result of a run.
pub(super) struct Ran {
    pub(super) result: Checked,
    /// The excused assertions that failed.
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
            // After the timeout, nobody receives the result.
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
            // The thread cannot be stopped. It ends with the process.
            RecvTimeoutError::Timeout => failed(format!(
                "expected an end within {} s, found the case still running: either a limit does not \
                 end what it should, or the engine is compiled without optimisation",
                patience.as_secs()
            )),
            RecvTimeoutError::Disconnected => failed("expected a result, found none".into()),
        })
}

/// Returns an address on the stack of the calling thread.
fn here() -> usize {
    let marker = 0u8;
    std::ptr::from_ref(&marker).addr()
}

/// Checks that a recursive host function has enough stack to continue.
///
/// A stack overflow would end the process.
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
