//! Determines the definition that satisfies each import.

use std::sync::Arc;

use super::fault::{Fault, link_error, shortened};
use super::{CoreItemKind, Stub, World};
use crate::{ArtifactKind, ExportName, FuncType, Interface, Result, Type};

/// An imported function and its definition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    /// The import's full name, as the guest spells it.
    pub name: Arc<ExportName>,
    /// The import's type.
    ///
    /// An import of a core module knows only its core types. If the host function declares narrower
    /// types (`u8`, `bool`, ...), this is the declared type.
    pub ty: Arc<FuncType>,
    /// The definition.
    pub target: Target,
}

/// The definition that satisfies an import.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Target {
    /// The host function at this index of the world.
    Host(usize),
    /// A stub.
    Stub(Stub),
    /// The operating system's WASI.
    Wasi,
    /// A raw core function of the world, which the layer that links core modules looks up by name.
    Core,
}

impl World {
    /// Determines the definition of every imported component-level function, in the order of
    /// [`Interface::import_funcs`].
    ///
    /// # For implementors
    /// Pass the [`Binding`]s to [`WorldState::new`](crate::WorldState::new). For a core module, use
    /// [`World::bind_core`].
    ///
    /// # Errors
    /// `Link`, naming the first imports that are missing or have another type than the host's, how
    /// many more there are, and how to define or stub them.
    pub fn bind(&self, interface: &Interface) -> Result<Vec<Binding>> {
        let mut bindings = Vec::new();
        let mut faults = Vec::new();
        for (name, ty) in interface.import_funcs() {
            match self.resolve(interface, name, ty) {
                Ok(target) => bindings.push(self.binding(name, ty, target)),
                Err(fault) => faults.push(fault),
            }
        }
        if faults.is_empty() {
            return Ok(bindings);
        }
        Err(link_error(&faults))
    }

    /// Returns whether the binding's definition is an asynchronous host function of this world.
    #[must_use]
    pub fn is_async(&self, binding: &Binding) -> bool {
        match binding.target {
            Target::Host(index) => self.funcs.get(index).is_some_and(|func| func.is_async),
            _ => false,
        }
    }

    pub(super) fn binding(&self, name: &ExportName, ty: &Arc<FuncType>, target: Target) -> Binding {
        Binding {
            name: Arc::new(name.clone()),
            ty: self.bound_type(&target, ty),
            target,
        }
    }

    fn host_func(&self, name: &ExportName) -> Option<usize> {
        let defined = name.resolve(self.funcs.iter().map(|func| &func.name))?;
        self.funcs.iter().position(|func| func.name == *defined)
    }

    /// Returns the type of a binding.
    ///
    /// It is the import's own type. For an import of a core module it is the host function's
    /// declared type, which is more precise.
    fn bound_type(&self, target: &Target, ty: &Arc<FuncType>) -> Arc<FuncType> {
        let declared = match target {
            Target::Host(index) => self.funcs.get(*index).and_then(|func| func.ty.as_ref()),
            _ => None,
        };
        match declared {
            Some(declared) if !declared.provides(ty) => Arc::new(declared.clone()),
            _ => ty.clone(),
        }
    }

    /// Returns the definition of an imported function, or the fault if there is none.
    pub(super) fn resolve(
        &self,
        interface: &Interface,
        name: &ExportName,
        ty: &FuncType,
    ) -> Result<Target, Fault> {
        if let Some(index) = self.host_func(name) {
            let declared = self.funcs.get(index).and_then(|func| func.ty.as_ref());
            let core = interface.kind() == ArtifactKind::CoreModule;
            return match declared {
                Some(declared) if !(declared.provides(ty) || core && flattens_to(declared, ty)) => {
                    let hint = if core {
                        "; a core module's import has core types only: see World::core_func"
                    } else {
                        ""
                    };
                    let (ty, declared) = (shortened(ty), shortened(declared));
                    Err(Fault::Mismatched(format!(
                        "import `{name}`: expected a host function of type {ty}, found one of type \
                         {declared}{hint}"
                    )))
                }
                _ => Ok(Target::Host(index)),
            };
        }
        let is_core_func = |item: &super::CoreItem| {
            matches!(item.kind, CoreItemKind::Func(..))
                && name.instance() == Some(&*item.module)
                && name.item() == &*item.field
        };
        if self.wasi.is_some() && name.instance().is_some_and(is_wasi) {
            return Ok(Target::Wasi);
        }
        if self.core_items.iter().any(is_core_func) {
            return Ok(Target::Core);
        }
        let own = interface.core_instances().first();
        if let (ArtifactKind::CoreModule, Some(own)) = (interface.kind(), own) {
            if self.core_rule(name, &own.module)?.is_some() {
                return Ok(Target::Core);
            }
        }
        match self.stub_policy(name) {
            Stub::Deny => Err(Fault::missing_func(name, ty)),
            stub => Ok(Target::Stub(stub)),
        }
    }

    /// Returns the stub policy for an import with this full name that nothing defines.
    ///
    /// # For implementors
    /// [`World::bind`] applies it to functions with a component-level type.
    #[must_use]
    pub fn stub_policy(&self, name: &ExportName) -> Stub {
        let name = name.to_string();
        let matching = self
            .stubs
            .iter()
            .filter(|(prefix, _)| name.starts_with(prefix.as_str()));
        matching
            .max_by_key(|(prefix, _)| prefix.len())
            .map_or(self.stub, |(_, stub)| *stub)
    }
}

/// Returns whether the operating system's WASI defines an interface.
fn is_wasi(instance: &str) -> bool {
    instance.starts_with("wasi:") || instance == "wasi_snapshot_preview1"
}

/// Returns whether a declared type of scalars flattens to the core signature of `lifted`.
///
/// Flattening is that of the canonical ABI. `lifted` is the component-level form of the core
/// signature.
fn flattens_to(declared: &FuncType, lifted: &FuncType) -> bool {
    let same = |declared: &Type, lifted: &Type| flat(declared).as_ref() == Some(lifted);
    let results = match (&declared.result, &lifted.result) {
        (Some(Type::Tuple(declared)), Some(Type::Tuple(lifted))) => {
            declared.len() == lifted.len()
                && declared.iter().zip(lifted.iter()).all(|(d, l)| same(d, l))
        }
        (Some(declared), Some(lifted)) => same(declared, lifted),
        (declared, lifted) => declared.is_none() && lifted.is_none(),
    };
    let params = declared.params.iter().zip(&lifted.params);
    results
        && !declared.is_async
        && declared.params.len() == lifted.params.len()
        && params.into_iter().all(|((_, d), (_, l))| same(d, l))
}

/// Returns the type that stands for the core type of a flattened scalar.
fn flat(ty: &Type) -> Option<Type> {
    Some(match ty {
        Type::Bool | Type::S8 | Type::U8 | Type::S16 | Type::U16 => Type::S32,
        Type::S32 | Type::U32 | Type::Char => Type::S32,
        Type::S64 | Type::U64 => Type::S64,
        Type::F32 => Type::F32,
        Type::F64 => Type::F64,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scalars_flatten_to_the_core_type_that_passes_them() {
        let lifted = FuncType::new([Type::S32, Type::S64, Type::F32], Some(Type::S32));
        let declared = FuncType::new([Type::U8, Type::U64, Type::F32], Some(Type::Bool));
        assert!(flattens_to(&declared, &lifted));
        assert!(!flattens_to(&lifted, &declared));
        let longer = FuncType::new([Type::U8, Type::U64], Some(Type::Bool));
        assert!(!flattens_to(&longer, &lifted));
        let none = FuncType::new([Type::U8, Type::U64, Type::F32], None);
        assert!(!flattens_to(&none, &lifted));
    }

    #[test]
    fn several_core_results_are_a_tuple() {
        let pair = |a, b| FuncType::new([], Some(Type::tuple([a, b])));
        assert!(flattens_to(
            &pair(Type::U32, Type::S64),
            &pair(Type::S32, Type::S64)
        ));
        assert!(!flattens_to(
            &pair(Type::U32, Type::String),
            &pair(Type::S32, Type::S64)
        ));
    }

    #[test]
    fn a_type_that_needs_memory_has_no_core_type() {
        let lifted = FuncType::new([Type::S32, Type::S32], None);
        assert!(!flattens_to(&FuncType::new([Type::String], None), &lifted));
    }
}
