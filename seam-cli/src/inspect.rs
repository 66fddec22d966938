//! `seam inspect`: shows the kind, imports and exports of an artifact.

use seam_core::{
    Artifact, ArtifactKind, CorePath, ExportName, ImportReport, ImportStatus, Interface, Stub,
    World,
};
use seam_wasi::{Wasi, wasi_import, wrap_preview1};
use serde::{Serialize, Serializer};

use crate::args;
use crate::bindings::Bindings;
use crate::output::{Output, Tone};
use crate::status::{Failure, Status};
use crate::world;

#[derive(Serialize)]
struct Document<'a> {
    artifact: &'a str,
    kind: ArtifactKind,
    imports: Vec<Import<'a>>,
    exports: Vec<Export>,
    /// The core instances that are made when the artifact is instantiated.
    cores: Vec<Core<'a>>,
    types: Types,
    /// The whole interface as WIT.
    wit: String,
    /// What the imports and exports of a core module with component-level types use.
    #[serde(skip_serializing_if = "Option::is_none")]
    bindings: Option<Bindings>,
}

/// Where the types of the imports and exports come from.
#[derive(Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Types {
    /// The component.
    Component,
    /// The signatures of the core module.
    Core,
    /// The `component-type` sections of the core module.
    ComponentType,
    /// The component that the core module was fused from.
    InterfaceOf,
}

impl Types {
    fn of(artifact: &Artifact) -> Self {
        match (artifact.kind(), artifact.interface_of()) {
            (ArtifactKind::Component, _) => Self::Component,
            (_, Some(_)) => Self::InterfaceOf,
            (_, None) if artifact.is_typed() => Self::ComponentType,
            _ => Self::Core,
        }
    }
}

#[derive(Serialize)]
struct Import<'a> {
    name: String,
    #[serde(rename = "type")]
    ty: &'a str,
    status: Standing<'a>,
}

/// How an import is satisfied.
#[derive(PartialEq, Serialize)]
#[serde(untagged)]
enum Standing<'a> {
    /// By a function of the hermetic WASI that refuses every call.
    #[serde(serialize_with = "denied")]
    Denied,
    Other(&'a ImportStatus),
}

fn denied<S: Serializer>(to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str("denied")
}

impl<'a> Standing<'a> {
    fn of(import: &'a ImportReport) -> Self {
        let refuses = |interface: &str| {
            interface.starts_with("wasi:sockets/")
                || interface.starts_with("wasi:http/outgoing-handler@")
        };
        match &import.status {
            ImportStatus::Real if import.name.instance().is_some_and(refuses) => Self::Denied,
            status => Self::Other(status),
        }
    }

    fn text(&self) -> (Tone, &'static str) {
        match self {
            Standing::Denied => (Tone::Faint, "denied"),
            Standing::Other(ImportStatus::Real) => (Tone::Good, "real"),
            Standing::Other(ImportStatus::Stubbed(Stub::Default)) => {
                (Tone::Faint, "stubbed (default)")
            }
            Standing::Other(ImportStatus::Stubbed(_)) => (Tone::Faint, "stubbed (trap)"),
            Standing::Other(ImportStatus::Missing) => (Tone::Bad, "missing"),
            Standing::Other(_) => (Tone::Bad, "mismatched"),
        }
    }
}

#[derive(Serialize)]
struct Export {
    name: String,
    #[serde(rename = "type")]
    ty: String,
}

#[derive(Serialize)]
struct Core<'a> {
    path: &'a CorePath,
    module: Option<&'a str>,
}

pub(crate) fn execute(args: &args::Inspect, out: &mut Output) -> Result<Status, Failure> {
    let of = world::interface_of(&args.types)?;
    let artifact = world::typed(args.artifact.read()?, of.as_ref(), &args.types)?;
    let mut interface = seam_decode::validate(&artifact)?;
    let typed = match artifact.is_typed() {
        true => Some(seam_decode::decode_typed(&artifact)?),
        false => None,
    };
    if let Some(typed) = &typed {
        interface = (*typed.interface).clone();
    }
    let world = World::new().stub(args.stub.into());
    let world = match wasi_import(&interface) {
        None => world,
        Some(_) => Wasi::hermetic().add_to(world)?,
    };
    let imports = report(&artifact, &interface, &world)?;
    print(&artifact, &interface, &imports, out);
    let bindings = typed.map(|typed| Bindings::of(&typed));
    if let Some(bindings) = &bindings {
        bindings.print(out);
    }
    let exports = interface.export_funcs().iter();
    let cores = interface.core_instances().iter();
    out.document(&Document {
        artifact: artifact.name(),
        kind: artifact.kind(),
        imports: imports
            .iter()
            .map(|import| Import {
                name: import.name.to_string(),
                ty: &import.ty,
                status: Standing::of(import),
            })
            .collect(),
        exports: exports
            .map(|(name, ty)| Export {
                name: name.to_string(),
                ty: ty.to_string(),
            })
            .collect(),
        cores: cores
            .map(|core| Core {
                path: &core.path,
                module: core.module.name.as_deref(),
            })
            .collect(),
        types: Types::of(&artifact),
        wit: interface.to_string(),
        bindings,
    });
    Ok(Status::Fine)
}

/// Reports how the world satisfies each import, with the same rules as instantiation.
///
/// A preview1 module that can be wrapped runs as a component.
fn report(
    artifact: &Artifact,
    interface: &Interface,
    world: &World,
) -> Result<Vec<ImportReport>, Failure> {
    let mut imports = world.report(interface);
    let preview1 = |import: &ImportReport| import.name.instance() == Some("wasi_snapshot_preview1");
    if artifact.kind() != ArtifactKind::CoreModule || !imports.iter().any(preview1) {
        return Ok(imports);
    }
    let Ok(wrapped) = wrap_preview1(artifact) else {
        return Ok(imports);
    };
    let component = seam_decode::interface(wrapped.component())?;
    let below = wrapped.world(world)?.report(&component);
    let fault = below
        .into_iter()
        .map(|import| import.status)
        .find(|status| matches!(status, ImportStatus::Missing | ImportStatus::Mismatched(_)));
    for import in imports.iter_mut().filter(|import| preview1(import)) {
        import.status = fault.clone().unwrap_or(ImportStatus::Real);
    }
    Ok(imports)
}

fn print(artifact: &Artifact, interface: &Interface, imports: &[ImportReport], out: &mut Output) {
    let head = format!("// {}", artifact.name());
    out.line(&out.paint(Tone::Faint, &head));
    if Types::of(artifact) == Types::ComponentType {
        let note = "// with the types of its component-type section; --core-types ignores it";
        out.line(&out.paint(Tone::Faint, note));
    }
    out.line(interface.to_string().trim_end());
    if imports.is_empty() {
        return;
    }
    out.line("");
    out.line(&out.paint(Tone::Faint, "// what stands for the imports"));
    let alike = |a: &ImportReport, b: &ImportReport| {
        a.name.instances() == b.name.instances() && Standing::of(a) == Standing::of(b)
    };
    for group in imports.chunk_by(alike) {
        let Some(first) = group.first() else {
            continue;
        };
        let (tone, status) = Standing::of(first).text();
        let items: Vec<&str> = group.iter().map(|import| import.name.item()).collect();
        let status = out.paint(tone, &format!("{status:<17}"));
        out.line(&format!(
            "{status}  {}{}",
            inside(&first.name),
            items.join(", ")
        ));
    }
}

/// Returns the part of a full name that precedes the item's name.
fn inside(name: &ExportName) -> String {
    let instances = name.instances().iter();
    instances.map(|instance| format!("{instance}#")).collect()
}
