//! The operating system's WASI.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use seam_core::{Dir, Error, Limit, Observed, OutputHook, OutputStream, Result, Stdio, SystemWasi};
use tokio::io::AsyncWrite;
use wasmtime::component::ResourceTable;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::pipe::MemoryInputPipe;
use wasmtime_wasi::p2::{OutputStream as WasiOutput, Pollable, StreamError, StreamResult};
use wasmtime_wasi::{FsPerms, WasiCtx, WasiCtxBuilder, WasiCtxView};

/// How versions of interfaces begin, and the one of them that the engine's WASI defines, to which
/// imports of all of them link.
pub(crate) const VERSIONS: [(&str, &str); 2] = [("@0.2.", "0.2.12"), ("@0.3.", "0.3.0")];

/// The WASI part of a store's data.
pub(crate) struct Wasi {
    ctx: WasiCtx,
    table: ResourceTable,
    captured: Captured,
}

impl Wasi {
    /// Makes a WASI from its configuration. Captured output goes to `captured`.
    ///
    /// # Errors
    /// `Link` for a folder that cannot be opened.
    pub(crate) fn new(config: &SystemWasi, captured: &Captured) -> Result<Self> {
        let mut builder = WasiCtxBuilder::new();
        builder.args(&config.args).envs(&config.env);
        match &config.stdin {
            Some(bytes) => builder.stdin(MemoryInputPipe::new(bytes.clone())),
            None => builder.inherit_stdin(),
        };
        match config.stdio {
            Stdio::Inherit => builder.inherit_stdout().inherit_stderr(),
            Stdio::Capture => builder
                .stdout(captured.stream(OutputStream::Stdout))
                .stderr(captured.stream(OutputStream::Stderr)),
        };
        config
            .dirs
            .iter()
            .try_for_each(|dir| preopen(&mut builder, dir))?;
        Ok(Self {
            ctx: builder.build(),
            table: ResourceTable::new(),
            captured: captured.clone(),
        })
    }

    /// Makes a WASI that shows nothing of the system.
    pub(crate) fn none() -> Self {
        Self {
            ctx: WasiCtxBuilder::new().build(),
            table: ResourceTable::new(),
            captured: Captured::new(0, None),
        }
    }

    /// Returns whether output was refused since the last call of this function. The guest of WASI 0.3
    /// gets an error code for it and goes on.
    pub(crate) fn take_refused(&mut self) -> bool {
        std::mem::take(&mut self.captured.lock().refused)
    }

    pub(crate) fn view(&mut self) -> WasiCtxView<'_> {
        WasiCtxView {
            ctx: &mut self.ctx,
            table: &mut self.table,
        }
    }
}

fn preopen(builder: &mut WasiCtxBuilder, dir: &Dir) -> Result<()> {
    let perms = match dir.writable {
        true => FsPerms::ReadWrite,
        false => FsPerms::ReadOnly,
    };
    let opened = builder.preopened_dir(&dir.host, &dir.guest, perms);
    opened.map(|_| ()).map_err(|e| {
        let host = dir.host.display();
        Error::link(format!(
            "expected a folder that can be opened, found {host}: {e:#}"
        ))
    })
}

/// Captured output, until it is moved to [`Observed`].
#[derive(Clone)]
pub(crate) struct Captured {
    buffer: Arc<Mutex<Buffer>>,
    /// Is shown every piece as it comes.
    hook: Option<Arc<OutputHook>>,
}

struct Buffer {
    pieces: Vec<(OutputStream, Vec<u8>)>,
    /// How many more bytes may be captured.
    room: u64,
    /// Whether bytes were refused.
    refused: bool,
}

impl Captured {
    /// Captures up to `limit` bytes and shows each piece to `hook`.
    pub(crate) fn new(limit: u64, hook: Option<Arc<OutputHook>>) -> Self {
        let buffer = Buffer {
            pieces: Vec::new(),
            room: limit,
            refused: false,
        };
        Self {
            buffer: Arc::new(Mutex::new(buffer)),
            hook,
        }
    }

    fn stream(&self, stream: OutputStream) -> Stream {
        Stream {
            to: self.clone(),
            stream,
        }
    }

    fn write(&self, stream: OutputStream, bytes: &[u8]) -> Result<()> {
        let mut buffer = self.lock();
        let Some(room) = buffer.room.checked_sub(bytes.len() as u64) else {
            buffer.refused = true;
            return Err(Error::limit(Limit::Output));
        };
        buffer.room = room;
        match buffer.pieces.last_mut() {
            Some((last, written)) if *last == stream => written.extend_from_slice(bytes),
            _ => buffer.pieces.push((stream, bytes.to_vec())),
        }
        drop(buffer);
        if let Some(hook) = &self.hook {
            hook(stream, bytes);
        }
        Ok(())
    }

    /// Moves the captured output to `observed`.
    pub(crate) fn drain(&self, observed: &mut Observed) {
        for (stream, bytes) in self.lock().pieces.drain(..) {
            // `write` has enforced the limit.
            let _ = observed.output(stream, &bytes, u64::MAX);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Buffer> {
        self.buffer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One of a guest's captured output streams, which is always ready.
#[derive(Clone)]
struct Stream {
    to: Captured,
    stream: OutputStream,
}

/// How many bytes a guest may write at once.
const PERMIT: usize = 64 << 10;

impl IsTerminal for Stream {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Stream {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(self.clone())
    }

    fn p2_stream(&self) -> Box<dyn WasiOutput> {
        Box::new(self.clone())
    }
}

#[async_trait::async_trait]
impl Pollable for Stream {
    async fn ready(&mut self) {}
}

impl WasiOutput for Stream {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        let written = self.to.write(self.stream, &bytes);
        written.map_err(|e| StreamError::Trap(wasmtime::Error::new(e)))
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(PERMIT)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = self.to.write(self.stream, bytes);
        Poll::Ready(written.map(|()| bytes.len()).map_err(io::Error::other))
    }

    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use seam_core::ErrorKind;

    #[test]
    fn both_streams_share_one_limit_and_keep_their_order() {
        let shown = Arc::new(Mutex::new(Vec::new()));
        let seen = shown.clone();
        let hook: Arc<OutputHook> =
            Arc::new(move |_, bytes| seen.lock().unwrap().extend_from_slice(bytes));
        let captured = Captured::new(5, Some(hook));
        captured.write(OutputStream::Stdout, b"ab").unwrap();
        captured.write(OutputStream::Stderr, b"c").unwrap();
        captured.write(OutputStream::Stdout, b"de").unwrap();
        let error = captured.write(OutputStream::Stderr, b"f").unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::Limit(Limit::Output));
        // Shown before anything is drained, without what the limit refused.
        assert_eq!(*shown.lock().unwrap(), b"abcde");
        let mut observed = Observed::default();
        captured.drain(&mut observed);
        assert_eq!(
            (&*observed.stdout, &*observed.stderr),
            (&b"abde"[..], &b"c"[..])
        );
        assert_eq!(observed.interleaved.len(), 3);
    }
}
