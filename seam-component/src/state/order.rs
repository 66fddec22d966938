//! The choice among threads that are ready, and among waitables that have an event.

/// Chooses the first, or as a seed says.
#[derive(Debug, Default)]
pub(crate) struct Order(Option<u64>);

impl Order {
    pub(crate) fn new(seed: Option<u64>) -> Self {
        Self(seed)
    }

    /// Returns whether a seed decides.
    pub(crate) fn is_seeded(&self) -> bool {
        self.0.is_some()
    }

    /// Chooses one of several. The generator is SplitMix64.
    pub(crate) fn choose<T: Copy>(&mut self, from: &[T]) -> Option<T> {
        let Some(state) = &mut self.0 else {
            return from.first().copied();
        };
        *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = *state;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^= bits >> 31;
        let len = u64::try_from(from.len()).ok()?;
        let index = bits.checked_rem(len)?;
        from.get(usize::try_from(index).ok()?).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_is_chosen_unless_a_seed_says_otherwise() {
        let three = ['a', 'b', 'c'];
        let chosen = |seed| {
            let mut order = Order::new(seed);
            [(); 20].map(|()| order.choose(&three))
        };
        assert_eq!(chosen(None), [Some('a'); 20]);
        assert_eq!(chosen(Some(1)), chosen(Some(1)));
        assert_ne!(chosen(Some(1)), chosen(Some(2)));
        for one in three {
            assert!(chosen(Some(1)).contains(&Some(one)));
        }
        assert_eq!(Order::new(Some(1)).choose::<char>(&[]), None);
    }
}
