//! The parts of lifted values.

use std::{mem, vec};

use seam_core::typed::{Lift, Scalar};
use seam_core::{Error, List, Resource, Result};
use wasmtime::component::ResourceAny;

/// One part, as [`Lift`] returns it.
#[derive(Debug)]
pub(super) enum Part {
    Scalar(Scalar),
    String(String),
    Numbers(List),
    /// The length of a list or map. Its elements or entries follow.
    List(usize),
    /// The case of a variant, option, result or enum. Its payload follows, if it has one.
    Case(u32),
    Flags(Vec<u32>),
    Resource(Box<ResourceAny>),
}

impl Part {
    pub(super) fn describe(&self) -> &'static str {
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

/// The parts of lifted arguments or of a lifted result, which are taken one after another.
///
/// Most results are a single part, which needs no allocation.
#[derive(Debug, Default)]
pub(crate) struct Parts {
    first: Option<Part>,
    more: Option<Box<More>>,
}

/// Further parts.
#[derive(Debug, Default)]
struct More {
    parts: vec::IntoIter<Part>,
    /// The numbers that are left of a list whose length was taken.
    numbers: vec::IntoIter<Scalar>,
}

/// Parts that are being lifted.
#[derive(Default)]
pub(super) struct Lifting {
    first: Option<Part>,
    rest: Vec<Part>,
}

impl Lifting {
    #[inline]
    pub(super) fn push(&mut self, part: Part) {
        match self.first {
            None => self.first = Some(part),
            Some(_) => self.rest.push(part),
        }
    }

    #[inline]
    pub(super) fn done(self) -> Parts {
        let more = (!self.rest.is_empty()).then(|| {
            Box::new(More {
                parts: self.rest.into_iter(),
                numbers: vec::IntoIter::default(),
            })
        });
        Parts {
            first: self.first,
            more,
        }
    }
}

impl From<Part> for Parts {
    #[inline]
    fn from(part: Part) -> Self {
        Self {
            first: Some(part),
            more: None,
        }
    }
}

impl From<List> for Parts {
    #[inline]
    fn from(numbers: List) -> Self {
        Part::Numbers(numbers).into()
    }
}

impl Parts {
    #[inline]
    pub(super) fn next(&mut self) -> Option<Part> {
        match self.first.take() {
            None => self.more.as_mut()?.parts.next(),
            part => part,
        }
    }

    #[inline]
    fn number(&mut self) -> Option<Scalar> {
        self.more.as_mut()?.numbers.next()
    }

    /// Checks that all parts have been taken.
    ///
    /// # Errors
    /// `Misuse` if some have not.
    pub(crate) fn end(&mut self) -> Result<()> {
        match self.number().map(Part::Scalar).or_else(|| self.next()) {
            None => Ok(()),
            part => Err(expected("all parts to be taken", part.as_ref())),
        }
    }
}

/// Returns the error for a part that is due when another one was asked for.
#[cold]
pub(super) fn expected(asked: &str, due: Option<&Part>) -> Error {
    let found = due.map_or("none", Part::describe);
    Error::misuse(format!("expected {asked}, found {found}"))
}

impl Lift for Parts {
    fn scalar(&mut self) -> Result<Scalar> {
        if let Some(number) = self.number() {
            return Ok(number);
        }
        match self.next() {
            Some(Part::Scalar(scalar)) => Ok(scalar),
            part => Err(expected("a number, bool or char", part.as_ref())),
        }
    }

    fn string(&mut self) -> Result<String> {
        match self.next() {
            Some(Part::String(text)) => Ok(text),
            part => Err(expected("string", part.as_ref())),
        }
    }

    fn numbers(&mut self) -> Result<List> {
        match self.next() {
            Some(Part::Numbers(list)) => Ok(list),
            part => Err(expected("a list of numbers", part.as_ref())),
        }
    }

    fn list(&mut self) -> Result<usize> {
        match self.next() {
            Some(Part::List(len)) => Ok(len),
            // Numbers may also be taken one by one.
            Some(Part::Numbers(list)) => {
                let scalars = list.iter().filter_map(|number| Scalar::of(&number));
                let numbers = scalars.collect::<Vec<_>>().into_iter();
                self.more.get_or_insert_default().numbers = numbers;
                Ok(list.len())
            }
            part => Err(expected("a list", part.as_ref())),
        }
    }

    fn case(&mut self) -> Result<u32> {
        match self.next() {
            Some(Part::Case(case)) => Ok(case),
            part => Err(expected("a case", part.as_ref())),
        }
    }

    fn flags(&mut self) -> Result<Vec<u32>> {
        match self.next() {
            Some(Part::Flags(bits)) => Ok(bits),
            part => Err(expected("flags", part.as_ref())),
        }
    }

    /// Values with handles are taken as values, since a handle needs its instance's table.
    fn resource(&mut self) -> Result<Resource> {
        let part = self.next();
        Err(expected("no resource", part.as_ref()))
    }
}

/// The parts of a string that is a whole result.
///
/// A string among [`Parts`] lies beside their tags, where the processor waits for each move of it.
pub(crate) struct TextPart<'a> {
    text: &'a mut String,
    is_taken: bool,
}

impl<'a> TextPart<'a> {
    pub(crate) fn new(text: &'a mut String) -> Self {
        Self {
            text,
            is_taken: false,
        }
    }

    /// Checks that the string has been taken.
    ///
    /// # Errors
    /// `Misuse` if it has not.
    pub(crate) fn end(&mut self) -> Result<()> {
        match self.is_taken {
            true => Ok(()),
            false => self.others().end(),
        }
    }

    /// Returns what is left as parts, which refuse to be taken as others.
    #[cold]
    fn others(&mut self) -> Parts {
        match mem::replace(&mut self.is_taken, true) {
            true => Parts::default(),
            false => Part::String(mem::take(self.text)).into(),
        }
    }
}

impl Lift for TextPart<'_> {
    fn string(&mut self) -> Result<String> {
        match mem::replace(&mut self.is_taken, true) {
            false => Ok(mem::take(self.text)),
            true => Parts::default().string(),
        }
    }

    fn scalar(&mut self) -> Result<Scalar> {
        self.others().scalar()
    }

    fn numbers(&mut self) -> Result<List> {
        self.others().numbers()
    }

    fn list(&mut self) -> Result<usize> {
        self.others().list()
    }

    fn case(&mut self) -> Result<u32> {
        self.others().case()
    }

    fn flags(&mut self) -> Result<Vec<u32>> {
        self.others().flags()
    }

    fn resource(&mut self) -> Result<Resource> {
        self.others().resource()
    }
}
