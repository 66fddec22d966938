//! Finds differences that consist only of NaN bits.

use seam_core::CoreValue;

/// Returns whether two vectors are equal except in lanes that are NaN on both sides.
///
/// Lanes may have 32 or 64 bits.
pub(crate) fn same_vectors(left: &CoreValue, right: &CoreValue) -> bool {
    match (left, right) {
        (CoreValue::V128(left), CoreValue::V128(right)) => {
            same_bytes(&left.to_le_bytes(), &right.to_le_bytes())
        }
        _ => false,
    }
}

/// Returns whether two memories are equal except for naturally aligned floats that are NaN on both
/// sides.
pub(crate) fn same_bytes(left: &[u8], right: &[u8]) -> bool {
    left.len() == right.len()
        && left
            .chunks(8)
            .zip(right.chunks(8))
            .all(|(l, r)| l == r || same_word(l, r))
}

fn same_word(left: &[u8], right: &[u8]) -> bool {
    if is_nan64(left) && is_nan64(right) {
        return true;
    }
    left.chunks(4)
        .zip(right.chunks(4))
        .all(|(l, r)| l == r || (is_nan32(l) && is_nan32(r)))
}

fn is_nan32(bytes: &[u8]) -> bool {
    bytes
        .try_into()
        .is_ok_and(|bytes| f32::from_le_bytes(bytes).is_nan())
}

fn is_nan64(bytes: &[u8]) -> bool {
    bytes
        .try_into()
        .is_ok_and(|bytes| f64::from_le_bytes(bytes).is_nan())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_nans_on_both_sides_may_differ() {
        let word = |a: u32, b: u32| [a.to_le_bytes(), b.to_le_bytes()].concat();
        let (quiet, negative, one) = (0x7fc0_0000, 0xffc0_0001, 0x3f80_0000);
        assert!(same_bytes(&word(quiet, one), &word(negative, one)));
        assert!(!same_bytes(&word(quiet, one), &word(one, one)));
        assert!(!same_bytes(&word(quiet, one), &word(negative, quiet)));
        let wide = |bits: u64| bits.to_le_bytes();
        assert!(same_bytes(
            &wide(0x7ff8_0000_0000_0000),
            &wide(0xfff8_0000_dead_beef)
        ));
        assert!(!same_bytes(
            &wide(0x4000_0000_0000_0000),
            &wide(0xfff8_0000_0000_0000)
        ));
        assert!(!same_bytes(&[0; 8], &[0; 9]));
    }

    #[test]
    fn a_tail_shorter_than_a_word_is_compared() {
        assert!(same_bytes(&[1, 2, 3], &[1, 2, 3]));
        assert!(!same_bytes(&[1, 2, 3], &[1, 2, 4]));
    }
}
