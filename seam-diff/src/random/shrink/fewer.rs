//! Removes items of a list as long as a test passes: delta debugging.

/// Returns a shorter list that passes the test. `items` must pass it.
///
/// Removes halves, then quarters, and so on down to single items. From the result, no single item can
/// be removed, unless the test gave up.
pub(crate) fn fewer<T: Clone>(items: Vec<T>, test: &mut dyn FnMut(&[T]) -> bool) -> Vec<T> {
    let mut items = items;
    let mut size = items.len();
    while size > 0 {
        let before = items.len();
        let mut end = items.len();
        // From the end: later items often depend on earlier ones.
        while end > 0 {
            let start = end.saturating_sub(size);
            let (head, rest) = items.split_at(start);
            let tail = rest.get(end - start..).unwrap_or_default();
            let without = [head, tail].concat();
            if test(&without) {
                items = without;
            }
            end = start;
        }
        size = match size {
            // Once more, because an item may have depended on a later one that is gone.
            1 if items.len() < before => 1,
            _ => size / 2,
        };
    }
    items
}

#[cfg(test)]
mod tests {
    use super::*;

    fn needing(needed: &[u32], from: Vec<u32>) -> (Vec<u32>, usize) {
        let mut tests = 0;
        let found = fewer(from, &mut |items| {
            tests += 1;
            needed.iter().all(|item| items.contains(item))
        });
        (found, tests)
    }

    #[test]
    fn only_what_is_needed_stays_in_its_order() {
        let all = || (0..40).collect();
        assert_eq!(needing(&[], all()), (vec![], 1));
        assert_eq!(needing(&[17], all()).0, [17]);
        assert_eq!(needing(&[0, 20, 39], all()).0, [0, 20, 39]);
        assert_eq!(needing(&[5], vec![5]).0, [5]);
    }

    #[test]
    fn a_long_list_takes_few_tests() {
        let (found, tests) = needing(&[40_000], (0..66_000).collect());
        assert_eq!(found, [40_000]);
        assert!(tests < 80, "{tests}");
    }
}
