//! The core instances of a running instance, by their paths.

use std::sync::{Arc, OnceLock};

use seam_core::{
    CoreExtern, CoreFunc, CoreFuncType, CoreInstance, CoreInstanceId, CoreModuleType, CorePath,
    CoreStore, CoreValue, Error, MemoryView, Origin, Result, check_core_args,
};

use crate::exported::Exported;

/// A core instance: its position in the artifact, and its handle in the store.
pub struct Core {
    /// Position in the artifact.
    pub path: CorePath,
    /// How the instance came about.
    pub origin: Origin,
    /// The instance in its store.
    pub id: CoreInstanceId,
    /// Name, imports and exports of its module.
    pub module: Arc<CoreModuleType>,
}

/// The core instances of a running instance, in the order of their paths.
///
/// An adapter with its own backend can implement [`Instance::cores`](seam_core::Instance::cores)
/// and related methods with it.
#[derive(Default)]
pub struct Cores(Vec<Found>);

/// A core instance, and its exported state once a snapshot has needed it.
pub(crate) struct Found {
    pub(crate) core: Core,
    exported: OnceLock<Exported>,
}

impl Found {
    fn new(core: Core) -> Self {
        Self {
            core,
            exported: OnceLock::new(),
        }
    }

    /// Returns the exported state, which is resolved once.
    pub(crate) fn exported(&self, store: &mut dyn CoreStore) -> &Exported {
        let resolve = || Exported::of(self.core.id, &self.core.module, store);
        self.exported.get_or_init(resolve)
    }
}

impl Cores {
    /// Creates the list of these core instances.
    pub fn new(cores: impl IntoIterator<Item = Core>) -> Self {
        let mut all = Self(cores.into_iter().map(Found::new).collect());
        all.sort();
        all
    }

    /// Creates an empty list with room for this many core instances.
    pub(crate) fn with_capacity(len: usize) -> Self {
        Self(Vec::with_capacity(len))
    }

    /// Adds a core instance at the end. [`Cores::sort`] must follow the last one.
    pub(crate) fn push(&mut self, core: Core) {
        self.0.push(Found::new(core));
    }

    /// Sorts the core instances by their paths.
    pub(crate) fn sort(&mut self) {
        self.0.sort_by(|a, b| a.core.path.cmp(&b.core.path));
    }

    /// Iterates over the core instances, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Core> {
        self.0.iter().map(|found| &found.core)
    }

    /// Returns the core instances with what is known of them, in order.
    pub(crate) fn found(&self) -> &[Found] {
        &self.0
    }

    /// Describes each core instance with its exports.
    #[must_use]
    pub fn list(&self) -> Vec<CoreInstance> {
        let instance = |core: &Core| CoreInstance {
            path: core.path.clone(),
            module: core.module.name.clone(),
            origin: core.origin,
            exports: core.module.exports.clone(),
        };
        self.iter().map(instance).collect()
    }

    /// Checks that there is an exported function for these arguments.
    ///
    /// # Errors
    /// `Misuse` if the path or export is unknown, or if the arguments are ill-typed.
    pub(crate) fn check(
        &self,
        store: &mut dyn CoreStore,
        at: &CorePath,
        export: &str,
        args: &[CoreValue],
    ) -> Result<()> {
        self.func(store, at, export, args).map(drop)
    }

    /// Calls an exported function with core values.
    ///
    /// # Errors
    /// `Misuse` if the path or export is unknown, or if the arguments are ill-typed. Traps and
    /// limits.
    pub fn call(
        &self,
        store: &mut dyn CoreStore,
        at: &CorePath,
        export: &str,
        args: &[CoreValue],
    ) -> Result<Vec<CoreValue>> {
        let (func, ty) = self.func(store, at, export, args)?;
        let zero = |ty| CoreValue::default_of(ty).unwrap_or(CoreValue::I32(0));
        let mut results: Vec<CoreValue> = ty.results.iter().copied().map(zero).collect();
        store.call(func, args, &mut results)?;
        Ok(results)
    }

    fn func(
        &self,
        store: &mut dyn CoreStore,
        at: &CorePath,
        export: &str,
        args: &[CoreValue],
    ) -> Result<(CoreFunc, CoreFuncType)> {
        let CoreExtern::Func(func) = self.export(store, at, export)? else {
            return Err(self.mismatch(at, export, "func"));
        };
        let ty = store.func_type(func)?;
        check_core_args(&ty.params, args)?;
        Ok((func, ty))
    }

    /// Returns a view of an exported memory.
    ///
    /// # Errors
    /// `Misuse` if the path or export is unknown.
    pub fn memory<'s>(
        &self,
        store: &'s mut dyn CoreStore,
        at: &CorePath,
        export: &str,
    ) -> Result<MemoryView<'s>> {
        match self.export(store, at, export)? {
            CoreExtern::Memory(memory) => store.memory(memory),
            _ => Err(self.mismatch(at, export, "memory")),
        }
    }

    /// Sets an exported global.
    ///
    /// # Errors
    /// `Misuse` if the path or export is unknown. Those of [`CoreStore::set_global`].
    pub fn write_global(
        &self,
        store: &mut dyn CoreStore,
        at: &CorePath,
        export: &str,
        value: CoreValue,
    ) -> Result<()> {
        match self.export(store, at, export)? {
            CoreExtern::Global(global) => store.set_global(global, value),
            _ => Err(self.mismatch(at, export, "global")),
        }
    }

    /// Returns the element of an exported table, or `None` if `index` is out of bounds.
    ///
    /// # Errors
    /// `Misuse` if the path or export is unknown.
    pub fn element(
        &self,
        store: &mut dyn CoreStore,
        at: &CorePath,
        export: &str,
        index: u64,
    ) -> Result<Option<CoreValue>> {
        match self.export(store, at, export)? {
            CoreExtern::Table(table) => store.table_at(table, index),
            _ => Err(self.mismatch(at, export, "table")),
        }
    }

    /// Sets the element of an exported table.
    ///
    /// # Errors
    /// `Misuse` if the path or export is unknown. Those of [`CoreStore::set_table_at`].
    pub fn set_element(
        &self,
        store: &mut dyn CoreStore,
        at: &CorePath,
        export: &str,
        index: u64,
        value: CoreValue,
    ) -> Result<()> {
        match self.export(store, at, export)? {
            CoreExtern::Table(table) => store.set_table_at(table, index, value),
            _ => Err(self.mismatch(at, export, "table")),
        }
    }

    fn export(&self, store: &mut dyn CoreStore, at: &CorePath, name: &str) -> Result<CoreExtern> {
        let core = self.at(at)?;
        if let Some(export) = store.export(core.id, name) {
            return Ok(export);
        }
        let names: Vec<String> = (core.module.exports.iter().take(12))
            .map(|(name, ty)| format!("`{name}` ({})", ty.kind()))
            .collect();
        Err(Error::misuse(format!(
            "expected an export of core instance {at}, found no `{name}`; exported: {}",
            listed(&names, core.module.exports.len())
        )))
    }

    fn at(&self, at: &CorePath) -> Result<&Core> {
        self.iter().find(|core| core.path == *at).ok_or_else(|| {
            let paths: Vec<String> = (self.iter().take(12))
                .map(|core| core.path.to_string())
                .collect();
            Error::misuse(format!(
                "expected the path of a core instance, found {at}; there are: {}",
                listed(&paths, self.0.len())
            ))
        })
    }

    fn mismatch(&self, at: &CorePath, export: &str, wanted: &str) -> Error {
        let exports = self.at(at).ok().map(|core| core.module.exports.iter());
        let found = exports
            .and_then(|mut exports| exports.find(|(name, _)| **name == *export))
            .map_or("something else", |(_, ty)| ty.kind());
        Error::misuse(format!(
            "expected export `{export}` of core instance {at} to be a {wanted}, found a {found}"
        ))
    }
}

/// Formats the first of `total` names for a message.
fn listed(names: &[String], total: usize) -> String {
    let more = total.saturating_sub(names.len());
    match (names.is_empty(), more) {
        (true, _) => "nothing".into(),
        (false, 0) => names.join(", "),
        (false, more) => format!("{} and {more} more", names.join(", ")),
    }
}
