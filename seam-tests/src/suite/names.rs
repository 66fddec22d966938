//! The modules and instances that a script has defined.

use std::collections::HashMap;

use super::outcome::{Step, Stop};

/// The definitions of one kind in a script so far.
///
/// A definition that could not be made is kept as its reason. A directive that refers to it ends
/// with the same reason.
pub(crate) struct Names<T> {
    all: Vec<Result<T, Stop>>,
    /// The definition that a directive without a name refers to.
    current: Option<Place>,
    named: HashMap<String, Place>,
}

/// The index of a definition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place(usize);

impl<T> Names<T> {
    pub(crate) fn new() -> Self {
        Self {
            all: Vec::new(),
            current: None,
            named: HashMap::new(),
        }
    }

    /// Records the definition that the directive on `line` made, or the reason why it could not.
    ///
    /// The definition becomes the current one, and also gets `name` if there is one. Returns the
    /// outcome of the directive itself.
    pub(crate) fn define(&mut self, line: usize, name: Option<&str>, made: Step<T>) -> Step {
        let step = match &made {
            Ok(_) => Ok(()),
            Err(stop) => Err(stop.clone()),
        };
        let place = Place(self.all.len());
        self.all.push(made.map_err(|stop| match stop {
            Stop::Failed { .. } => Stop::failed(
                format!("the definition of line {line}"),
                "none: that directive failed",
            ),
            stop => stop,
        }));
        self.current = Some(place);
        if let Some(name) = name {
            self.named.insert(name.to_string(), place);
        }
        step
    }

    /// Finds the definition with this name, or the current one if `name` is `None`.
    pub(crate) fn find(&self, name: Option<&str>) -> Step<Place> {
        let found = match name {
            Some(name) => self.named.get(name).copied(),
            None => self.current,
        };
        found.ok_or_else(|| {
            Stop::failed(
                name.map_or_else(|| "a current one".into(), |name| format!("`${name}`")),
                "no such definition in the script",
            )
        })
    }

    /// Returns the definition at `place`, or the reason why it could not be made.
    pub(crate) fn at(&mut self, place: Place) -> Step<&mut T> {
        match self.all.get_mut(place.0) {
            Some(Ok(made)) => Ok(made),
            Some(Err(stop)) => Err(stop.clone()),
            None => Err(Stop::failed("a place of this script", "another's")),
        }
    }

    /// Replaces the definition at `place` by the reason why it can no longer be used.
    pub(crate) fn spoil(&mut self, place: Place, why: Stop) {
        if let Some(slot) = self.all.get_mut(place.0) {
            *slot = Err(why);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn a_definition_that_failed_is_kept_with_its_reason() {
        let mut names = Names::new();
        let lack = Stop::Unsupported("gc".into());
        names.define(1, Some("a"), Ok(7)).unwrap();
        names.define(2, Some("b"), Err(lack.clone())).unwrap_err();
        let (a, b) = (names.find(Some("a")).unwrap(), names.find(None).unwrap());
        assert_eq!(names.at(a), Ok(&mut 7));
        assert_eq!(names.at(b), Err(lack));
        assert!(names.find(Some("c")).is_err());
    }

    #[test]
    fn a_failed_definition_names_its_line() {
        let mut names: Names<u8> = Names::new();
        let failed = names.define(12, None, Err(Stop::failed("a module", "a fault")));
        assert_eq!(failed, Err(Stop::failed("a module", "a fault")));
        let place = names.find(None).unwrap();
        let Err(Stop::Failed { expected, .. }) = names.at(place) else {
            unreachable!("the definition failed");
        };
        assert!(expected.contains("line 12"), "{expected}");
    }
}
