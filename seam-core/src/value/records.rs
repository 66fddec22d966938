//! Records of one list.

use std::sync::Arc;

use super::Value;
use crate::types::RecordType;
use crate::{Error, Result};

/// The elements of a list of records: the names of their fields once, and the values of the fields
/// of one record after the other.
#[derive(Clone, Debug)]
pub struct Records {
    /// At least one.
    names: Arc<[Arc<str>]>,
    /// As many for each record as there are names.
    values: Vec<Value>,
}

impl Records {
    /// Creates records with fields of these names. `values` are those of the first record's fields,
    /// in the order of the names, then those of the second record, and so on.
    ///
    /// # Errors
    /// `Misuse` if there is no name, or if the last record has too few values.
    pub fn new(names: Arc<[Arc<str>]>, values: Vec<Value>) -> Result<Self> {
        match values.len().checked_rem(names.len()) {
            Some(0) => Ok(Self { names, values }),
            Some(rest) => Err(Error::misuse(format!(
                "expected {} values for each record, found {rest} for the last",
                names.len()
            ))),
            None => Err(Error::misuse(
                "expected records with fields, found no names",
            )),
        }
    }

    /// Creates records without elements, or returns `None` for a type without fields.
    pub(super) fn of(ty: &RecordType) -> Option<Self> {
        let names = ty.fields.iter().map(|(name, _)| name.clone()).collect();
        Self::new(names, Vec::new()).ok()
    }

    /// Creates records without elements, with the names of `first` and room for `capacity` records, or
    /// returns `None` for a record without fields.
    pub(super) fn like(first: &[(Arc<str>, Value)], capacity: usize) -> Option<Self> {
        let names = first.iter().map(|(name, _)| name.clone()).collect();
        let values = Vec::with_capacity(capacity.saturating_mul(first.len()));
        Self::new(names, values).ok()
    }

    /// Returns the names of the fields.
    #[must_use]
    pub fn names(&self) -> &[Arc<str>] {
        &self.names
    }

    /// Returns the values of all fields, one record after the other.
    #[must_use]
    pub fn values(&self) -> &[Value] {
        &self.values
    }

    /// Like [`values`](Self::values), to change them.
    pub fn values_mut(&mut self) -> &mut [Value] {
        &mut self.values
    }

    /// Returns the number of records.
    #[must_use]
    pub fn len(&self) -> usize {
        self.values.len() / self.names.len().max(1)
    }

    /// Returns whether there is no record.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Iterates over the records: the values of their fields.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &[Value]> + DoubleEndedIterator {
        self.values.chunks_exact(self.names.len().max(1))
    }

    /// Returns the record at `index`, or `None` if `index` is out of bounds.
    #[must_use]
    pub fn at(&self, index: usize) -> Option<Value> {
        let values = self.iter().nth(index)?.iter().cloned();
        let names = self.names.iter().cloned();
        Some(Value::Record(names.zip(values).collect()))
    }

    /// Returns the records in a range, which must be within bounds.
    pub(super) fn slice(&self, range: std::ops::Range<usize>) -> Self {
        let records = self.iter().skip(range.start).take(range.len());
        Self {
            names: self.names.clone(),
            values: records.flatten().cloned().collect(),
        }
    }

    /// Returns whether the fields of a record have the names of these.
    fn has_names_of(&self, fields: &[(Arc<str>, Value)]) -> bool {
        let mut pairs = self.names.iter().zip(fields);
        self.names.len() == fields.len() && pairs.all(|(name, (found, _))| name == found)
    }

    /// Appends a record.
    ///
    /// # Errors
    /// The record, if its fields have other names.
    pub(super) fn push(
        &mut self,
        fields: Vec<(Arc<str>, Value)>,
    ) -> std::result::Result<(), Vec<(Arc<str>, Value)>> {
        if !self.has_names_of(&fields) {
            return Err(fields);
        }
        self.values
            .extend(fields.into_iter().map(|(_, value)| value));
        Ok(())
    }
}

/// Without elements, the names do not matter.
impl PartialEq for Records {
    fn eq(&self, other: &Self) -> bool {
        self.values == other.values && (self.is_empty() || self.names == other.names)
    }
}

impl Eq for Records {}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::List;

    fn names<const N: usize>(names: [&str; N]) -> Arc<[Arc<str>]> {
        names.map(Arc::from).into()
    }

    fn entry(id: u32, name: &str) -> Value {
        Value::record([("id", Value::U32(id)), ("name", Value::from(name))])
    }

    #[test]
    fn values_are_those_of_whole_records() {
        let records =
            |count: u32| Records::new(names(["a", "b"]), (0..count).map(Value::U32).collect());
        assert_eq!(records(4).unwrap().len(), 2);
        assert_eq!(
            records(3).unwrap_err().message(),
            "expected 2 values for each record, found 1 for the last"
        );
        assert_eq!(
            Records::new(names([]), Vec::new()).unwrap_err().message(),
            "expected records with fields, found no names"
        );
    }

    #[test]
    fn lists_of_records_have_their_names_once() {
        let list: List = [entry(1, "x"), entry(2, "y"), entry(3, "z")]
            .into_iter()
            .collect();
        let stored = match &list {
            List::Records(records) => Some((records.names(), records.values().len())),
            _ => None,
        };
        assert_eq!(stored, Some((&*names(["id", "name"]), 6)));
        assert_eq!(list.len(), 3);
        assert_eq!(list.at(1), Some(entry(2, "y")));
        assert_eq!(list.at(3), None);
        assert_eq!(
            list.slice(1..9),
            List::from(vec![entry(2, "y"), entry(3, "z")])
        );
        assert_eq!(list, List::Values(list.iter().collect()));
        assert_ne!(list, List::Values(vec![entry(1, "x")]));
    }

    #[test]
    fn lists_of_records_are_written_however_they_are_stored() {
        let values = vec![entry(1, "x"), entry(2, "y")];
        for list in [List::from(values.clone()), List::Values(values)] {
            let value = Value::List(list);
            let text = r#"[{id: 1, name: "x"}, {id: 2, name: "y"}]"#;
            assert_eq!(value.to_string(), text);
            let json = r#"[{"id":1,"name":"x"},{"id":2,"name":"y"}]"#;
            assert_eq!(serde_json::to_string(&value).unwrap(), json);
        }
    }

    #[test]
    fn records_with_other_fields_are_stored_as_values() {
        let other = Value::record([("id", Value::U32(1))]);
        for second in [
            other,
            Value::record([("name", Value::U8(1)), ("id", Value::U8(1))]),
        ] {
            let values = vec![entry(1, "x"), second];
            let list = List::from(values.clone());
            assert!(matches!(&list, List::Values(stored) if *stored == values));
        }
        let empty = Value::record::<&str>([]);
        assert!(matches!(List::from(vec![empty]), List::Values(stored) if stored.len() == 1));
    }

    #[test]
    fn records_are_equal_by_names_and_values() {
        let records = |name, value| Records::new(names([name]), value).unwrap();
        let one = vec![Value::U8(1)];
        assert_eq!(records("a", one.clone()), records("a", one.clone()));
        assert_ne!(records("a", one.clone()), records("b", one));
        assert_eq!(records("a", vec![]), records("b", vec![]));
    }
}
