//! Which component of the composition each component of the provenance is.

use std::collections::BTreeSet;

use super::unfused::Unfused;
use crate::module::{Scan, suffix};
use crate::provenance::Provenance;

/// A component whose functions a fused module has, as its provenance names it.
#[derive(Clone, Debug, Default)]
pub(super) struct Part {
    /// The id in the provenance.
    pub(super) id: String,
    /// The number that meld appends to names of this component, if it is known.
    pub(super) number: Option<u32>,
    /// The component instances of the composition that it can be.
    pub(super) instances: BTreeSet<usize>,
}

/// The components of a fused module, in the order of [`Provenance::components`].
pub(super) fn parts(fused: &Scan, provenance: &Provenance, unfused: &Unfused) -> Vec<Part> {
    let all = provenance.components().iter().enumerate();
    let mut parts: Vec<Part> = all
        .map(|(component, id)| Part {
            id: id.clone(),
            number: number(fused, provenance, component),
            instances: instances(fused, provenance, unfused, component),
        })
        .collect();
    settle(&mut parts);
    parts
}

/// Returns the names that an exported function can have had before the fusion.
pub(super) fn originals(name: &str) -> impl Iterator<Item = &str> {
    std::iter::once(name).chain(suffix(name).map(|(base, _)| base))
}

/// Returns whether the suffix of a name counts memories, and not components.
pub(super) fn counts_memories(name: &str) -> bool {
    suffix(name).is_some_and(|(base, _)| base == "cabi_realloc")
}

/// Returns the number of a component: that of its id, or the one that all its exports have.
fn number(fused: &Scan, provenance: &Provenance, component: usize) -> Option<u32> {
    let id = provenance.components().get(component)?;
    let own = id.strip_prefix("component-").and_then(|k| k.parse().ok());
    if own.is_some() {
        return own;
    }
    let exports = fused.funcs().filter(|(name, index, _)| {
        let origin = provenance.origin(*index);
        origin.is_some_and(|origin| origin.component == component) && !counts_memories(name)
    });
    let numbers: BTreeSet<u32> = exports
        .filter_map(|(name, ..)| suffix(name).map(|(_, number)| number))
        .collect();
    match numbers.into_iter().collect::<Vec<_>>().as_slice() {
        [only] => Some(*only),
        _ => None,
    }
}

/// Returns the component instances that export all that the component exports, with the same types
/// and at the same function indices.
fn instances(
    fused: &Scan,
    provenance: &Provenance,
    unfused: &Unfused,
    component: usize,
) -> BTreeSet<usize> {
    let exports = fused.funcs().filter_map(|(name, index, ty)| {
        let origin = provenance.origin(index)?;
        let own = origin.component == component && !counts_memories(name);
        (own && !name.starts_with("$ht_")).then_some((name, origin.func, ty))
    });
    let exports: Vec<_> = exports.collect();
    if exports.is_empty() {
        return BTreeSet::new();
    }
    let fits = |instance: &usize| {
        exports.iter().all(|(name, func, ty)| {
            unfused.modules_of(*instance).any(|module| {
                let mut names = originals(name);
                names.any(|name| module.func(name) == Some((*func, *ty)))
            })
        })
    };
    let all = 0..unfused.plan.component_instances.len();
    all.filter(fits).collect()
}

/// Removes an instance that is certainly another component, until nothing changes.
fn settle(parts: &mut [Part]) {
    loop {
        let certain: Vec<(usize, usize)> = parts
            .iter()
            .enumerate()
            .filter(|(_, part)| part.instances.len() == 1)
            .filter_map(|(index, part)| Some((index, *part.instances.first()?)))
            .collect();
        let mut changed = false;
        for (index, part) in parts.iter_mut().enumerate() {
            for (owner, instance) in &certain {
                if *owner != index && part.instances.len() > 1 {
                    changed |= part.instances.remove(instance);
                }
            }
        }
        if !changed {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_suffix_of_a_realloc_counts_memories() {
        assert!(counts_memories("cabi_realloc$1"));
        assert!(!counts_memories("cabi_realloc_wit_bindgen_0_60_0$1"));
    }

    #[test]
    fn what_is_certain_settles_the_rest() {
        let part = |instances: &[usize]| Part {
            instances: instances.iter().copied().collect(),
            ..Part::default()
        };
        let mut parts = [part(&[1, 2, 3]), part(&[2]), part(&[1, 2]), part(&[4, 5])];
        settle(&mut parts);
        let left: Vec<Vec<usize>> = parts
            .iter()
            .map(|part| part.instances.iter().copied().collect())
            .collect();
        assert_eq!(left, [vec![3], vec![2], vec![1], vec![4, 5]]);
    }
}
