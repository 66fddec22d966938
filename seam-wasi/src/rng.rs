//! Random numbers that follow from a seed.

/// All random numbers of an instance.
///
/// Secure and insecure numbers have separate sources: taking numbers from one source does not
/// affect the other.
pub(crate) struct Random {
    pub(crate) secure: Source,
    pub(crate) insecure: Source,
    pub(crate) seed: (u64, u64),
}

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        let mut seeds = Source(seed);
        Self {
            secure: Source(seeds.next()),
            insecure: Source(seeds.next()),
            seed: (seeds.next(), seeds.next()),
        }
    }
}

/// [SplitMix64](https://doi.org/10.1145/2660193.2660195).
pub(crate) struct Source(u64);

impl Source {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn bytes(&mut self, len: usize) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(len);
        while bytes.len() < len {
            let next = self.next().to_le_bytes();
            bytes.extend(next.iter().take(len - bytes.len()));
        }
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_match_splitmix64() {
        // The first outputs for the seed 1234567 in the algorithm's reference implementation.
        let mut source = Source(1_234_567);
        let expected = [
            6_457_827_717_110_365_317,
            3_203_168_211_198_807_973,
            9_817_491_932_198_370_423,
        ];
        assert_eq!(expected.map(|_| source.next()), expected);
    }

    #[test]
    fn bytes_are_the_numbers_in_little_endian_order_and_truncated() {
        let (mut a, mut b) = (Source(7), Source(7));
        let mut numbers = a.next().to_le_bytes().to_vec();
        numbers.extend(a.next().to_le_bytes());
        numbers.truncate(11);
        assert_eq!(b.bytes(11), numbers);
        assert!(b.bytes(0).is_empty());
        assert_eq!(a.next(), b.next());
    }

    #[test]
    fn the_two_sources_are_independent() {
        let (mut a, mut b) = (Random::new(5), Random::new(5));
        a.insecure.bytes(100);
        assert_eq!(a.secure.next(), b.secure.next());
        assert_eq!(a.seed, b.seed);
        assert_ne!(a.seed, Random::new(6).seed);
    }
}
