//! A stream or future: its two ends, and the bytes between them.

use std::collections::VecDeque;

use crate::AbiError;

/// The state of an end that was not dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Idle,
    /// The last read returned that it must wait.
    Pending,
    /// A pending read was cancelled. The next read returns this.
    Cancelled,
}

/// A stream or future.
#[derive(Debug)]
pub(crate) struct Pair {
    /// The readable end, unless it was dropped.
    pub(crate) reader: Option<End>,
    /// Whether the writable end was not dropped.
    pub(crate) writer: bool,
    pub(crate) content: Content,
}

/// The bytes that were written and not read yet.
#[derive(Debug)]
pub(crate) enum Content {
    /// The bytes of a stream, at most `capacity`.
    Stream {
        bytes: VecDeque<u8>,
        capacity: usize,
    },
    /// The value of a future, or `None` until it is written.
    Future { value: Option<Box<[u8]>> },
}

/// The result of starting a read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// This many bytes can be read. They are not removed yet.
    Bytes(usize),
    /// The end of a stream.
    EndOfStream,
}

impl Pair {
    fn new(content: Content) -> Self {
        Self {
            reader: Some(End::Idle),
            writer: true,
            content,
        }
    }

    pub(crate) fn stream(capacity: usize) -> Self {
        Self::new(Content::Stream {
            bytes: VecDeque::new(),
            capacity,
        })
    }

    pub(crate) fn future() -> Self {
        Self::new(Content::Future { value: None })
    }

    /// Starts a read of at most `len` bytes. A future ignores `len`.
    ///
    /// # Errors
    /// The code for the guest.
    pub(crate) fn begin_read(&mut self, len: usize) -> Result<Found, AbiError> {
        let end = self.reader.as_mut().ok_or(AbiError::InvalidHandle)?;
        if std::mem::replace(end, End::Idle) == End::Cancelled {
            return Err(AbiError::Cancelled);
        }
        let found = match &self.content {
            Content::Stream { bytes, .. } if bytes.is_empty() && !self.writer => {
                Ok(Found::EndOfStream)
            }
            // A result of 0 means the end of the stream, so a read of 0 bytes must wait.
            Content::Stream { bytes, .. } => match len.min(bytes.len()) {
                0 => Err(AbiError::Pending),
                count => Ok(Found::Bytes(count)),
            },
            Content::Future { value: Some(value) } => Ok(Found::Bytes(value.len())),
            Content::Future { value: None } if self.writer => Err(AbiError::Pending),
            Content::Future { value: None } => Err(AbiError::Closed),
        };
        if found == Err(AbiError::Pending) {
            *end = End::Pending;
        }
        found
    }

    /// Returns the first `count` bytes that were written, in two parts.
    pub(crate) fn peek(&self, count: usize) -> [&[u8]; 2] {
        match &self.content {
            Content::Stream { bytes, .. } => {
                let (head, tail) = bytes.as_slices();
                let head_count = count.min(head.len());
                let head = head.get(..head_count).unwrap_or_default();
                [head, tail.get(..count - head_count).unwrap_or_default()]
            }
            Content::Future { value } => [value.as_deref().unwrap_or_default(), &[]],
        }
    }

    /// Removes the first `count` bytes of a stream. A future keeps its value.
    pub(crate) fn consume(&mut self, count: usize) {
        if let Content::Stream { bytes, .. } = &mut self.content {
            bytes.drain(..count.min(bytes.len()));
        }
    }

    /// Returns how many of `len` bytes can be written now. A future accepts all of them.
    ///
    /// # Errors
    /// The code for the guest.
    pub(crate) fn begin_write(&self, len: usize) -> Result<usize, AbiError> {
        if !self.writer {
            return Err(AbiError::InvalidHandle);
        }
        if self.reader.is_none() {
            return Err(AbiError::Closed);
        }
        match &self.content {
            Content::Stream { bytes, capacity } => {
                Ok(len.min(capacity.saturating_sub(bytes.len())))
            }
            Content::Future { value: Some(_) } => Err(AbiError::Runtime),
            Content::Future { value: None } => Ok(len),
        }
    }

    /// Writes the bytes that [`Pair::begin_write`] permits.
    pub(crate) fn write(&mut self, written: Vec<u8>) {
        match &mut self.content {
            Content::Stream { bytes, .. } => bytes.extend(written),
            Content::Future { value } => *value = Some(written.into()),
        }
    }

    /// Cancels a pending read. Returns whether a read was pending.
    ///
    /// # Errors
    /// The code for the guest.
    pub(crate) fn cancel_read(&mut self) -> Result<bool, AbiError> {
        let end = self.reader.as_mut().ok_or(AbiError::InvalidHandle)?;
        let pending = *end == End::Pending;
        if pending {
            *end = End::Cancelled;
        }
        Ok(pending)
    }

    /// Cancels a pending write. Returns `false`, because a write is never pending.
    ///
    /// # Errors
    /// The code for the guest.
    pub(crate) fn cancel_write(&self) -> Result<bool, AbiError> {
        match self.writer {
            true => Ok(false),
            false => Err(AbiError::InvalidHandle),
        }
    }

    /// Drops the readable end and the bytes that were not read.
    ///
    /// # Errors
    /// `InvalidHandle` if it was dropped before.
    pub(crate) fn drop_readable(&mut self) -> Result<(), AbiError> {
        self.reader.take().ok_or(AbiError::InvalidHandle)?;
        match &mut self.content {
            Content::Stream { bytes, .. } => *bytes = VecDeque::new(),
            Content::Future { value } => *value = None,
        }
        Ok(())
    }

    /// Drops the writable end.
    ///
    /// # Errors
    /// `InvalidHandle` if it was dropped before.
    pub(crate) fn drop_writable(&mut self) -> Result<(), AbiError> {
        match std::mem::replace(&mut self.writer, false) {
            true => Ok(()),
            false => Err(AbiError::InvalidHandle),
        }
    }

    /// Returns whether both ends were dropped.
    pub(crate) fn is_gone(&self) -> bool {
        self.reader.is_none() && !self.writer
    }
}
