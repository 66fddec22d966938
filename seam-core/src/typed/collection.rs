//! Maps and lists of a fixed length.

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher, Hash};

use super::{Lift, Liftable, Lower, Typed};
use crate::{Error, Result, Type};

impl<K: Typed, V: Typed> Typed for BTreeMap<K, V> {
    fn ty() -> Type {
        Type::Map(K::ty().into(), V::ty().into())
    }

    fn is(ty: &Type) -> bool {
        matches!(ty, Type::Map(key, value) if K::is(key) && V::is(value))
    }

    fn lower(&self, to: &mut dyn Lower) -> Result<()> {
        lower_entries(self.len(), self.iter(), to)
    }
}

/// If a key occurs more than once, its last value counts.
impl<K: Liftable + Ord, V: Liftable> Liftable for BTreeMap<K, V> {
    fn lift(from: &mut dyn Lift) -> Result<Self> {
        lift_entries(from)
    }
}

/// Entries are passed in the order of their keys, so that each run passes the same.
impl<K: Typed + Ord, V: Typed, S> Typed for HashMap<K, V, S> {
    fn ty() -> Type {
        BTreeMap::<K, V>::ty()
    }

    fn is(ty: &Type) -> bool {
        BTreeMap::<K, V>::is(ty)
    }

    fn lower(&self, to: &mut dyn Lower) -> Result<()> {
        let mut entries: Vec<_> = self.iter().collect();
        entries.sort_unstable_by_key(|(key, _)| *key);
        lower_entries(entries.len(), entries.into_iter(), to)
    }
}

/// If a key occurs more than once, its last value counts.
impl<K: Liftable + Ord + Hash, V: Liftable, S: BuildHasher + Default> Liftable
    for HashMap<K, V, S>
{
    fn lift(from: &mut dyn Lift) -> Result<Self> {
        lift_entries(from)
    }
}

fn lower_entries<'a, K: Typed + 'a, V: Typed + 'a>(
    len: usize,
    mut entries: impl Iterator<Item = (&'a K, &'a V)>,
    to: &mut dyn Lower,
) -> Result<()> {
    to.list(len)?;
    entries.try_for_each(|(key, value)| {
        key.lower(to)?;
        value.lower(to)
    })
}

fn lift_entries<K: Liftable, V: Liftable, M: FromIterator<(K, V)>>(
    from: &mut dyn Lift,
) -> Result<M> {
    let len = from.list()?;
    (0..len)
        .map(|_| Ok((K::lift(from)?, V::lift(from)?)))
        .collect()
}

/// An array is a `list<T, N>`, which is not a `list<T>`. For a `list<T>`, pass a slice:
/// `&array[..]`.
impl<T: Typed, const N: usize> Typed for [T; N] {
    fn ty() -> Type {
        Type::FixedLengthList(T::ty().into(), const { length(N) })
    }

    fn is(ty: &Type) -> bool {
        matches!(ty, Type::FixedLengthList(element, len) if *len == const { length(N) } && T::is(element))
    }

    fn lower(&self, to: &mut dyn Lower) -> Result<()> {
        T::lower_list(self, to)
    }
}

impl<T: Liftable, const N: usize> Liftable for [T; N] {
    fn lift(from: &mut dyn Lift) -> Result<Self> {
        T::lift_list(from)?.try_into().map_err(|list: Vec<T>| {
            Error::misuse(format!("expected {N} elements, found {}", list.len()))
        })
    }
}

/// The length of a fixed-length list. Rust checks it at compile time.
const fn length(len: usize) -> u32 {
    assert!(
        len > 0 && len as u64 <= u32::MAX as u64,
        "expected an array with 1 to 2^32 - 1 elements, as the component model does"
    );
    len as u32
}
