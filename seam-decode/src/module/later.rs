//! Exports of a core module that its imported functions use.

use std::sync::Arc;

use crate::plan::CoreItem;

/// The exports of a core module that its imported functions use, as core items of its plan.
///
/// An import is made before the core instance that exports what it uses. The core items of the imports
/// come first, then those of the exports: so the index of an export is known early.
pub(crate) struct Later {
    /// The number of imports.
    imports: usize,
    exports: Vec<Arc<str>>,
}

impl Later {
    /// Creates the list for a module with this number of imports.
    pub(crate) fn new(imports: usize) -> Self {
        Self {
            imports,
            exports: Vec::new(),
        }
    }

    /// Returns the index that an export will have among the core items of the plan.
    pub(crate) fn item(&mut self, export: &str) -> usize {
        let known = self.exports.iter().position(|known| **known == *export);
        let position = known.unwrap_or_else(|| {
            self.exports.push(export.into());
            self.exports.len() - 1
        });
        self.imports + position
    }

    /// Returns the exports as core items of the core instance at an index, in order.
    pub(crate) fn into_items(self, instance: usize) -> impl Iterator<Item = CoreItem> {
        let exports = self.exports.into_iter();
        exports.map(move |export| CoreItem::Export(instance, export))
    }
}
