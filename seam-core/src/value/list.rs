//! Lists. A list of numbers or records is stored flat.

use super::{Records, Value, canonical_f32, canonical_f64};
use crate::Type;

macro_rules! lists {
    ($( $case:ident $rust:ty,)*) => {
        /// The elements of a `list`. A list of numbers is one buffer. A list of records has the names
        /// of the fields once. Any other list is a vector of values.
        ///
        /// Two lists are equal if their elements are equal, however they are stored. All empty
        /// lists are equal.
        #[derive(Clone, Debug)]
        #[non_exhaustive]
        pub enum List {
            $(
                #[doc = concat!("A list of `", stringify!($rust), "`.")]
                $case(Vec<$rust>),
            )*
            /// A list of records with at least one field.
            Records(Box<Records>),
            /// Elements of any type. All elements have the same type.
            Values(Vec<Value>),
        }

        impl List {
            /// Returns the number of elements.
            #[must_use]
            pub fn len(&self) -> usize {
                match self {
                    $( List::$case(list) => list.len(), )*
                    List::Records(list) => list.len(),
                    List::Values(list) => list.len(),
                }
            }

            /// Returns the element at `index`, or `None` if `index` is out of bounds.
            #[must_use]
            pub fn at(&self, index: usize) -> Option<Value> {
                match self {
                    $( List::$case(list) => list.get(index).copied().map(Value::$case), )*
                    List::Records(list) => list.at(index),
                    List::Values(list) => list.get(index).cloned(),
                }
            }

            /// Returns the elements in a range. What is out of bounds is left out.
            #[must_use]
            pub fn slice(&self, range: std::ops::Range<usize>) -> List {
                let end = range.end.min(self.len());
                let range = range.start.min(end)..end;
                match self {
                    $( List::$case(list) => {
                        List::$case(list.get(range).unwrap_or_default().to_vec())
                    } )*
                    List::Records(list) => List::Records(Box::new(list.slice(range))),
                    List::Values(list) => {
                        List::Values(list.get(range).unwrap_or_default().to_vec())
                    }
                }
            }

            /// Returns whether the list is stored flat, as numbers of this type.
            #[inline]
            pub(crate) fn is_flat_of(&self, element: &Type) -> bool {
                matches!((self, element), $( (List::$case(_), Type::$case) )|*)
            }

            /// Creates an empty list with the storage for elements of the type of `first`.
            fn for_element(first: &Value, capacity: usize) -> Self {
                match first {
                    $( Value::$case(_) => List::$case(Vec::with_capacity(capacity)), )*
                    Value::Record(fields) => Self::of_records(Records::like(fields, capacity)),
                    _ => List::Values(Vec::with_capacity(capacity)),
                }
            }

            /// Creates an empty list with the storage for elements of type `element`.
            pub(crate) fn of(element: &Type) -> Self {
                match element {
                    $( Type::$case => List::$case(Vec::new()), )*
                    Type::Record(ty) => Self::of_records(Records::of(ty)),
                    _ => List::Values(Vec::new()),
                }
            }

            /// Appends an element. An element of another type switches the list to
            /// [`List::Values`].
            pub(crate) fn push(&mut self, value: Value) {
                let other = match (&mut *self, value) {
                    $( (List::$case(list), Value::$case(value)) => return list.push(value), )*
                    (List::Values(list), value) => return list.push(value),
                    (List::Records(list), Value::Record(fields)) => match list.push(fields) {
                        Ok(()) => return,
                        Err(fields) => Value::Record(fields),
                    },
                    (_, value) => value,
                };
                let mut values: Vec<Value> = self.iter().collect();
                values.push(other);
                *self = List::Values(values);
            }
        }

        $(
            impl From<Vec<$rust>> for List {
                fn from(list: Vec<$rust>) -> Self {
                    List::$case(list)
                }
            }
        )*
    };
}

lists! {
    S8 i8, U8 u8, S16 i16, U16 u16, S32 i32, U32 u32, S64 i64, U64 u64, F32 f32, F64 f64,
}

impl List {
    /// Returns whether the list is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn of_records(records: Option<Records>) -> Self {
        match records {
            Some(records) => List::Records(Box::new(records)),
            None => List::Values(Vec::new()),
        }
    }

    /// Returns the values in the list that are stored as such, in order: its elements, or the fields
    /// of all its records. A list of numbers has none.
    #[must_use]
    pub fn values(&self) -> &[Value] {
        match self {
            List::Values(values) => values,
            List::Records(records) => records.values(),
            _ => &[],
        }
    }

    /// Like [`values`](Self::values), to change them.
    pub fn values_mut(&mut self) -> &mut [Value] {
        match self {
            List::Values(values) => values,
            List::Records(records) => records.values_mut(),
            _ => &mut [],
        }
    }

    /// Iterates over the elements, as one value each.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = Value> + '_ {
        (0..self.len()).filter_map(|index| self.at(index))
    }
}

impl From<Vec<Value>> for List {
    fn from(values: Vec<Value>) -> Self {
        values.into_iter().collect()
    }
}

impl FromIterator<Value> for List {
    fn from_iter<I: IntoIterator<Item = Value>>(values: I) -> Self {
        let mut values = values.into_iter();
        let Some(first) = values.next() else {
            return List::Values(Vec::new());
        };
        // The size hint is untrusted, so it must not reserve memory without bound.
        let mut list = List::for_element(&first, values.size_hint().0.saturating_add(1).min(1024));
        list.push(first);
        values.for_each(|value| list.push(value));
        list
    }
}

impl PartialEq for List {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (List::U8(a), List::U8(b)) => a == b,
            (List::S32(a), List::S32(b)) => a == b,
            (List::U32(a), List::U32(b)) => a == b,
            (List::F32(a), List::F32(b)) => a
                .iter()
                .copied()
                .map(canonical_f32)
                .eq(b.iter().copied().map(canonical_f32)),
            (List::F64(a), List::F64(b)) => a
                .iter()
                .copied()
                .map(canonical_f64)
                .eq(b.iter().copied().map(canonical_f64)),
            (List::Records(a), List::Records(b)) => a == b,
            (List::Values(a), List::Values(b)) => a == b,
            (a, b) => a.len() == b.len() && a.iter().eq(b.iter()),
        }
    }
}

impl Eq for List {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn collecting_numbers_stores_them_flat() {
        let list: List = [Value::U8(1), Value::U8(2)].into_iter().collect();
        assert!(matches!(&list, List::U8(bytes) if *bytes == [1, 2]));
    }

    #[test]
    fn slices_end_with_the_list() {
        let list = List::U8(vec![1, 2, 3]);
        assert_eq!(list.slice(1..2), List::U8(vec![2]));
        assert_eq!(list.slice(2..9), List::U8(vec![3]));
        assert!(list.slice(4..9).is_empty());
        let values = List::Values(vec![Value::Bool(true), Value::Bool(false)]);
        assert_eq!(values.slice(1..2), List::Values(vec![Value::Bool(false)]));
    }

    #[test]
    fn equality_ignores_the_storage() {
        assert_eq!(List::U8(vec![1]), List::Values(vec![Value::U8(1)]));
        assert_eq!(List::U8(vec![]), List::F64(vec![]));
        assert_ne!(List::U8(vec![1]), List::S8(vec![1]));
        assert_ne!(List::U8(vec![1]), List::U8(vec![1, 2]));
    }

    #[test]
    fn mixed_elements_are_stored_as_values() {
        let list: List = [Value::U8(1), Value::Bool(true)].into_iter().collect();
        assert_eq!(
            list.iter().collect::<Vec<_>>(),
            [Value::U8(1), Value::Bool(true)]
        );
    }

    #[test]
    fn nans_are_equal_and_zeroes_differ_by_sign() {
        assert_eq!(
            List::F32(vec![f32::NAN]),
            List::F32(vec![f32::from_bits(0xffc0_0001)])
        );
        assert_ne!(List::F64(vec![0.0]), List::F64(vec![-0.0]));
    }
}
