//! The calls in progress: how they begin and end.

use seam_core::{CanonTrap, Error, Result};

use super::frame::{Depth, Frame, Loan, ThreadStorage};
use super::ids::ThreadId;
use super::resource::BorrowScope;
use super::running::Running;
use super::task::{Caller, Scope};

impl Running {
    /// Returns the current call.
    ///
    /// # Errors
    /// `Engine` if there is none.
    #[inline]
    pub(crate) fn frame(&mut self) -> Result<&mut Frame> {
        self.frames
            .last_mut()
            .ok_or_else(|| Error::engine("expected a call under way"))
    }

    /// Records a loan for the current call.
    ///
    /// # Errors
    /// `Engine` if the task or subtask of the call is unknown.
    pub(crate) fn lend(&mut self, loan: Loan) -> Result<()> {
        if let Some(scope) = self.scope {
            return self.lend_in(scope, loan);
        }
        self.loans.push(loan);
        Ok(())
    }

    /// Begins something that the host does while no guest is running. Forgets what a call that failed
    /// has left behind.
    pub(crate) fn begin_outermost(&mut self) {
        self.tasks.begin_outermost();
        self.jobs.clear();
        self.world.begin_outermost_call();
    }

    /// Begins a call by the host.
    #[inline]
    pub(crate) fn begin_outer(&mut self) {
        if self.frames.is_empty() {
            self.lifted = 0;
        }
        self.push(false);
    }

    /// Begins a call by a guest, of another guest or of a host function.
    ///
    /// The call takes native stack, and counts as a level of host recursion.
    ///
    /// # Errors
    /// `Limit(HostDepth)`
    #[inline]
    pub(crate) fn begin(&mut self) -> Result<()> {
        self.world.begin_host_call()?;
        self.push(true);
        Ok(())
    }

    #[inline]
    fn push(&mut self, counted: bool) {
        self.frames.push(Frame {
            num_borrows: 0,
            counted,
            threads: self.threads.len(),
            loans: self.loans.len(),
        });
        self.begin_thread();
    }

    /// Resumes a thread with these values of its context.
    pub(crate) fn resume_context(&mut self, thread: ThreadId) -> Result<()> {
        let storage = self.tasks.thread(thread)?.storage;
        self.threads.push(storage);
        Ok(())
    }

    /// Keeps the values of a thread's context, which is no longer running.
    pub(crate) fn keep_context(&mut self, thread: ThreadId) {
        let storage = self.threads.pop();
        if let (Some(storage), Ok(thread)) = (storage, self.tasks.thread_mut(thread)) {
            thread.storage = storage;
        }
    }

    /// Begins a thread for a call, or the separate thread of a `realloc` or start function.
    #[inline]
    pub(crate) fn begin_thread(&mut self) {
        self.threads.push(ThreadStorage::default());
    }

    /// Ends the thread of a start function.
    pub(crate) fn end_thread(&mut self) {
        self.threads.pop();
    }

    /// Ends a call of `realloc`: its thread ends, and the instance may be left again.
    ///
    /// # Errors
    /// `Engine` if the instance is unknown.
    #[inline]
    pub(crate) fn end_realloc(&mut self, instance: u32) -> Result<()> {
        self.threads.pop();
        self.instance(instance)?.may_leave = true;
        Ok(())
    }

    /// Returns a slot of the current thread's context.
    ///
    /// # Errors
    /// `Engine` if the slot does not exist, which the validator rules out.
    pub(crate) fn context(&mut self, slot: u32) -> Result<&mut u64> {
        let context = self.threads.last_mut();
        let slot = context.and_then(|context| context.get_mut(slot as usize));
        slot.ok_or_else(|| Error::engine("expected a slot of the current thread's context"))
    }

    /// Returns the number of calls in progress.
    #[inline]
    pub(crate) fn depth(&self) -> Depth {
        Depth {
            frames: self.frames.len(),
            jobs: self.jobs.len(),
        }
    }

    /// Ends all calls above this depth, whatever their outcome is.
    #[inline]
    pub(crate) fn unwind(&mut self, depth: Depth) {
        if self.jobs.len() > depth.jobs {
            self.drop_jobs(depth);
        }
        while self.frames.len() > depth.frames {
            // After a trap, a lender's table may be in any state, but its loans no longer matter.
            let _ = self.end_frame();
        }
    }

    #[cold]
    fn drop_jobs(&mut self, depth: Depth) {
        self.jobs.truncate(depth.jobs);
    }

    /// `trap_if(self.num_borrows > 0)` of `Task.return_`.
    #[inline]
    pub(crate) fn check_borrows_dropped(&mut self) -> Result<()> {
        let num_borrows = match self.scope {
            Some(scope) => {
                self.tasks
                    .task(scope.task.ok_or_else(no_task)?)?
                    .num_borrows
            }
            None => self.frame()?.num_borrows,
        };
        if num_borrows == 0 {
            Ok(())
        } else {
            Err(Error::trap(CanonTrap::BorrowsNotDropped))
        }
    }

    /// Ends the current call and its loans: `subtask.deliver_resolve`, and its counterpart for the
    /// host.
    ///
    /// # Errors
    /// Those of a table that no longer has a lent handle. All loans end nevertheless.
    #[inline]
    pub(crate) fn end_frame(&mut self) -> Result<()> {
        let Some(frame) = self.frames.pop() else {
            return Ok(());
        };
        self.threads.truncate(frame.threads);
        if frame.counted {
            self.world.end_host_call();
        }
        match self.loans.len() > frame.loans {
            true => self.end_loans(frame.loans),
            false => Ok(()),
        }
    }

    /// Ends all loans but the first `left`.
    #[inline(never)]
    fn end_loans(&mut self, left: usize) -> Result<()> {
        let mut ended = Ok(());
        while self.loans.len() > left {
            if let Some(loan) = self.loans.pop() {
                ended = self.end_loan(loan).and(ended);
            }
        }
        ended
    }

    /// Records a loan for the call that passes values.
    fn lend_in(&mut self, scope: Scope, loan: Loan) -> Result<()> {
        let lenders = match scope.subtask {
            Some(subtask) => self.tasks.subtask_mut(subtask)?.lenders.as_mut(),
            None => match &mut self.tasks.task_mut(scope.task.ok_or_else(no_task)?)?.caller {
                Caller::Host(call) => Some(&mut call.lenders),
                Caller::Guest(_) => None,
            },
        };
        let lenders = lenders.ok_or_else(|| Error::engine("expected a call under way"))?;
        lenders.push(loan);
        Ok(())
    }

    /// Counts a borrowed handle that the current call has received, and returns the call.
    ///
    /// # Errors
    /// `Engine` if no call is in progress.
    pub(crate) fn borrow_scope(&mut self) -> Result<BorrowScope> {
        if let Some(scope) = self.scope {
            let task = scope.task.ok_or_else(no_task)?;
            self.tasks.task_mut(task)?.num_borrows += 1;
            return Ok(BorrowScope::Task(task));
        }
        self.frame()?.num_borrows += 1;
        Ok(BorrowScope::Frame(self.frames.len() - 1))
    }

    /// Counts a borrowed handle that was dropped.
    pub(crate) fn borrow_dropped(&mut self, scope: BorrowScope) {
        let num_borrows = match scope {
            BorrowScope::Frame(frame) => {
                let frame = self.frames.get_mut(frame);
                frame.map(|frame| &mut frame.num_borrows)
            }
            BorrowScope::Task(task) => {
                let task = self.tasks.task_mut(task).ok();
                task.map(|task| &mut task.num_borrows)
            }
        };
        if let Some(num_borrows) = num_borrows {
            *num_borrows = num_borrows.saturating_sub(1);
        }
    }

    /// Ends a loan.
    ///
    /// # Errors
    /// The trap `UnknownHandle` if the lender's table no longer has the handle.
    pub(crate) fn end_loan(&mut self, loan: Loan) -> Result<()> {
        match loan {
            Loan::Host(slot) => self.host.give_back(slot),
            Loan::Guest(instance, index) => {
                let handle = self.resource_handle(instance, index)?;
                handle.num_lends = handle.num_lends.saturating_sub(1);
            }
        }
        Ok(())
    }
}

fn no_task() -> Error {
    Error::engine("expected the task of a guest, found a call of a host function")
}
