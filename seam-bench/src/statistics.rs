//! Statistics that a few disturbed samples do not move.

/// A median with its spread.
#[derive(Clone, Copy, Debug, PartialEq, serde::Deserialize, serde::Serialize)]
pub(crate) struct Median {
    /// The median.
    pub(crate) value: f64,
    /// The median absolute deviation from it.
    pub(crate) deviation: f64,
}

impl Median {
    /// Returns the median of these samples, or zero if there are none.
    pub(crate) fn of(samples: impl IntoIterator<Item = f64>) -> Self {
        let samples: Vec<f64> = samples.into_iter().collect();
        let value = middle(samples.clone());
        let deviations = samples.iter().map(|sample| (sample - value).abs());
        let deviation = middle(deviations.collect());
        Self { value, deviation }
    }

    /// Returns the deviation in percent of the median.
    pub(crate) fn percent(&self) -> f64 {
        if self.value == 0.0 {
            return 0.0;
        }
        100.0 * self.deviation / self.value
    }
}

fn middle(mut samples: Vec<f64>) -> f64 {
    samples.sort_by(f64::total_cmp);
    let half = samples.len() / 2;
    let at = |index: usize| samples.get(index).copied().unwrap_or_default();
    match samples.len() {
        0 => 0.0,
        even if even.is_multiple_of(2) => (at(half - 1) + at(half)) / 2.0,
        _ => at(half),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outliers_move_neither_median_nor_spread() {
        let calm = Median::of([1.0, 2.0, 3.0, 4.0, 5.0]);
        let disturbed = Median::of([1.0, 2.0, 3.0, 4.0, 5000.0]);
        let expected = Median {
            value: 3.0,
            deviation: 1.0,
        };
        assert_eq!((calm, disturbed), (expected, expected));
        assert_eq!(Median::of([1.0, 3.0]).value, 2.0);
        assert_eq!(Median::of([]).percent(), 0.0);
        assert!((calm.percent() - 100.0 / 3.0).abs() < 1e-9);
    }
}
