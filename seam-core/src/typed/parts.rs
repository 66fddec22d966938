//! The parts of values, kept in order: what values are taken apart to and put together from.

use std::collections::VecDeque;

use super::{Lower, Numbers, Scalar};
use crate::{Error, List, Resource, Result};

/// One part, as [`Lower`] takes them.
#[derive(Debug)]
pub(super) enum Part {
    Scalar(Scalar),
    String(Box<str>),
    Numbers(List),
    List(usize),
    Case(u32),
    Flags(Vec<u32>),
    Resource(Resource),
}

/// Parts in a row: goes in at the end, comes out at the front.
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

    /// Whether nothing is left.
    ///
    /// # Errors
    /// `Misuse` if there is.
    pub(super) fn end(&mut self) -> Result<()> {
        match self.pop() {
            None => Ok(()),
            part => Err(expected("no more parts", part.as_ref())),
        }
    }
}

/// Another part is due than the one that was given.
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
}
