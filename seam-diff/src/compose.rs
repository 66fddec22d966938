//! Composes components: the un-fused artifact that a fusion is compared with.

use seam_core::{Artifact, ArtifactKind, Error, Result, contain};
use wac_graph::types::{Package, are_semver_compatible};
use wac_graph::{CompositionGraph, EncodeOptions, NodeId};

/// Composes components, in this order, into one component.
///
/// Each import is provided by an earlier component that exports the name, or the name in a
/// semver-compatible version. Imports that no earlier component provides are imports of the
/// composition; components that import the same name share it. Every component is instantiated once.
///
/// The composition exports what the last component exports, and the exports of the earlier ones that
/// provide an import, because the last one's types may be theirs. If both have the same name, it is
/// the last component's.
///
/// The name of the composition is the names of the components, joined by `+`.
///
/// # Errors
/// `Misuse` if there are fewer than two components, or if one of the artifacts is a core module.
/// `Link` if two earlier components provide an import, if an export has another type than the import
/// that it provides, if no later component imports anything of one of the components, or if
/// components import one name with different types. `Invalid` if an artifact is not a valid
/// component.
pub fn compose(components: &[Artifact]) -> Result<Artifact> {
    check(components).map_err(|error| error.during("compose"))?;
    // The library must not take down a process that composes hostile components.
    let composed = contain(|| encode(components));
    composed.map_err(|error| error.during("compose"))
}

fn encode(components: &[Artifact]) -> Result<Artifact> {
    let mut graph = CompositionGraph::new();
    let mut parts: Vec<Part> = Vec::new();
    for (index, component) in components.iter().enumerate() {
        let part = Part::register(&mut graph, index, component)?;
        for import in &part.imports {
            if let Some((position, export)) = provider(&parts, &part.name, import)? {
                part.plug(&mut graph, import, &mut parts, position, &export)?;
            }
        }
        parts.push(part);
    }
    let Some((last, others)) = parts.split_last() else {
        return Err(few(components));
    };
    if let Some(unused) = others.iter().find(|part| part.provides.is_empty()) {
        return Err(Error::link(format!(
            "expected a later component that imports an export of `{}`, found none; it \
             exports {}",
            unused.name,
            list(unused.exports.iter())
        )));
    }
    for part in others {
        for export in &part.provides {
            if !last.exports.contains(export) {
                part.export(&mut graph, export)?;
            }
        }
    }
    for export in &last.exports {
        last.export(&mut graph, export)?;
    }
    let encoded = graph.encode(EncodeOptions::default());
    let encoded = encoded.map_err(|error| fault(&error))?;
    let names: Vec<&str> = components.iter().map(Artifact::name).collect();
    Artifact::from_bytes(names.join("+"), encoded)
}

/// Checks that there are components, and enough of them.
fn check(components: &[Artifact]) -> Result<()> {
    let module = |artifact: &&Artifact| artifact.kind() == ArtifactKind::CoreModule;
    if let Some(module) = components.iter().find(module) {
        return Err(Error::misuse(format!(
            "expected a component, found the core module `{}`",
            module.name()
        )));
    }
    match components.len() {
        0 | 1 => Err(few(components)),
        _ => Ok(()),
    }
}

fn few(components: &[Artifact]) -> Error {
    let found = match components.first() {
        Some(only) => format!("`{}` alone", only.name()),
        None => "none".to_string(),
    };
    Error::misuse(format!("expected two components or more, found {found}"))
}

/// A component of the composition.
struct Part {
    name: String,
    instance: NodeId,
    imports: Vec<String>,
    exports: Vec<String>,
    /// The exports that later components import.
    provides: Vec<String>,
}

impl Part {
    /// Adds a component to the graph, with an instance.
    fn register(graph: &mut CompositionGraph, index: usize, component: &Artifact) -> Result<Self> {
        // The name in the graph must be unique, and one artifact may be given twice.
        let key = format!("component:n{index}");
        let bytes = component.bytes().to_vec();
        let package = Package::from_bytes(&key, None, bytes, graph.types_mut())
            .map_err(|error| Error::invalid(format!("{}: {error:#}", component.name())))?;
        let world = &graph.types()[package.ty()];
        let imports = world.imports.keys().cloned().collect();
        let exports = world.exports.keys().cloned().collect();
        let package = graph
            .register_package(package)
            .map_err(|error| fault(&error))?;
        Ok(Self {
            name: component.name().to_string(),
            instance: graph.instantiate(package),
            imports,
            exports,
            provides: Vec::new(),
        })
    }

    /// Provides an import with an export of the part at `position`.
    fn plug(
        &self,
        graph: &mut CompositionGraph,
        import: &str,
        parts: &mut [Part],
        position: usize,
        export: &str,
    ) -> Result<()> {
        let Some(from) = parts.get_mut(position) else {
            return Ok(());
        };
        let found = graph.alias_instance_export(from.instance, export);
        let found = found.map_err(|error| fault(&error))?;
        graph
            .set_instantiation_argument(self.instance, import, found)
            .map_err(|error| {
                Error::link(format!(
                    "import `{import}` of `{}`, from `{export}` of `{}`: {}",
                    self.name,
                    from.name,
                    chain(&error)
                ))
            })?;
        if !from.provides.iter().any(|known| known == export) {
            from.provides.push(export.to_string());
        }
        Ok(())
    }

    /// Makes an export of this part one of the composition.
    fn export(&self, graph: &mut CompositionGraph, export: &str) -> Result<()> {
        let found = graph.alias_instance_export(self.instance, export);
        let found = found.map_err(|error| fault(&error))?;
        graph.export(found, export).map_err(|error| fault(&error))
    }
}

/// Finds the export of an earlier component that provides an import: the export of this name, or
/// else the one of a semver-compatible name.
///
/// # Errors
/// `Link` if there are two.
fn provider(parts: &[Part], name: &str, import: &str) -> Result<Option<(usize, String)>> {
    let exports = || {
        let parts = parts.iter().enumerate();
        parts.flat_map(|(index, part)| part.exports.iter().map(move |export| (index, export)))
    };
    let same: Vec<_> = exports().filter(|(_, export)| *export == import).collect();
    let compatible = exports().filter(|(_, export)| are_semver_compatible(export, import));
    let found = match same.is_empty() {
        false => same,
        true => compatible.collect(),
    };
    match found.as_slice() {
        [] => Ok(None),
        [(index, export)] => Ok(Some((*index, (*export).clone()))),
        several => {
            let from = several.iter().filter_map(|(index, export)| {
                let part = parts.get(*index)?;
                Some(format!("`{export}` of `{}`", part.name))
            });
            let from: Vec<String> = from.collect();
            Err(Error::link(format!(
                "import `{import}` of `{name}`: expected one component that provides it, found {}",
                from.join(" and ")
            )))
        }
    }
}

/// Returns the error for a composition that the library refuses.
fn fault(error: &(dyn std::error::Error + 'static)) -> Error {
    Error::link(format!(
        "expected components that fit together, found: {}",
        chain(error)
    ))
}

/// Joins an error and its causes.
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    let causes: Vec<String> = causes.map(ToString::to_string).collect();
    causes.join(": ")
}

fn list<'a>(names: impl Iterator<Item = &'a String>) -> String {
    let names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
    match names.as_slice() {
        [] => "nothing".to_string(),
        _ => names.join(", "),
    }
}
