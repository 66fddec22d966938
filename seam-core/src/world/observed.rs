//! What an instance was seen to do.

use crate::{Error, ExportName, Limit, Result, Value};

/// What an instance was seen to do, from instantiation on.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Observed {
    /// Captured standard output.
    pub stdout: Vec<u8>,
    /// Captured standard error.
    pub stderr: Vec<u8>,
    /// Both streams in the order they were written.
    #[serde(skip)]
    pub interleaved: Vec<(OutputStream, Vec<u8>)>,
    /// Calls of host functions in order, if the world records them.
    pub host_calls: Vec<HostCallRecord>,
    /// Stubbed imports that were not called, by full name.
    pub unused_stubs: Vec<ExportName>,
}

/// One of a guest's output streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum OutputStream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// A call of a host function.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct HostCallRecord {
    /// The import's full name, as the guest has it.
    pub name: ExportName,
    /// The arguments.
    pub args: Vec<Value>,
    /// The result, or the error's message.
    pub result: Result<Option<Value>, String>,
}

impl Observed {
    /// Appends captured output.
    ///
    /// # Errors
    /// `Limit(Output)` if that would be more than `limit` bytes of both streams together; nothing
    /// is appended then.
    pub fn output(&mut self, stream: OutputStream, bytes: &[u8], limit: u64) -> Result<()> {
        let total = self.stdout.len() as u64 + self.stderr.len() as u64 + bytes.len() as u64;
        if total > limit {
            return Err(Error::limit(Limit::Output));
        }
        match stream {
            OutputStream::Stdout => self.stdout.extend_from_slice(bytes),
            OutputStream::Stderr => self.stderr.extend_from_slice(bytes),
        }
        match self.interleaved.last_mut() {
            Some((last, written)) if *last == stream => written.extend_from_slice(bytes),
            _ => self.interleaved.push((stream, bytes.to_vec())),
        }
        Ok(())
    }
}
