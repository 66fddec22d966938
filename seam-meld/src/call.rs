//! Carries out a call of an intrinsic.

use std::sync::Arc;

use seam_core::{Capability, CoreCaller, CoreExtern, CoreMemory, CoreValue, Error, Result, Trap};

use crate::AbiError;
use crate::intrinsic::{Intrinsic, MODULE};
use crate::memory::unexported;
use crate::observe::{IntrinsicCall, IntrinsicCalls, IntrinsicHook};
use crate::pair::{Found, Pair};
use crate::table::{Kind, LOCAL_TAG, SharedTable, Side};

/// The configuration that all imports of an instance share.
#[derive(Clone)]
pub(crate) struct Rules {
    /// The maximum number of bytes that a stream holds.
    pub(crate) capacity: usize,
    /// The maximum number of streams and futures at a time.
    pub(crate) most: usize,
    pub(crate) refuse_local: bool,
    pub(crate) hooks: Vec<Arc<IntrinsicHook>>,
    pub(crate) logs: Vec<IntrinsicCalls>,
}

/// One import of one module.
#[derive(Clone)]
pub(crate) struct Import {
    pub(crate) field: Arc<str>,
    pub(crate) intrinsic: Intrinsic,
    /// The name of the exported memory that it reads or writes, if it needs one.
    pub(crate) memory: Option<Arc<str>>,
    /// The size of the value that `future_write` writes, if it is known.
    pub(crate) future_bytes: Option<usize>,
}

/// The failure of a call: a code for the guest, or an error that ends the guest's call.
enum Stop {
    Code(AbiError),
    Error(Error),
}

impl From<AbiError> for Stop {
    fn from(code: AbiError) -> Self {
        Self::Code(code)
    }
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

impl Import {
    /// Calls the function, and then the hooks.
    ///
    /// # Errors
    /// `Unsupported` for the functions of threads. A trap for a local handle, if these are refused.
    /// `Host` if the caller's memory or the size of a future is not known. Errors of hooks.
    pub(crate) fn call(
        &self,
        rules: &Rules,
        table: &SharedTable,
        caller: &mut dyn CoreCaller,
        args: &[CoreValue],
        results: &mut [CoreValue],
    ) -> Result<()> {
        let outcome = self.perform(rules, table, caller, args);
        let (result, code) = match outcome {
            Ok(value) => (Ok(value), None),
            Err(Stop::Code(code)) => (Ok(i64::from(code.code())), Some(code)),
            Err(Stop::Error(error)) => (Err(error), None),
        };
        if let (Ok(value), Some(slot)) = (&result, results.first_mut()) {
            *slot = match slot {
                CoreValue::I64(_) => CoreValue::I64(packed(*value, code)),
                // Everything but a pair of handles fits.
                _ => CoreValue::I32(i32::try_from(*value).unwrap_or(AbiError::Runtime.code())),
            };
        }
        let seen = || IntrinsicCall {
            field: self.field.clone(),
            intrinsic: self.intrinsic,
            args: args.to_vec(),
            result: match &result {
                Ok(_) => Ok(results.first().cloned()),
                Err(error) => Err(error.message().to_string()),
            },
            code,
        };
        rules.logs.iter().for_each(|log| log.push(seen()));
        let told = rules.hooks.iter().try_for_each(|hook| hook(&seen()));
        result.map(|_| ()).and(told)
    }

    fn perform(
        &self,
        rules: &Rules,
        table: &SharedTable,
        caller: &mut dyn CoreCaller,
        args: &[CoreValue],
    ) -> Result<i64, Stop> {
        use Intrinsic::{
            FutureCancelRead, FutureCancelWrite, FutureDropReadable, FutureDropWritable, FutureNew,
            FutureRead, FutureWrite, StreamCancelRead, StreamCancelWrite, StreamDropReadable,
            StreamDropWritable, StreamNew, StreamRead, StreamWrite, ThreadExit, ThreadNew,
            ThreadSwitchTo, ThreadYield,
        };
        use Kind::{Future, Stream};
        use Side::{Readable, Writable};
        let [handle, at, len] = [0, 1, 2].map(|index| number(args, index));
        if rules.refuse_local && self.intrinsic.takes_handle() && handle >= LOCAL_TAG {
            return Err(self.local(handle).into());
        }
        let end = |kind, side| (handle, kind, side);
        match self.intrinsic {
            StreamNew => open(table, Pair::stream(rules.capacity), rules),
            FutureNew => open(table, Pair::future(), rules),
            StreamRead => self.read(table, caller, end(Stream, Readable), at, len),
            FutureRead => self.read(table, caller, end(Future, Readable), at, u32::MAX),
            StreamWrite => self.write(table, caller, end(Stream, Writable), at, len as usize),
            FutureWrite => {
                let size = self.future_bytes.ok_or_else(|| self.no_size())?;
                self.write(table, caller, end(Future, Writable), at, size)?;
                Ok(1)
            }
            StreamCancelRead => cancel(table, end(Stream, Readable)),
            StreamCancelWrite => cancel(table, end(Stream, Writable)),
            FutureCancelRead => cancel(table, end(Future, Readable)),
            FutureCancelWrite => cancel(table, end(Future, Writable)),
            StreamDropReadable => drop_end(table, end(Stream, Readable)),
            StreamDropWritable => drop_end(table, end(Stream, Writable)),
            FutureDropReadable => drop_end(table, end(Future, Readable)),
            FutureDropWritable => drop_end(table, end(Future, Writable)),
            ThreadNew | ThreadSwitchTo | ThreadYield | ThreadExit => Err(self.no_threads().into()),
        }
    }

    /// Reads available bytes into the caller's memory. If the range is out of bounds, nothing is read.
    fn read(
        &self,
        table: &SharedTable,
        caller: &mut dyn CoreCaller,
        (handle, kind, side): (u32, Kind, Side),
        at: u32,
        len: u32,
    ) -> Result<i64, Stop> {
        table.with(|table| {
            let pair = table.find(handle, kind, side)?;
            let count = match pair.begin_read(len as usize) {
                // The reader of a future gets 0 while there is no value.
                Err(AbiError::Pending) if kind == Kind::Future => return Ok(0),
                Err(code) => return Err(code.into()),
                Ok(Found::EndOfStream) => return Ok(0),
                Ok(Found::Bytes(count)) => count,
            };
            let memory = self.memory(caller)?;
            let mut memory = caller.memory(memory)?;
            let mut at = u64::from(at);
            if at + count as u64 > memory.len() {
                return Err(AbiError::Runtime.into());
            }
            for part in pair.peek(count) {
                memory.write(at, part)?;
                at += part.len() as u64;
            }
            pair.consume(count);
            Ok(match kind {
                Kind::Stream => i64::try_from(count).unwrap_or(i64::MAX),
                Kind::Future => 1,
            })
        })
    }

    /// Writes as many of the caller's bytes as fit. If their range is out of bounds, nothing is
    /// written.
    fn write(
        &self,
        table: &SharedTable,
        caller: &mut dyn CoreCaller,
        (handle, kind, side): (u32, Kind, Side),
        at: u32,
        len: usize,
    ) -> Result<i64, Stop> {
        table.with(|table| {
            let pair = table.find(handle, kind, side)?;
            let count = pair.begin_write(len)?;
            if count == 0 && kind == Kind::Stream {
                return Ok(0);
            }
            let memory = self.memory(caller)?;
            let memory = caller.memory(memory)?;
            let bytes = memory.read_vec(at.into(), count);
            pair.write(bytes.map_err(|_| AbiError::Runtime)?);
            Ok(i64::try_from(count).unwrap_or(i64::MAX))
        })
    }

    fn memory(&self, caller: &mut dyn CoreCaller) -> Result<CoreMemory> {
        let name = self
            .memory
            .as_ref()
            .ok_or_else(|| unexported(&self.field))?;
        match caller.caller_export(name) {
            Some(CoreExtern::Memory(memory)) => Ok(memory),
            _ => Err(Error::host(format!(
                "`{MODULE}#{}` expected its caller to export the memory `{name}`, found none",
                self.field
            ))),
        }
    }

    fn no_threads(&self) -> Error {
        Error::unsupported(
            Capability::ComponentAsync,
            format!(
                "expected a function of streams or futures, found `{MODULE}#{}`",
                self.field
            ),
        )
    }

    fn no_size(&self) -> Error {
        Error::host(format!(
            "`{MODULE}#{}` expected a known size of the future's value, found none; set it with \
             AsyncIntrinsics::future_bytes or future_bytes_of",
            self.field
        ))
    }

    fn local(&self, handle: u32) -> Error {
        let text = format!(
            "`{MODULE}#{}` expected a handle of the host, found the local handle {handle:#x}",
            self.field
        );
        Error::trap(Trap::Other(text.into()))
    }
}

fn open(table: &SharedTable, pair: Pair, rules: &Rules) -> Result<i64, Stop> {
    let (readable, writable) = table.with(|table| table.open(pair, rules.most))?;
    Ok(i64::from(writable) << 32 | i64::from(readable))
}

fn cancel(table: &SharedTable, (handle, kind, side): (u32, Kind, Side)) -> Result<i64, Stop> {
    table.with(|table| {
        let pair = table.find(handle, kind, side)?;
        let cancelled = match side {
            Side::Readable => pair.cancel_read()?,
            Side::Writable => pair.cancel_write()?,
        };
        Ok(cancelled.into())
    })
}

fn drop_end(table: &SharedTable, (handle, kind, side): (u32, Kind, Side)) -> Result<i64, Stop> {
    table.with(|table| table.drop_end(handle, kind, side))?;
    Ok(0)
}

/// Returns the result of `stream_new` and `future_new`: an error code is in the low half, and the
/// high half is 0.
fn packed(value: i64, code: Option<AbiError>) -> i64 {
    match code {
        Some(code) => i64::from(code.code() as u32),
        None => value,
    }
}

/// Returns the argument at `index`, or 0 if there is none.
fn number(args: &[CoreValue], index: usize) -> u32 {
    match args.get(index) {
        Some(CoreValue::I32(value)) => *value as u32,
        _ => 0,
    }
}
