//! Looking up exported functions by name.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use crate::{ExportName, FuncType};

/// Positions of exported functions, by name. Each map is made when it is needed for the first time.
///
/// The maps follow from the functions, so two indices are always equal, and a copy starts empty.
#[derive(Default)]
pub(super) struct Index {
    by_name: OnceLock<HashMap<ExportName, u32>>,
    by_item: OnceLock<HashMap<Arc<str>, Vec<u32>>>,
}

impl Index {
    /// Returns the position of the function with exactly this name.
    pub(super) fn equal(
        &self,
        funcs: &[(ExportName, Arc<FuncType>)],
        name: &ExportName,
    ) -> Option<u32> {
        let by_name = self.by_name.get_or_init(|| {
            let mut all = HashMap::with_capacity(funcs.len());
            for (position, (name, _)) in (0..).zip(funcs) {
                all.entry(name.clone()).or_insert(position);
            }
            all
        });
        by_name.get(name).copied()
    }

    /// Returns the positions of the functions with this item, in any instance, in order.
    pub(super) fn with_item(&self, funcs: &[(ExportName, Arc<FuncType>)], item: &str) -> &[u32] {
        let by_item = self.by_item.get_or_init(|| {
            let mut all: HashMap<Arc<str>, Vec<u32>> = HashMap::new();
            for (position, (name, _)) in (0..).zip(funcs) {
                let item = name.shared_item().clone();
                all.entry(item).or_default().push(position);
            }
            all
        });
        by_item.get(item).map_or(&[], |positions| positions)
    }
}

impl Clone for Index {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl PartialEq for Index {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Index {}

impl std::fmt::Debug for Index {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Index").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::{ArtifactKind, Interface, Item, ItemKind};

    /// Returns an interface that exports `f` in each of these instances, and the root functions
    /// `f0`, `f1`, ... before and after them.
    fn interface(instances: &[&str]) -> Interface {
        let func = |name: &str| Item {
            name: name.into(),
            kind: ItemKind::Func(Arc::new(FuncType::new([], None))),
        };
        let instance = |name: &&str| Item {
            name: (*name).into(),
            kind: ItemKind::Instance(vec![func("f")]),
        };
        let before = (0..50).map(|number| func(&format!("f{number}")));
        let after = (50..100).map(|number| func(&format!("f{number}")));
        let exports = before.chain(instances.iter().map(instance)).chain(after);
        let exports = exports.collect();
        Interface::new(ArtifactKind::Component, Vec::new(), exports, Vec::new())
    }

    fn found(interface: &Interface, name: &str) -> Result<(u32, String), String> {
        let name = name.parse().unwrap();
        let found = interface.indexed_func(&name);
        let found = found.map(|(position, name, _)| (position, name.to_string()));
        found.map_err(|error| error.message().to_string())
    }

    #[test]
    fn functions_are_found_by_full_name_by_version_and_by_their_own_name() {
        let interface = interface(&["a:b/c@1.1.0", "a:b/c@1.10.0", "a:b/c@2.0.0"]);
        for (name, position, full) in [
            ("f0", 0, "f0"),
            ("f99", 102, "f99"),
            ("a:b/c@1.1.0#f", 50, "a:b/c@1.1.0#f"),
            ("a:b/c@1.0.0#f", 51, "a:b/c@1.10.0#f"),
            ("a:b/c@2.5.0#f", 52, "a:b/c@2.0.0#f"),
        ] {
            let expected = Ok((position, full.to_owned()));
            assert_eq!(found(&interface, name), expected, "{name}");
            // The position is that in the list of all exported functions.
            let listed = interface.export_funcs().get(position as usize).unwrap();
            assert_eq!(listed.0.to_string(), full);
        }
        let several = found(&interface, "f").unwrap_err();
        assert!(several.contains("`a:b/c@1.1.0#f` or"), "{several}");
        for unknown in ["a:b/c@3.0.0#f", "a:b/d#f", "a:b/c@1.1.0#f0", "g"] {
            let message = found(&interface, unknown).unwrap_err();
            assert!(message.contains("found no"), "{message}");
        }
    }

    #[test]
    fn a_function_in_an_instance_is_found_by_its_own_name_if_it_is_the_only_one() {
        let interface = interface(&["a:b/c@1.1.0"]);
        assert_eq!(found(&interface, "f"), Ok((50, "a:b/c@1.1.0#f".to_owned())));
    }

    #[test]
    fn a_copy_of_an_interface_is_equal_and_finds_the_same() {
        let interface = interface(&["a:b/c"]);
        assert_eq!(found(&interface, "f7"), Ok((7, "f7".to_owned())));
        let copy = interface.clone();
        assert_eq!(copy, interface);
        assert_eq!(found(&copy, "f7"), found(&interface, "f7"));
    }
}
