//! Standard input.

use std::sync::Arc;

/// The content of standard input and the position in it.
pub(crate) struct Stdin {
    bytes: Arc<[u8]>,
    read: usize,
}

impl Stdin {
    pub(crate) fn new(bytes: Arc<[u8]>) -> Self {
        Self { bytes, read: 0 }
    }

    pub(crate) fn take(&mut self, len: usize) -> Vec<u8> {
        let rest = self.bytes.get(self.read..).unwrap_or_default();
        let bytes: Vec<u8> = rest.iter().take(len).copied().collect();
        self.read += bytes.len();
        bytes
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.read >= self.bytes.len()
    }
}
