//! The functions that random runs call.

use std::collections::BTreeSet;
use std::sync::Arc;

use seam_core::{
    Artifact, ArtifactKind, CoreExternType, ExportName, FuncType, Interface, ItemKind,
    ResourceType, Result, Type,
};

use crate::scope::owned_types;

/// A function, and what is known of it so far.
pub(crate) struct Function {
    pub(crate) name: ExportName,
    pub(crate) ty: Arc<FuncType>,
    /// How often it was called.
    pub(crate) calls: usize,
    /// How many of these calls were compared.
    pub(crate) compared: usize,
    /// How often a call ended at a limit.
    pub(crate) limited: usize,
    /// The runs that called it, by their indices.
    pub(crate) runs: BTreeSet<usize>,
    /// Why it is not called, or not called any more.
    pub(crate) excluded: Option<String>,
    /// The components whose resources it does not take, although the types have one name.
    pub(crate) refuses: BTreeSet<Option<Arc<str>>>,
}

impl Function {
    fn new(name: ExportName, ty: Arc<FuncType>) -> Self {
        let excluded = ty.params.iter().find_map(|(name, ty)| {
            let part = without_values(ty)?;
            Some(format!("its parameter `{name}` needs a {}", part.kind()))
        });
        Self {
            name,
            ty,
            calls: 0,
            compared: 0,
            limited: 0,
            runs: BTreeSet::new(),
            excluded,
            refuses: BTreeSet::new(),
        }
    }

    /// Returns the component inside the artifact that exports it, or `None` for an export of the
    /// artifact.
    pub(crate) fn home(&self) -> Option<Arc<str>> {
        home(&self.name)
    }

    /// Returns the types of the resources that its result can have.
    pub(crate) fn makes(&self) -> Vec<&ResourceType> {
        self.ty.result.iter().flat_map(owned_types).collect()
    }

    /// Returns the types of the resources that every call of it needs.
    pub(crate) fn needs(&self) -> Vec<&ResourceType> {
        let mut found = Vec::new();
        let params = self.ty.params.iter();
        params.for_each(|(_, ty)| needed(ty, &mut found));
        found
    }
}

/// Returns the component inside an artifact that a function's name starts with.
fn home(name: &ExportName) -> Option<Arc<str>> {
    match seam_decode::is_inner(name) {
        true => name.instances().first().cloned(),
        false => None,
    }
}

/// The functions of an artifact.
pub(crate) struct Functions {
    /// Those that it exports, and those that components inside it export.
    pub(crate) funcs: Vec<Function>,
    /// Why the functions of components inside it are not known, if they are not.
    pub(crate) inner_unknown: Option<String>,
}

/// Returns the functions of an artifact.
///
/// # Errors
/// The artifact cannot be decoded.
pub(crate) fn of_artifact(artifact: &Artifact) -> Result<Functions> {
    let interface = seam_decode::typed_interface(artifact)?;
    let exported = interface.export_funcs().iter().cloned();
    let mut funcs: Vec<Function> = exported.map(|(name, ty)| Function::new(name, ty)).collect();
    funcs.extend(untyped(&interface));
    // What a fused module binds is asked of its instances, so the names of the composition do.
    let typed = artifact.interface_of().unwrap_or(artifact);
    let inner = match typed.kind() {
        ArtifactKind::Component => seam_decode::inner_funcs(typed),
        ArtifactKind::CoreModule => Ok(Vec::new()),
    };
    let (inner, inner_unknown) = match inner {
        Ok(inner) => (inner, None),
        Err(error) => (Vec::new(), Some(error.message().to_string())),
    };
    funcs.extend(inner.into_iter().map(|(name, ty)| Function::new(name, ty)));
    Ok(Functions {
        funcs,
        inner_unknown,
    })
}

/// Returns the functions of a core module that only core values can call.
fn untyped(interface: &Interface) -> impl Iterator<Item = Function> {
    let typed = |name: &ExportName| interface.export_funcs().iter().any(|(it, _)| it == name);
    interface.exports().iter().filter_map(move |item| {
        let ItemKind::Core(CoreExternType::Func(ty)) = &item.kind else {
            return None;
        };
        let name = item.name.parse();
        let name = name.unwrap_or_else(|_| ExportName::root(item.name.clone()));
        let excluded = format!("no component-level values have its core type {ty}");
        (!typed(&name)).then(|| Function {
            excluded: Some(excluded),
            ..Function::new(name, Arc::default())
        })
    })
}

/// Returns a part of a type, without which there is no value, and of which there are no values.
fn without_values(ty: &Type) -> Option<&Type> {
    match ty {
        Type::Stream(_) | Type::Future(_) | Type::ErrorContext => Some(ty),
        Type::FixedLengthList(ty, _) => without_values(ty),
        Type::Record(record) => record.fields.iter().find_map(|(_, ty)| without_values(ty)),
        Type::Tuple(types) => types.iter().find_map(without_values),
        _ => None,
    }
}

/// Collects the types of the resources without which there is no value of a type.
fn needed<'a>(ty: &'a Type, found: &mut Vec<&'a ResourceType>) {
    match ty {
        Type::Own(resource) | Type::Borrow(resource) => found.push(resource),
        Type::FixedLengthList(ty, _) => needed(ty, found),
        Type::Record(record) => record.fields.iter().for_each(|(_, ty)| needed(ty, found)),
        Type::Tuple(types) => types.iter().for_each(|ty| needed(ty, found)),
        _ => {}
    }
}
