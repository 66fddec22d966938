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
    Caller, HostTask, Level, Lifted, Origin, Running, Shape, TaskState, ThreadId,
    ThreadNext as Next, ThreadState,
};

/// The task of a core function that no function lifts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CoreCall {
    thread: ThreadId,
    /// The thread that goes on afterwards.
    outer: Option<ThreadId>,
}

impl Running {
    /// Begins the task of a core function of an instance, which is called next. Returns `None` in an
    /// artifact without asynchronous parts.
    ///
    /// # Errors
    /// `Limit(EngineCapacity)`.
    #[inline]
    pub(crate) fn begin_core_call(&mut self, instance: u32) -> Result<Option<CoreCall>> {
        match self.tasks.is_concurrent {
            true => self.begin_core_task(instance).map(Some),
            false => Ok(None),
        }
    }

    #[inline(never)]
    fn begin_core_task(&mut self, instance: u32) -> Result<CoreCall> {
        let lifted = self.unlifted(instance)?;
        let (_, thread) = self.create_task(&lifted, Caller::Host(HostTask::default()))?;
        self.start_task(thread)?;
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
        let outer = self.tasks.current.replace(thread);
        Ok(CoreCall { thread, outer })
    }

    /// Ends the task of a core function that has returned. Threads that it has created go on. If the
    /// function fails, no thread of the store goes on.
    ///
    /// # Errors
    /// `Engine` if the task is unknown.
    #[inline]
    pub(crate) fn end_core_call(&mut self, call: Option<CoreCall>) -> Result<()> {
        match call {
            Some(call) => self.end_core_task(call),
            None => Ok(()),
        }
    }

    #[inline(never)]
    fn end_core_task(&mut self, CoreCall { thread, outer }: CoreCall) -> Result<()> {
        let (task, _) = self.of_thread(thread)?;
        self.tasks.task_mut(task)?.state = TaskState::Resolved;
        self.unregister_thread(thread)?;
        self.pop_level()?;
        self.tasks.current = outer;
        Ok(())
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
        let shape = Shape::of(&ty, false);
        let lifted = Arc::new(Lifted::new(self, core, ty, opts, None, shape)?);
        self.instance(instance)?.unlifted = Some(lifted.clone());
        Ok(lifted)
    }
}
