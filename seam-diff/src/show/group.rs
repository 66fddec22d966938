//! Diverging runs by place, in groups that saw the same.

use crate::{Divergence, Observation};

/// Groups the runs that diverged at the same place and saw the same there. A group has the divergence
/// of its first run.
pub(crate) fn grouped<'a>(
    diverged: impl Iterator<Item = (&'a Observation, &'a Divergence)>,
) -> Vec<(&'a Divergence, Vec<&'a Observation>)> {
    let mut groups: Vec<(&Divergence, Vec<&Observation>)> = Vec::new();
    for (run, divergence) in diverged {
        let same =
            |known: &Divergence| (&known.at, &known.right) == (&divergence.at, &divergence.right);
        match groups.iter_mut().find(|(known, _)| same(known)) {
            Some((_, runs)) => runs.push(run),
            None => groups.push((divergence, vec![run])),
        }
    }
    groups
}

/// Returns the first divergence at each place.
pub(crate) fn places<'a>(
    diverged: impl Iterator<Item = (&'a Observation, &'a Divergence)>,
) -> Vec<&'a Divergence> {
    let mut places: Vec<&Divergence> = Vec::new();
    for (_, divergence) in diverged {
        if !places.iter().any(|known| known.at == divergence.at) {
            places.push(divergence);
        }
    }
    places
}
