//! Lists, with number lists stored flat.

use super::{Value, canonical_f32, canonical_f64};
use crate::Type;

macro_rules! lists {
    ($( $case:ident $rust:ty,)*) => {
        /// The elements of a `list`. Lists of numbers are one buffer; all others are values.
        ///
        /// Two lists are equal if their elements are, however they are stored; all empty lists are
        /// equal.
        #[derive(Clone, Debug)]
        #[non_exhaustive]
        pub enum List {
            $(
                #[doc = concat!("A list of `", stringify!($rust), "`.")]
                $case(Vec<$rust>),
            )*
            /// Elements of any other type, all of one type.
            Values(Vec<Value>),
        }

        impl List {
            /// Number of elements.
            #[must_use]
            pub fn len(&self) -> usize {
                match self { $( List::$case(list) => list.len(), )* List::Values(list) => list.len() }
            }

            /// The element at `index`, as a value of its own.
            #[must_use]
            pub fn at(&self, index: usize) -> Option<Value> {
                match self {
                    $( List::$case(list) => list.get(index).copied().map(Value::$case), )*
                    List::Values(list) => list.get(index).cloned(),
                }
            }

            /// An empty list stored the way the elements of `first`'s type are.
            fn for_element(first: &Value, capacity: usize) -> Self {
                match first {
                    $( Value::$case(_) => List::$case(Vec::with_capacity(capacity)), )*
                    _ => List::Values(Vec::with_capacity(capacity)),
                }
            }

            /// An empty list stored the way elements of a type are.
            pub(crate) fn of(element: &Type) -> Self {
                match element {
                    $( Type::$case => List::$case(Vec::new()), )*
                    _ => List::Values(Vec::new()),
                }
            }

            /// Appends, falling back to [`List::Values`] for an element of another type.
            pub(crate) fn push(&mut self, value: Value) {
                match (&mut *self, value) {
                    $( (List::$case(list), Value::$case(value)) => list.push(value), )*
                    (List::Values(list), value) => list.push(value),
                    (_, value) => {
                        let mut values: Vec<Value> = self.iter().collect();
                        values.push(value);
                        *self = List::Values(values);
                    }
                }
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
    /// Whether there is no element.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The elements, one value at a time.
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
        // The hint is the caller's word; a wrong one must not reserve memory without bound.
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
    fn storage_does_not_count_for_equality() {
        assert_eq!(List::U8(vec![1]), List::Values(vec![Value::U8(1)]));
        assert_eq!(List::U8(vec![]), List::F64(vec![]));
        assert_ne!(List::U8(vec![1]), List::S8(vec![1]));
        assert_ne!(List::U8(vec![1]), List::U8(vec![1, 2]));
    }

    #[test]
    fn mixed_elements_are_kept_as_they_are() {
        let list: List = [Value::U8(1), Value::Bool(true)].into_iter().collect();
        assert_eq!(
            list.iter().collect::<Vec<_>>(),
            [Value::U8(1), Value::Bool(true)]
        );
    }

    #[test]
    fn nan_payloads_are_one_and_zeroes_are_two() {
        assert_eq!(
            List::F32(vec![f32::NAN]),
            List::F32(vec![f32::from_bits(0xffc0_0001)])
        );
        assert_ne!(List::F64(vec![0.0]), List::F64(vec![-0.0]));
    }
}
