//! A map whose keys are the validator's ids.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// A map from ids of the validator, which are small numbers that it counts up.
///
/// No artifact can choose ids that collide, so a cheap hash function is enough. Names of an artifact
/// need the default one.
pub(crate) type IdMap<K, V> = HashMap<K, V, BuildHasherDefault<IdHasher>>;

/// Hashes a few small numbers by multiplication.
#[derive(Default)]
pub(crate) struct IdHasher(u64);

impl IdHasher {
    /// 2^64 divided by the golden ratio, which spreads consecutive numbers.
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
}

impl Hasher for IdHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_u64((*byte).into()));
    }

    fn write_u32(&mut self, number: u32) {
        self.write_u64(number.into());
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = (self.0.rotate_left(26) ^ number).wrapping_mul(Self::FACTOR);
    }

    fn write_usize(&mut self, number: usize) {
        self.write_u64(number as u64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;
    use std::hash::Hash;

    fn hash(key: impl Hash) -> u64 {
        let mut hasher = IdHasher::default();
        key.hash(&mut hasher);
        hasher.finish()
    }

    #[test]
    fn pairs_of_small_numbers_differ_in_the_bits_that_a_map_uses() {
        let pairs = (0..64u32).flat_map(|a| (0..64usize).map(move |b| (b, a)));
        let hashes: Vec<u64> = pairs.map(hash).collect();
        let all: HashSet<&u64> = hashes.iter().collect();
        assert_eq!(all.len(), 64 * 64);
        // A map takes the slot from the low bits and a tag from the high ones.
        for shift in [0, 57] {
            let parts: HashSet<u64> = hashes.iter().map(|hash| (hash >> shift) & 0x7f).collect();
            assert_eq!(parts.len(), 128, "{shift}");
        }
    }
}
