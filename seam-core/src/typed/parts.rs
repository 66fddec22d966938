//! The parts of values in a queue, from which values are built.

use std::collections::VecDeque;

use super::{Lower, Numbers, Scalar};
use crate::{Error, List, Resource, Result, Value};

/// One part of those that [`Lower`] takes.
#[derive(Debug)]
pub(super) enum Part {
    Scalar(Scalar),
    String(Box<str>),
    Numbers(List),
    List(usize),
    Case(u32),
    Flags(Vec<u32>),
    Resource(Resource),
    End(Value),
}

/// A queue of parts.
#[derive(Debug, Default)]
pub(super) struct Parts(VecDeque<Part>);

impl Part {
    fn describe(&self) -> &'static str {
        match self {
            Part::Scalar(scalar) => scalar.ty().kind(),
            Part::String(_) => "string",
            Part::Numbers(_) => "a list of numbers",
            Part::List(_) => "a list",
            Part::Case(_) => "a case",
            Part::Flags(_) => "flags",
            Part::Resource(_) => "a resource",
            Part::End(end) => end.kind(),
        }
    }
}

impl Parts {
    pub(super) fn push(&mut self, part: Part) {
        self.0.push_back(part);
    }

    pub(super) fn pop(&mut self) -> Option<Part> {
        self.0.pop_front()
    }

    /// Checks that no part is left.
    ///
    /// # Errors
    /// `Misuse` if a part is left.
    pub(super) fn end(&mut self) -> Result<()> {
        match self.pop() {
            None => Ok(()),
            part => Err(expected("no more parts", part.as_ref())),
        }
    }
}

/// Returns the error for a part of another type than the one that is due.
pub(super) fn expected(due: &str, found: Option<&Part>) -> Error {
    let found = found.map_or("none", Part::describe);
    Error::misuse(format!("expected {due}, found {found}"))
}

impl Lower for Parts {
    fn scalar(&mut self, scalar: Scalar) -> Result<()> {
        self.push(Part::Scalar(scalar));
        Ok(())
    }

    fn string(&mut self, text: &str) -> Result<()> {
        self.push(Part::String(text.into()));
        Ok(())
    }

    fn numbers(&mut self, numbers: Numbers<'_>) -> Result<()> {
        self.push(Part::Numbers(numbers.to_list()));
        Ok(())
    }

    fn list(&mut self, len: usize) -> Result<()> {
        self.push(Part::List(len));
        Ok(())
    }

    fn case(&mut self, index: u32) -> Result<()> {
        self.push(Part::Case(index));
        Ok(())
    }

    fn flags(&mut self, bits: &[u32]) -> Result<()> {
        self.push(Part::Flags(bits.to_vec()));
        Ok(())
    }

    fn resource(&mut self, resource: &Resource) -> Result<()> {
        self.push(Part::Resource(resource.clone()));
        Ok(())
    }

    fn end(&mut self, end: &Value) -> Result<()> {
        self.push(Part::End(end.clone()));
        Ok(())
    }
}
