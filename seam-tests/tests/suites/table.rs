//! What is known to fail and to be lacking.

/// A script of which not every directive passes.
#[derive(Clone, Copy)]
pub struct Exception {
    pub suite: &'static str,
    pub backend: &'static str,
    pub file: &'static str,
    /// Directives that fail.
    pub failed: usize,
    /// Directives that need what the backend lacks.
    pub unsupported: usize,
    /// Why.
    pub reason: &'static str,
}

/// Exceptions of one suite on one backend for one reason: file, failed and unsupported directives.
pub struct Group {
    suite: &'static str,
    backend: &'static str,
    reason: &'static str,
    files: &'static [(&'static str, usize, usize)],
}

impl Group {
    pub fn exceptions(&self) -> impl Iterator<Item = Exception> + '_ {
        self.files
            .iter()
            .map(|(file, failed, unsupported)| Exception {
                suite: self.suite,
                backend: self.backend,
                file,
                failed: *failed,
                unsupported: *unsupported,
                reason: self.reason,
            })
    }
}

pub const TABLE: &[Group] = &[];
