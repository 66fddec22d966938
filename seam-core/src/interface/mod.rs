//! The imports, exports and core instances of an artifact.

mod display;
mod index;
mod lifted;
mod serialize;

use std::fmt;
use std::ops::Range;
use std::str::FromStr;
use std::sync::Arc;

use index::Index;

use crate::{
    ArtifactKind, CoreExternType, CoreModuleType, Error, ExportName, FuncType, ResourceType,
    Result, Type,
};

/// The imports and exports of an artifact, with component-level types, and its core instances.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interface {
    kind: ArtifactKind,
    imports: Vec<Item>,
    exports: Vec<Item>,
    import_funcs: Vec<(ExportName, Arc<FuncType>)>,
    exports_async: bool,
    export_funcs: Vec<(ExportName, Arc<FuncType>)>,
    core_instances: Vec<CoreInstanceType>,
    index: Index,
}

/// A named import or export.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Its name at this level, e.g. `ns:pkg/iface@1.0.0` or `f`.
    pub name: Arc<str>,
    /// Its kind and type.
    pub kind: ItemKind,
}

impl Item {
    /// Returns whether the item is an import or export of a core module with core-level types.
    pub(crate) fn is_core(&self) -> bool {
        match &self.kind {
            ItemKind::Core(_) => true,
            ItemKind::Instance(fields) => {
                !fields.is_empty() && fields.iter().all(|field| field.is_core())
            }
            _ => false,
        }
    }
}

/// The kind and type of an import or export.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ItemKind {
    /// A component-level function.
    Func(Arc<FuncType>),
    /// An instance, with its exports. A core module's imports are grouped into instances by module
    /// name.
    Instance(Vec<Item>),
    /// A resource type.
    Resource(ResourceType),
    /// Any other value type.
    Type(Type),
    /// A type of functions, instances or components. It has no use at run time.
    TypeOfItems,
    /// A value of this type.
    Value(Type),
    /// A component.
    Component,
    /// A core module.
    CoreModule(CoreModuleType),
    /// A core-level item of a core module.
    Core(CoreExternType),
}

/// A core instance that is made when the artifact is instantiated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CoreInstanceType {
    /// Position in the artifact.
    pub path: CorePath,
    /// Range of the module's bytes in the artifact, or `None` if the artifact imports the module.
    pub range: Option<Range<usize>>,
    /// Name, imports and exports of the module.
    pub module: Arc<CoreModuleType>,
}

/// The position of a core instance in an artifact.
///
/// It consists of the indices of component instantiations, outermost first, and then the index of
/// the core instantiation. Each is counted in definition order. Instances that a component makes
/// from exports do not count, and neither do modules that an engine or the seam generates. The only
/// instance of a core module is `0`. Text forms are `0` and `1/0`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CorePath(Arc<[u32]>);

impl Interface {
    /// Creates the interface of an artifact of this kind from its parts.
    ///
    /// The crate `seam-decode` reads the interface of an artifact from its bytes.
    #[must_use]
    pub fn new(
        kind: ArtifactKind,
        imports: Vec<Item>,
        exports: Vec<Item>,
        core_instances: Vec<CoreInstanceType>,
    ) -> Self {
        let import_funcs = funcs(&imports);
        let export_funcs = funcs(&exports);
        Self {
            exports_async: export_funcs.iter().any(|(_, ty)| ty.is_async),
            kind,
            imports,
            exports,
            import_funcs,
            export_funcs,
            core_instances,
            index: Index::default(),
        }
    }

    /// Returns the kind of the artifact.
    #[must_use]
    pub fn kind(&self) -> ArtifactKind {
        self.kind
    }

    /// Returns the imports as a tree, in declaration order.
    #[must_use]
    pub fn imports(&self) -> &[Item] {
        &self.imports
    }

    /// Returns the exports as a tree, in declaration order.
    #[must_use]
    pub fn exports(&self) -> &[Item] {
        &self.exports
    }

    /// Returns all imported functions with their full names, in declaration order.
    ///
    /// Functions of a core module that use `v128` or references have no component-level type and
    /// are omitted. See [`Interface::imports`] for them.
    #[must_use]
    pub fn import_funcs(&self) -> &[(ExportName, Arc<FuncType>)] {
        &self.import_funcs
    }

    /// Returns all exported functions with their full names, in declaration order.
    ///
    /// The same functions are omitted as in [`Interface::import_funcs`].
    #[must_use]
    pub fn export_funcs(&self) -> &[(ExportName, Arc<FuncType>)] {
        &self.export_funcs
    }

    /// Returns whether an exported function is asynchronous.
    #[must_use]
    pub fn exports_async(&self) -> bool {
        self.exports_async
    }

    /// Returns the core instances of the artifact, in the order of their instantiation.
    #[must_use]
    pub fn core_instances(&self) -> &[CoreInstanceType] {
        &self.core_instances
    }

    /// Finds the exported function for `name`: the equal name, else the highest semver-compatible
    /// version, else, for a name without an instance, the only export whose own name it is.
    ///
    /// # Errors
    /// `Misuse` that lists the exports that have the name if there are several; otherwise near
    /// matches, or if there are none, everything that the artifact exports.
    pub fn func(&self, name: &ExportName) -> Result<(&ExportName, &Arc<FuncType>)> {
        let (_, name, ty) = self.indexed_func(name)?;
        Ok((name, ty))
    }

    /// Like [`Interface::func`], with the position in [`Interface::export_funcs`].
    pub(crate) fn indexed_func(
        &self,
        name: &ExportName,
    ) -> Result<(u32, &ExportName, &Arc<FuncType>)> {
        let at = |position: u32| {
            let (name, ty) = self.export_funcs.get(position as usize)?;
            Some((position, name, ty))
        };
        if let Some(found) = self.index.equal(&self.export_funcs, name).and_then(at) {
            return Ok(found);
        }
        let namesakes = self.index.with_item(&self.export_funcs, name.item());
        let namesakes: Vec<_> = namesakes.iter().copied().filter_map(at).collect();
        if let Some(best) = name.resolve(namesakes.iter().map(|(_, name, _)| *name)) {
            let found = namesakes.iter().find(|(_, name, _)| *name == best);
            return found.copied().ok_or_else(|| self.no_such_func(name));
        }
        match (name.instances().is_empty(), &*namesakes) {
            (false, _) | (true, []) => Err(self.no_such_func(name)),
            (true, [found]) => Ok(*found),
            (true, several) => {
                let all = several.iter().map(|(_, name, _)| format!("`{name}`"));
                Err(Error::misuse(format!(
                    "expected the full name of one export, found `{name}`, which is {}",
                    all.collect::<Vec<_>>().join(" or ")
                )))
            }
        }
    }

    fn no_such_func(&self, name: &ExportName) -> Error {
        let names = || self.export_funcs.iter().map(|(name, _)| name);
        let near = name.near(names());
        let list = |names: &mut dyn Iterator<Item = &ExportName>| {
            names
                .map(|name| format!("`{name}`"))
                .collect::<Vec<_>>()
                .join(", ")
        };
        Error::misuse(if !near.is_empty() {
            format!(
                "expected an exported function, found no `{name}`; near matches: {}",
                list(&mut near.into_iter())
            )
        } else if self.export_funcs.is_empty() {
            format!(
                "expected an exported function, found no `{name}`; the {} exports no function",
                self.kind
            )
        } else {
            let more = self.export_funcs.len().saturating_sub(12);
            let tail = if more > 0 {
                format!(" and {more} more")
            } else {
                String::new()
            };
            let exported = list(&mut names().take(12));
            format!("expected an exported function, found no `{name}`; exported: {exported}{tail}")
        })
    }
}

/// Collects the functions of a tree of items, with their full names.
fn funcs(items: &[Item]) -> Vec<(ExportName, Arc<FuncType>)> {
    fn walk(items: &[Item], path: &mut Vec<Arc<str>>, out: &mut Vec<(ExportName, Arc<FuncType>)>) {
        for item in items {
            match &item.kind {
                ItemKind::Func(ty) => out.push((
                    ExportName::nested(path.iter().cloned(), item.name.clone()),
                    ty.clone(),
                )),
                ItemKind::Core(CoreExternType::Func(ty)) => {
                    if let Some(ty) = lifted::lift_signature(ty) {
                        out.push((lifted::export_name(path, &item.name), Arc::new(ty)));
                    }
                }
                ItemKind::Instance(items) => {
                    path.push(item.name.clone());
                    walk(items, path, out);
                    path.pop();
                }
                _ => {}
            }
        }
    }
    let mut out = Vec::new();
    walk(items, &mut Vec::new(), &mut out);
    out
}

impl CorePath {
    /// Creates the path with these indices.
    #[must_use]
    pub fn new(indices: impl Into<Vec<u32>>) -> Self {
        Self(indices.into().into())
    }

    /// Returns the indices, outermost first.
    #[must_use]
    pub fn indices(&self) -> &[u32] {
        &self.0
    }

    /// Returns the path that is one level deeper.
    #[must_use]
    pub fn child(&self, index: u32) -> Self {
        Self(self.0.iter().copied().chain([index]).collect())
    }
}

impl fmt::Display for CorePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, index) in self.0.iter().enumerate() {
            if position > 0 {
                f.write_str("/")?;
            }
            write!(f, "{index}")?;
        }
        Ok(())
    }
}

impl FromStr for CorePath {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let indices: Result<Arc<[u32]>, _> = text.split('/').map(str::parse).collect();
        indices.map(Self).map_err(|_| {
            Error::misuse(format!(
                "expected a core path like `0` or `1/0`, found `{text}`"
            ))
        })
    }
}

impl serde::Serialize for CorePath {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
