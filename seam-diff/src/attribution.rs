//! Whose fault a divergence is.

use crate::{Comparison, Observation, Verdict, compare};

/// What is to blame, judged from an un-fused and a fused artifact on an oracle and another backend.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Attribution {
    /// Nothing: all four agree.
    None,
    /// The fusion: each backend runs both artifacts, and the fused one differs on both.
    Fusion,
    /// The other backend: it differs from the oracle on both artifacts.
    Backend,
    /// The other backend, on the fused artifact alone.
    FusionOnBackend,
    /// The un-fused artifact: the other backend differs from the oracle on it, and not on the fused
    /// one.
    Artifact,
    /// It cannot be told, or something was inconclusive.
    Undetermined,
}

/// Attributes the differences among four observations of the same steps.
#[must_use]
pub fn attribute(
    unfused_on_oracle: &Observation,
    fused_on_oracle: &Observation,
    unfused_on_other: &Observation,
    fused_on_other: &Observation,
) -> Attribution {
    use Comparison::{Fusion, SameArtifact};
    let verdicts = [
        compare(unfused_on_oracle, fused_on_oracle, Fusion),
        compare(unfused_on_other, fused_on_other, Fusion),
        compare(unfused_on_oracle, unfused_on_other, SameArtifact),
        compare(fused_on_oracle, fused_on_other, SameArtifact),
    ];
    let inconclusive = |verdict: &Verdict| matches!(verdict, Verdict::Inconclusive(_));
    if verdicts.iter().any(inconclusive) {
        return Attribution::Undetermined;
    }
    // Whether they agree: fused with un-fused on the oracle, and on the other backend; both
    // backends on the un-fused artifact, and on the fused one.
    match verdicts.map(|verdict| verdict.is_match()) {
        [true, true, true, true] => Attribution::None,
        [false, _, true, true] => Attribution::Fusion,
        [true, _, false, false] => Attribution::Backend,
        [true, false, true, false] => Attribution::FusionOnBackend,
        [true, false, false, true] => Attribution::Artifact,
        _ => Attribution::Undetermined,
    }
}
