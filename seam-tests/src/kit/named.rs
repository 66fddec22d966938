//! Cases: named checks of the contract.

use seam_core::Capability;

use super::{Checked, Subject};
use crate::clauses::{CLAUSES, Clause};

/// One named check of the contract.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct Case {
    /// Its name, a sentence. The test that [`conformance!`](crate::conformance) generates has the
    /// same name.
    pub name: &'static str,
    /// The area under which it is reported.
    pub area: &'static str,
    /// Whether it runs on the [`Backend`](seam_core::Backend) or on the
    /// [`CoreEngine`](seam_core::CoreEngine) of a [`Subject`].
    pub on: On,
    /// The capabilities that it needs. A backend that lacks one must return `Unsupported` with it.
    pub needs: &'static [Capability],
    /// The check itself.
    pub run: fn(&Subject) -> Checked,
}

/// The kind of subject that a case runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum On {
    /// A [`Backend`](seam_core::Backend).
    Backend,
    /// A [`CoreEngine`](seam_core::CoreEngine).
    Engine,
}

impl Case {
    /// Returns the clauses that the case checks.
    pub fn clauses(&self) -> impl Iterator<Item = &'static Clause> + '_ {
        CLAUSES
            .iter()
            .filter(|clause| clause.is_checked_by(self.name))
    }

    /// Returns the capabilities that the case needs and the subject lacks.
    #[must_use]
    pub fn lacking(&self, subject: &Subject) -> Vec<Capability> {
        let lacks = |capability: &Capability| match self.on {
            On::Backend => !subject.has(*capability),
            On::Engine => !subject.engine_has(*capability),
        };
        self.needs.iter().copied().filter(lacks).collect()
    }
}

impl std::fmt::Debug for Case {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Case")
            .field("name", &self.name)
            .field("area", &self.area)
            .field("on", &self.on)
            .field("needs", &self.needs)
            .finish_non_exhaustive()
    }
}
