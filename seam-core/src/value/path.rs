//! The path to the part of a value that is wrong.

use std::fmt::{self, Display, Formatter, Write};
use std::sync::Arc;

use crate::types::separated;
use crate::{Error, Type, Value};

/// One step from a value to a part of it.
///
/// Indices count from 0. The text counts from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Argument(usize),
    Result,
    Field(Arc<str>),
    Element(usize),
    Key(usize),
    Value(usize),
    Case(Arc<str>),
    Some,
    Ok,
    Err,
}

impl Display for Step {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Step::Argument(index) => write!(f, "argument {}", index + 1),
            Step::Result => f.write_str("result"),
            Step::Field(name) => write!(f, "field \"{name}\""),
            Step::Element(index) => write!(f, "element {}", index + 1),
            Step::Key(index) => write!(f, "key {}", index + 1),
            Step::Value(index) => write!(f, "value {}", index + 1),
            Step::Case(name) => write!(f, "case \"{name}\""),
            Step::Some => f.write_str("some"),
            Step::Ok => f.write_str("ok"),
            Step::Err => f.write_str("err"),
        }
    }
}

/// What is wrong, and where: `argument 2, field "tags", element 3: expected string, found u32`.
///
/// The path is built while the error returns to the caller, so it costs nothing unless there is an
/// error.
#[derive(Debug)]
pub(crate) struct Mismatch {
    message: String,
    /// The steps, innermost first.
    path: Vec<Step>,
}

impl Mismatch {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            path: Vec::new(),
        }
    }

    /// The error for a value whose kind is not the kind of the type.
    pub(crate) fn kind(ty: &Type, value: &Value) -> Self {
        Self::new(format!("expected {}, found {}", Brief(ty), value.kind()))
    }

    /// The error for a case or flag that the type does not have.
    pub(crate) fn name<'a>(
        what: &str,
        known: impl IntoIterator<Item = &'a Arc<str>>,
        found: &str,
    ) -> Self {
        Self::new(format!(
            "expected {what} {}, found \"{found}\"",
            Names::new(known)
        ))
    }

    /// Adds the offset in a text, in bytes.
    pub(crate) fn place(mut self, offset: usize) -> Self {
        let _ = write!(self.message, " at offset {offset}");
        self
    }

    /// Puts the path before the message, for an error whose message is final.
    pub(crate) fn at(mut self, step: Step) -> Self {
        self.path.push(step);
        self
    }
}

impl Display for Mismatch {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        separated(f, self.path.iter().rev(), |f, step| write!(f, "{step}"))?;
        if !self.path.is_empty() {
            f.write_str(": ")?;
        }
        f.write_str(&self.message)
    }
}

impl From<Mismatch> for Error {
    fn from(mismatch: Mismatch) -> Self {
        Error::misuse(mismatch.to_string())
    }
}

/// Adds a step to the path of a mismatch.
pub(crate) trait At {
    fn at(self, step: impl FnOnce() -> Step) -> Self;
}

impl<T> At for Result<T, Mismatch> {
    #[inline]
    fn at(self, step: impl FnOnce() -> Step) -> Self {
        self.map_err(|mismatch| mismatch.at(step()))
    }
}

/// A type in a message: in full if that is short, otherwise only its kind.
pub(crate) struct Brief<'a>(pub(crate) &'a Type);

impl Display for Brief<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            Type::Own(resource) => write!(f, "own<{}>", resource.name()),
            Type::Borrow(resource) => write!(f, "borrow<{}>", resource.name()),
            ty => {
                let mut line = Line(String::new());
                let fits = write!(line, "{ty}").is_ok();
                f.write_str(if fits { &line.0 } else { ty.kind() })
            }
        }
    }
}

/// A buffer of one line. Writing more fails, so that a type with a million parts is not printed in
/// full.
struct Line(String);

impl fmt::Write for Line {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if self.0.len() + text.len() > 80 {
            return Err(fmt::Error);
        }
        self.0.push_str(text);
        Ok(())
    }
}

/// A list of names in a message, e.g. `"a"` or `"b" or "c"`. Only the first few are shown.
struct Names<'a> {
    names: Vec<&'a Arc<str>>,
    more: bool,
}

impl<'a> Names<'a> {
    const MOST: usize = 8;

    fn new(names: impl IntoIterator<Item = &'a Arc<str>>) -> Self {
        let mut names = names.into_iter();
        let first = names.by_ref().take(Self::MOST).collect();
        Self {
            names: first,
            more: names.next().is_some(),
        }
    }
}

impl Display for Names<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let last = self.names.len().saturating_sub(1);
        for (index, name) in self.names.iter().enumerate() {
            let before = match index {
                0 => "",
                index if index == last && !self.more => " or ",
                _ => ", ",
            };
            write!(f, "{before}\"{name}\"")?;
        }
        f.write_str(if self.more { ", .." } else { "" })
    }
}
