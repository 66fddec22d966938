//! The values of exported globals: one column of names, which snapshots share, and one of values.

use std::fmt;
use std::sync::Arc;

use serde::ser::SerializeMap;

use crate::CoreValue;

/// # For implementors
/// The sorted names of the globals of a core instance. All snapshots of the instance share them.
#[derive(Clone, Debug)]
pub struct GlobalNames(Arc<[Arc<str>]>);

impl GlobalNames {
    /// Sorts names. A name that occurs twice is kept once.
    #[must_use]
    pub fn new(names: impl IntoIterator<Item = Arc<str>>) -> Self {
        let mut names: Vec<_> = names.into_iter().collect();
        names.sort();
        names.dedup();
        Self(names.into())
    }

    /// Returns the positions of the names that start with `prefix`. They are adjacent.
    #[must_use]
    pub fn with_prefix(&self, prefix: &str) -> std::ops::Range<usize> {
        let start = self.0.partition_point(|name| &**name < prefix);
        let rest = self.0.get(start..).unwrap_or_default();
        start..start + rest.partition_point(|name| name.starts_with(prefix))
    }
}

/// The values of exported globals, by name.
///
/// Snapshots of one instance share the names, so a snapshot of many globals copies only their
/// values.
#[derive(Clone)]
pub struct Globals {
    names: GlobalNames,
    /// The position of the first name that has a value. The values of the names after it follow.
    first: usize,
    values: Vec<CoreValue>,
}

impl Globals {
    /// # For implementors
    /// Creates the globals that have the names from position `first` on, with these values.
    ///
    /// Values for which there is no name are dropped.
    #[must_use]
    pub fn new(names: GlobalNames, first: usize, mut values: Vec<CoreValue>) -> Self {
        values.truncate(names.0.len().saturating_sub(first));
        Self {
            names,
            first,
            values,
        }
    }

    /// Returns the number of globals.
    #[must_use]
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Returns whether there are no globals.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Iterates over the names, in order.
    pub fn names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.column().iter().map(|name| &**name)
    }

    /// Iterates over the values, in the order of their names.
    pub fn values(&self) -> impl ExactSizeIterator<Item = &CoreValue> {
        self.values.iter()
    }

    /// Iterates over names and values, in the order of the names.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &CoreValue)> {
        self.names().zip(&self.values)
    }

    /// Returns the value of the global with this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&CoreValue> {
        let found = self.column().binary_search_by(|known| (**known).cmp(name));
        self.values.get(found.ok()?)
    }

    /// Returns the globals whose names start with `prefix`.
    #[must_use]
    pub fn with_prefix(&self, prefix: &str) -> Self {
        let named = self.names.with_prefix(prefix);
        let first = named.start.max(self.first);
        let last = named.end.min(self.first + self.values.len());
        let values = self
            .values
            .get(first - self.first..last.max(first) - self.first);
        Self {
            names: self.names.clone(),
            first,
            values: values.unwrap_or_default().to_vec(),
        }
    }

    /// Returns the name and both values of each global whose values differ, or that is on one side
    /// only: first the names of this side, in order, and then those of the other side alone.
    pub(crate) fn differences<'a>(
        &'a self,
        other: &'a Self,
    ) -> Vec<(&'a str, Option<&'a CoreValue>, Option<&'a CoreValue>)> {
        if self == other {
            return Vec::new();
        }
        let ours = self
            .iter()
            .map(|(name, value)| (name, Some(value), other.get(name)));
        let theirs = other.iter().filter(|(name, _)| self.get(name).is_none());
        let theirs = theirs.map(|(name, value)| (name, None, Some(value)));
        ours.chain(theirs).filter(|(_, a, b)| a != b).collect()
    }

    fn column(&self) -> &[Arc<str>] {
        let range = self.first..self.first + self.values.len();
        self.names.0.get(range).unwrap_or_default()
    }
}

impl Default for Globals {
    fn default() -> Self {
        Self::from_iter([] as [(&str, CoreValue); 0])
    }
}

/// If a name occurs twice, its last value is kept.
impl<N: Into<Arc<str>>> FromIterator<(N, CoreValue)> for Globals {
    fn from_iter<I: IntoIterator<Item = (N, CoreValue)>>(globals: I) -> Self {
        let named = globals.into_iter();
        let named: std::collections::BTreeMap<Arc<str>, CoreValue> =
            named.map(|(name, value)| (name.into(), value)).collect();
        let (names, values): (Vec<_>, Vec<_>) = named.into_iter().unzip();
        Self::new(GlobalNames::new(names), 0, values)
    }
}

impl PartialEq for Globals {
    fn eq(&self, other: &Self) -> bool {
        let shared = Arc::ptr_eq(&self.names.0, &other.names.0) && self.first == other.first;
        self.values == other.values && (shared || self.column() == other.column())
    }
}

impl Eq for Globals {}

impl fmt::Debug for Globals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl serde::Serialize for Globals {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.len()))?;
        for (name, value) in self.iter() {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn globals() -> Globals {
        [("c", 3), ("a", 1), ("ba", 2), ("bb", 22)]
            .map(|(name, value)| (name, CoreValue::I32(value)))
            .into_iter()
            .collect()
    }

    fn names(globals: &Globals) -> Vec<&str> {
        globals.names().collect()
    }

    #[test]
    fn globals_are_sorted_and_found_by_name() {
        let globals = globals();
        assert_eq!(names(&globals), ["a", "ba", "bb", "c"]);
        assert_eq!(globals.get("bb"), Some(&CoreValue::I32(22)));
        assert_eq!(globals.get("b"), None);
        assert_eq!((globals.len(), Globals::default().len()), (4, 0));
    }

    #[test]
    fn the_last_value_of_a_name_is_kept() {
        let twice = [("a", CoreValue::I32(1)), ("a", CoreValue::I32(2))];
        let globals = Globals::from_iter(twice);
        assert_eq!(
            globals.iter().collect::<Vec<_>>(),
            [("a", &CoreValue::I32(2))]
        );
    }

    #[test]
    fn a_prefix_selects_a_part_and_a_part_of_a_part() {
        let b = globals().with_prefix("b");
        assert_eq!(names(&b), ["ba", "bb"]);
        assert_eq!(b.get("bb"), Some(&CoreValue::I32(22)));
        assert_eq!(b.get("c"), None);
        assert_eq!(names(&b.with_prefix("bb")), ["bb"]);
        for nothing in ["a", "c", "bc", "z", ""] {
            let expected = if nothing.is_empty() { 2 } else { 0 };
            assert_eq!(b.with_prefix(nothing).len(), expected, "{nothing}");
        }
    }

    #[test]
    fn equal_globals_need_not_share_their_names() {
        let (one, other) = (globals(), globals());
        assert_eq!(one, other);
        assert_eq!(one, one.clone());
        let part = one.with_prefix("b");
        let alone = [("ba", CoreValue::I32(2)), ("bb", CoreValue::I32(22))];
        assert_eq!(part, Globals::from_iter(alone));
        let renamed = [("ba", CoreValue::I32(2)), ("bc", CoreValue::I32(22))];
        assert_ne!(part, Globals::from_iter(renamed));
        assert_ne!(part, one);
    }

    #[test]
    fn differences_name_what_is_on_one_side_only() {
        let number = CoreValue::I32;
        let other = [("a", 1), ("bb", 23), ("d", 4)].map(|(name, value)| (name, number(value)));
        let (one, other) = (globals(), Globals::from_iter(other));
        let (two, three) = (number(2), number(3));
        let expected = [
            ("ba", Some(&two), None),
            ("bb", Some(&number(22)), Some(&number(23))),
            ("c", Some(&three), None),
            ("d", None, Some(&number(4))),
        ];
        assert_eq!(one.differences(&other), expected);
        assert!(one.differences(&one).is_empty());
    }

    #[test]
    fn values_without_a_name_are_dropped() {
        let names = GlobalNames::new(["a", "b"].map(Arc::from));
        let values = vec![CoreValue::I32(1), CoreValue::I32(2)];
        let globals = Globals::new(names, 1, values);
        assert_eq!(
            globals.iter().collect::<Vec<_>>(),
            [("b", &CoreValue::I32(1))]
        );
    }
}
