//! Tasks of core functions that no function lifts: start functions and destructors.
//!
//! The specification calls them as functions of a synchronous type: each call is a task with a thread
//! ([start functions](https://github.com/WebAssembly/component-model/blob/main/design/mvp/Concurrency.md#interaction-with-the-start-function),
//! `canon_resource_drop`). Other parts of the layer make these calls, and keep no stack that could be
//! suspended. If such a thread blocks, other threads of its instance run on top of it: see `nested`.

use std::sync::Arc;

use seam_core::{CoreFunc, CoreFuncType, NumericFunc, Result};
use seam_decode::types::{FuncTy, StringEncoding};

use crate::abi::Options;
use crate::state::{
    Caller, HostCall, Level, Lifted, Origin, Running, TaskState, ThreadId, ThreadNext as Next,
    ThreadState,
};

/// A call of a core function that no function lifts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CoreCall {
    /// Its thread. `None` in an artifact without asynchronous parts.
    thread: Option<ThreadId>,
    /// The thread that goes on afterwards.
    outer: Option<ThreadId>,
}

impl Running {
    /// Begins the task of a core function of an instance, which is called next.
    ///
    /// # Errors
    /// `Limit(EngineCapacity)`.
    pub(crate) fn begin_core_call(&mut self, instance: u32) -> Result<CoreCall> {
        let outer = self.tasks.current;
        if !self.tasks.is_concurrent {
            return Ok(CoreCall {
                thread: None,
                outer,
            });
        }
        let lifted = self.unlifted(instance)?;
        let (task, thread) = self.create_task(&lifted, Caller::Host(HostCall::default()))?;
        self.register_thread(thread)?;
        self.tasks.task_mut(task)?.state = TaskState::Started;
        let created = self.tasks.thread_mut(thread)?;
        created.state = ThreadState::Running;
        created.next = Next::Running;
        created.is_pinned = true;
        self.tasks.levels.push(Level {
            origin: Origin::Call {
                caller: None,
                is_async: false,
                only: Some(instance),
            },
            entered: None,
            detached: false,
        });
        self.tasks.current = Some(thread);
        Ok(CoreCall {
            thread: Some(thread),
            outer,
        })
    }

    /// Ends the task of a core function that has returned. Threads that it has created go on.
    ///
    /// # Errors
    /// `Engine` if the task is unknown.
    pub(crate) fn end_core_call(&mut self, call: CoreCall) -> Result<()> {
        if let Some(thread) = call.thread {
            let (task, _) = self.of_thread(thread)?;
            self.tasks.task_mut(task)?.state = TaskState::Resolved;
            self.unregister_thread(thread)?;
            self.pop_level()?;
        }
        self.leave_core_call(call);
        Ok(())
    }

    /// Lets the thread go on that was running before a call which has failed.
    pub(crate) fn leave_core_call(&mut self, call: CoreCall) {
        self.tasks.current = call.outer;
    }

    /// Returns what describes the core functions of an instance that no function lifts.
    fn unlifted(&mut self, instance: u32) -> Result<Arc<Lifted>> {
        if let Some(known) = &self.instance(instance)?.unlifted {
            return Ok(known.clone());
        }
        // The task is about a call that others make: it calls no function itself.
        let core = NumericFunc::new(CoreFunc::new(0, 0), CoreFuncType::new([], []))?;
        let opts = Options {
            instance,
            memory: None,
            realloc: None,
            encoding: StringEncoding::Utf8,
        };
        let ty = Arc::new(FuncTy::new([], None));
        let lifted = Arc::new(Lifted::new(self, core, ty, opts, None)?);
        self.instance(instance)?.unlifted = Some(lifted.clone());
        Ok(lifted)
    }
}
