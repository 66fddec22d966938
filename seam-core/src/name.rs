//! Names of imports and exports, and the matching of versions.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use semver::Version;

use crate::{Error, Result};

/// The name of a component-level import or export: an item at the root or in an instance.
///
/// The text form is `f`, `iface#f`, `ns:pkg/iface@1.2.3#f` or `ns:pkg/iface@1.2.3#[method]r.m`.
/// Each further level of nesting adds another `#`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ExportName {
    instances: Vec<Arc<str>>,
    item: Arc<str>,
}

impl ExportName {
    /// Creates the name of an item at the root.
    #[must_use]
    pub fn root(item: impl Into<Arc<str>>) -> Self {
        Self {
            instances: Vec::new(),
            item: item.into(),
        }
    }

    /// Creates the name of an item in an instance.
    #[must_use]
    pub fn in_instance(instance: impl Into<Arc<str>>, item: impl Into<Arc<str>>) -> Self {
        Self {
            instances: vec![instance.into()],
            item: item.into(),
        }
    }

    /// Creates the name of an item in nested instances, outermost first.
    #[must_use]
    pub fn nested(
        instances: impl IntoIterator<Item = Arc<str>>,
        item: impl Into<Arc<str>>,
    ) -> Self {
        Self {
            instances: instances.into_iter().collect(),
            item: item.into(),
        }
    }

    /// Returns the instances that contain the item, outermost first. Empty at the root.
    #[must_use]
    pub fn instances(&self) -> &[Arc<str>] {
        &self.instances
    }

    /// Returns the innermost instance, e.g. `ns:pkg/iface@1.2.3`.
    #[must_use]
    pub fn instance(&self) -> Option<&str> {
        self.instances.last().map(|name| &**name)
    }

    /// Returns the item, e.g. `f` or `[method]r.m`.
    #[must_use]
    pub fn item(&self) -> &str {
        &self.item
    }

    /// Returns the item, which can be shared.
    pub(crate) fn shared_item(&self) -> &Arc<str> {
        &self.item
    }

    /// Returns the name without the versions of its instances.
    ///
    /// Names of two artifacts are compared in this form.
    #[must_use]
    pub fn track(&self) -> Self {
        let instances = self
            .instances
            .iter()
            .map(|name| split_version(name).0.into())
            .collect();
        Self {
            instances,
            item: self.item.clone(),
        }
    }

    /// Returns whether a definition with this name can satisfy an import or lookup of `wanted`.
    ///
    /// The items must be equal, and the instances equal or semver-compatible, in either direction.
    #[must_use]
    pub fn provides(&self, wanted: &ExportName) -> bool {
        self.item == wanted.item
            && self.instances.len() == wanted.instances.len()
            && self
                .instances
                .iter()
                .zip(&wanted.instances)
                .all(|(a, b)| compatible(a, b))
    }

    /// Returns the candidate that satisfies this name: the equal name, else the highest version.
    pub fn resolve<'a>(
        &self,
        candidates: impl IntoIterator<Item = &'a ExportName>,
    ) -> Option<&'a ExportName> {
        let mut best: Option<(&ExportName, Vec<Option<Version>>)> = None;
        for candidate in candidates {
            if candidate == self {
                return Some(candidate);
            }
            if !candidate.provides(self) {
                continue;
            }
            let versions: Vec<_> = candidate
                .instances
                .iter()
                .map(|name| split_version(name).1)
                .collect();
            if best.as_ref().is_none_or(|(_, highest)| versions > *highest) {
                best = Some((candidate, versions));
            }
        }
        best.map(|(name, _)| name)
    }

    /// Returns up to three candidates that resemble this name, best first, for error messages.
    #[must_use]
    pub fn near<'a>(
        &self,
        candidates: impl IntoIterator<Item = &'a ExportName>,
    ) -> Vec<&'a ExportName> {
        let wanted = self.to_string();
        let mut scored: Vec<_> = candidates
            .into_iter()
            .map(|name| (likeness(self, &wanted, name), name))
            .filter(|(distance, _)| *distance <= wanted.len().div_ceil(2).max(2))
            .collect();
        scored.sort_by(|a, b| a.0.cmp(&b.0).then_with(|| a.1.cmp(b.1)));
        scored.into_iter().take(3).map(|(_, name)| name).collect()
    }
}

/// Returns the distance of a name. The right item in another instance is the nearest.
fn likeness(wanted: &ExportName, text: &str, name: &ExportName) -> usize {
    if wanted.item == name.item {
        return 0;
    }
    let whole = edit_distance(text, &name.to_string());
    // A name without an instance may stand for an item in an instance.
    match wanted.instances.is_empty() {
        true => whole.min(edit_distance(text, &name.item) + 1),
        false => whole,
    }
}

/// Returns the Levenshtein distance in bytes. Quadratic time is fine, because names are truncated.
fn edit_distance(a: &str, b: &str) -> usize {
    let a: Vec<u8> = a.bytes().take(200).collect();
    let b: Vec<u8> = b.bytes().take(200).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (cell, y) in row.iter_mut().skip(1).zip(&b) {
            let substituted = diagonal + usize::from(x != y);
            diagonal = *cell;
            left = substituted.min(*cell + 1).min(left + 1);
            *cell = left;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

/// Splits `ns:pkg/iface@1.2.3` into track and version.
///
/// If the part after `@` is not a version, the whole name is the track.
pub(crate) fn split_version(name: &str) -> (&str, Option<Version>) {
    match name.rsplit_once('@') {
        Some((track, version)) => match Version::parse(version) {
            Ok(version) => (track, Some(version)),
            Err(_) => (name, None),
        },
        None => (name, None),
    }
}

/// Returns whether two instance names are equal or differ only in semver-compatible versions.
///
/// Versions are compatible as defined by the [component
/// model](https://github.com/WebAssembly/component-model/blob/main/design/mvp/Explainer.md#canonical-interface-name):
/// with the same major version from 1.0 on, with the same minor version in 0.x, and otherwise only
/// if equal. Pre-releases are compatible only if equal.
#[must_use]
pub(crate) fn compatible(a: &str, b: &str) -> bool {
    if a == b {
        return true;
    }
    let (a_track, Some(a)) = split_version(a) else {
        return false;
    };
    let (b_track, Some(b)) = split_version(b) else {
        return false;
    };
    if a_track != b_track || !a.pre.is_empty() || !b.pre.is_empty() {
        return false;
    }
    match (a.major, a.minor) {
        (0, 0) => (b.major, b.minor, b.patch) == (0, 0, a.patch),
        (0, minor) => (b.major, b.minor) == (0, minor),
        (major, _) => b.major == major,
    }
}

impl FromStr for ExportName {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let (instances, item) = match text.rsplit_once('#') {
            Some((instances, item)) => (Some(instances), item),
            None => (None, text),
        };
        let instances = instances.into_iter().flat_map(|names| names.split('#'));
        if item.is_empty() || instances.clone().any(str::is_empty) {
            return Err(Error::misuse(format!(
                "expected an export name like `f` or `ns:pkg/iface@1.0.0#f`, found `{text}`"
            )));
        }
        Ok(Self::nested(instances.map(Into::into), item))
    }
}

impl fmt::Display for ExportName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for instance in &self.instances {
            write!(f, "{instance}#")?;
        }
        f.write_str(&self.item)
    }
}

impl serde::Serialize for ExportName {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

    use super::*;

    fn name(text: &str) -> ExportName {
        text.parse().unwrap()
    }

    #[test]
    fn names_print_as_they_were_parsed() {
        for text in [
            "f",
            "iface#f",
            "ns:pkg/iface@1.2.3#[method]r.m",
            "a:b/c#d#e",
        ] {
            assert_eq!(name(text).to_string(), text);
        }
        for text in ["", "#", "a#", "#f"] {
            assert!(text.parse::<ExportName>().is_err(), "{text}");
        }
    }

    #[test]
    fn versions_match_within_their_track_in_either_direction() {
        for (a, b, matches) in [
            ("a:b/c@1.2.3", "a:b/c@1.0.0", true),
            ("a:b/c@1.0.0", "a:b/c@1.2.3", true),
            ("a:b/c@1.0.0", "a:b/c@2.0.0", false),
            ("a:b/c@0.2.0", "a:b/c@0.2.9", true),
            ("a:b/c@0.2.0", "a:b/c@0.3.0", false),
            ("a:b/c@0.0.1", "a:b/c@0.0.2", false),
            ("a:b/c@1.0.0-rc.1", "a:b/c@1.0.0", false),
            ("a:b/c", "a:b/c@1.0.0", false),
        ] {
            assert_eq!(compatible(a, b), matches, "{a} {b}");
        }
    }

    #[test]
    fn an_equal_name_wins_over_the_highest_version() {
        let defined = [
            name("a:b/c@1.1.0#f"),
            name("a:b/c@1.10.0#f"),
            name("a:b/c@1.9.0#f"),
        ];
        assert_eq!(name("a:b/c@1.9.0#f").resolve(&defined), Some(&defined[2]));
        assert_eq!(name("a:b/c@1.0.0#f").resolve(&defined), Some(&defined[1]));
        assert_eq!(name("a:b/c@2.0.0#f").resolve(&defined), None);
    }

    #[test]
    fn near_names_are_found_by_item_and_by_spelling() {
        let defined = [name("test:guest/strs#greet"), name("test:guest/strs#shout")];
        assert_eq!(name("greet").near(&defined), [&defined[0]]);
        assert_eq!(
            name("test:guest/strs#gret").near(&defined).first(),
            Some(&&defined[0])
        );
        assert_eq!(name("gret").near(&defined).first(), Some(&&defined[0]));
        assert!(name("zzzzzzzzzz").near(&defined).is_empty());
    }
}
