//! Prints names.

use std::fmt;

/// A name, quoted if it is empty or could be mistaken on a terminal for something else.
///
/// A core module may use any text as a name.
pub(super) struct Name<'a>(pub(super) &'a str);

impl Name<'_> {
    fn is_plain(&self) -> bool {
        let harmless = |c: char| !c.is_whitespace() && c != '"' && c.escape_debug().count() == 1;
        !self.0.is_empty() && self.0.chars().all(harmless)
    }
}

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_plain() {
            f.write_str(self.0)
        } else {
            write!(f, "{:?}", self.0)
        }
    }
}

/// Module name and field name of a core import.
pub(super) struct Path<'a>(pub(super) &'a str, pub(super) &'a str);

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if Name(self.0).is_plain() && Name(self.1).is_plain() {
            write!(f, "{}.{}", self.0, self.1)
        } else {
            write!(f, "{:?} {:?}", self.0, self.1)
        }
    }
}
