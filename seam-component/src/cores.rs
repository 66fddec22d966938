//! The core instances of a running instance, by their paths.

use std::sync::Arc;

use seam_core::{
    CoreExtern, CoreFunc, CoreFuncType, CoreInstance, CoreInstanceId, CoreModuleType, CorePath,
    CoreStore, CoreValue, Error, MemoryView, Origin, Result, check_core_args,
};

/// A core instance: where it stands in the artifact, and what it is in the store.
pub struct Core {
    /// Where it stands in the artifact.
    pub path: CorePath,
    /// What brought it about.
    pub origin: Origin,
    /// The instance in its store.
    pub id: CoreInstanceId,
    /// Name, imports and exports of its module.
    pub module: Arc<CoreModuleType>,
}

/// The core instances of a running instance, in the order of their paths: what an adapter with a
/// backend of its own answers [`Instance::cores`](seam_core::Instance::cores) and its like with.
#[derive(Default)]
pub struct Cores(Vec<Core>);

impl Cores {
    /// The list of these core instances.
    pub fn new(cores: impl IntoIterator<Item = Core>) -> Self {
        let mut cores: Vec<Core> = cores.into_iter().collect();
        cores.sort_by(|a, b| a.path.cmp(&b.path));
        Self(cores)
    }

    /// The core instances, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Core> {
        self.0.iter()
    }

    /// What each of them is and exports.
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

    /// Whether there is an exported function that takes these arguments.
    ///
    /// # Errors
    /// `Misuse` for an unknown path or export, and for ill-typed arguments.
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
    /// `Misuse` for an unknown path or export and for ill-typed arguments; traps and limits.
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

    /// The bytes of an exported memory.
    ///
    /// # Errors
    /// `Misuse` for an unknown path or export.
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
            .and_then(|mut exports| exports.find(|(name, _)| name == export))
            .map_or("something else", |(_, ty)| ty.kind());
        Error::misuse(format!(
            "expected export `{export}` of core instance {at} to be a {wanted}, found a {found}"
        ))
    }
}

/// A list for a message that shows the first of `total` names.
fn listed(names: &[String], total: usize) -> String {
    let more = total.saturating_sub(names.len());
    match (names.is_empty(), more) {
        (true, _) => "nothing".into(),
        (false, 0) => names.join(", "),
        (false, more) => format!("{} and {more} more", names.join(", ")),
    }
}
