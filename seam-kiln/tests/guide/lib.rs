use std::sync::LazyLock;

use seam_core::Result;
use seam_kiln::{Fault, KilnEngine};
use seam_tests::kit::KnownFailure;

seam_kiln::bind!(
    /// kiln's engine.
    pub struct RealKiln
);

/// Makes the engine that the backend and the kit use.
pub fn engine() -> Result<KilnEngine<RealKiln>> {
    KilnEngine::new(RealKiln::new)
}

/// The cases that fail because of kiln's known faults.
pub static KNOWN_FAILURES: LazyLock<Vec<KnownFailure>> = LazyLock::new(|| {
    let mut known = Vec::new();
    for fault in Fault::ALL {
        for case in fault.cases() {
            known.push(KnownFailure::new(case, "kiln", fault.reason()));
        }
    }
    known
});
