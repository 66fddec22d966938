//! Attributes a divergence to its cause.

use crate::{Comparison, Observation, Verdict, compare};

/// The cause of differences among an un-fused and a fused artifact, each on an oracle and on a
/// backend.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Attribution {
    /// None: all four runs agree.
    None,
    /// The fusion: on each of the two backends, the fused artifact differs from the un-fused one.
    Fusion,
    /// The other backend: it differs from the oracle on both artifacts.
    Backend,
    /// The other backend, but only on the fused artifact.
    FusionOnBackend,
    /// The un-fused artifact: only on it does the other backend differ from the oracle.
    Artifact,
    /// The cause is ambiguous, or a comparison was inconclusive.
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
    // Four comparisons: fused with un-fused on the oracle and on the other backend, then both
    // backends on the un-fused and on the fused artifact.
    match verdicts.map(|verdict| verdict.is_match()) {
        [true, true, true, true] => Attribution::None,
        [false, _, true, true] => Attribution::Fusion,
        [true, _, false, false] => Attribution::Backend,
        [true, false, true, false] => Attribution::FusionOnBackend,
        [true, false, false, true] => Attribution::Artifact,
        _ => Attribution::Undetermined,
    }
}
