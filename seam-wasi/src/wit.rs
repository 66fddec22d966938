//! The types of WASI's functions, read from the official WIT packages.
//!
//! The packages themselves are parsed at run time, once per process (a millisecond or two). The
//! types are not written down a second time in Rust, so they cannot differ from the official ones.

use std::sync::{Arc, OnceLock};

use seam_core::{FuncType, RecordType, ResourceType, ResultType, Type, VariantType};
use wit_parser::{Handle, Resolve, TypeDef, TypeDefKind, TypeId, TypeOwner};

/// The packages of WASI 0.2, in dependency order: each follows the packages that it uses.
const OF_0_2: [(&str, &str); 7] = [
    ("io.wit", include_str!("../wit/io.wit")),
    ("clocks.wit", include_str!("../wit/clocks.wit")),
    ("random.wit", include_str!("../wit/random.wit")),
    ("filesystem.wit", include_str!("../wit/filesystem.wit")),
    ("sockets.wit", include_str!("../wit/sockets.wit")),
    ("cli.wit", include_str!("../wit/cli.wit")),
    ("http.wit", include_str!("../wit/http.wit")),
];

/// The packages of WASI 0.3, in dependency order.
const OF_0_3: [(&str, &str); 6] = [
    ("clocks.wit", include_str!("../wit/0.3/clocks.wit")),
    ("random.wit", include_str!("../wit/0.3/random.wit")),
    ("filesystem.wit", include_str!("../wit/0.3/filesystem.wit")),
    ("sockets.wit", include_str!("../wit/0.3/sockets.wit")),
    ("cli.wit", include_str!("../wit/0.3/cli.wit")),
    ("http.wit", include_str!("../wit/0.3/http.wit")),
];

/// Interfaces that guests export and do not import from the host.
const EXPORTED: [&str; 3] = [
    "wasi:cli/run",
    "wasi:http/incoming-handler",
    "wasi:http/handler",
];

/// The interfaces that the packages define.
pub(crate) struct Wit {
    pub(crate) interfaces: Vec<Interface>,
}

/// An interface that a guest can import.
pub(crate) struct Interface {
    /// Without the version, e.g. `wasi:io/streams`.
    pub(crate) name: String,
    /// With the version.
    pub(crate) full_name: String,
    /// Its functions, by name, e.g. `[method]input-stream.read`.
    pub(crate) funcs: Vec<(String, FuncType)>,
    /// Its resource types.
    pub(crate) resources: Vec<String>,
}

impl Wit {
    /// Returns the packages of WASI 0.2, including everything in them that is marked unstable.
    pub(crate) fn of_0_2() -> &'static Wit {
        static WIT: OnceLock<Wit> = OnceLock::new();
        WIT.get_or_init(|| Wit::embedded(&OF_0_2))
    }

    /// Like [`Wit::of_0_2`], for WASI 0.3.
    pub(crate) fn of_0_3() -> &'static Wit {
        static WIT: OnceLock<Wit> = OnceLock::new();
        WIT.get_or_init(|| Wit::embedded(&OF_0_3))
    }

    fn embedded(packages: &[(&str, &str)]) -> Wit {
        let mut resolve = Resolve::new();
        resolve.all_features = true;
        for (name, text) in packages {
            let pushed = resolve.push_source(name, text);
            pushed.expect("the embedded packages are well-formed: every test reads them");
        }
        Wit::of(&resolve)
    }

    fn of(resolve: &Resolve) -> Self {
        let interfaces = resolve.interfaces.iter().filter_map(|(id, interface)| {
            let full_name = resolve.id_of(id)?;
            let (name, _) = full_name.split_once('@')?;
            if EXPORTED.contains(&name) {
                return None;
            }
            let funcs = interface.functions.iter().map(|(name, func)| {
                let params = func.params.iter();
                let params = params.map(|p| (p.name.as_str().into(), read(resolve, &p.ty)));
                let ty = FuncType {
                    params: params.collect(),
                    result: func.result.as_ref().map(|ty| read(resolve, ty)),
                    is_async: func.kind.is_async(),
                };
                (name.clone(), ty)
            });
            let is_resource =
                |id: &TypeId| matches!(definition(resolve, *id).kind, TypeDefKind::Resource);
            let resources = interface.types.iter().filter(|(_, id)| is_resource(id));
            Some(Interface {
                name: name.to_owned(),
                funcs: funcs.collect(),
                resources: resources.map(|(name, _)| name.clone()).collect(),
                full_name,
            })
        });
        Wit {
            interfaces: interfaces.collect(),
        }
    }
}

fn definition(resolve: &Resolve, id: TypeId) -> &TypeDef {
    let found = resolve.types.get(id);
    found.expect("a type that a package names is defined in it once it is resolved")
}

/// Converts a type of a WIT package to the seam's type.
fn read(resolve: &Resolve, ty: &wit_parser::Type) -> Type {
    use wit_parser::Type as Wit;
    match ty {
        Wit::Bool => Type::Bool,
        Wit::U8 => Type::U8,
        Wit::U16 => Type::U16,
        Wit::U32 => Type::U32,
        Wit::U64 => Type::U64,
        Wit::S8 => Type::S8,
        Wit::S16 => Type::S16,
        Wit::S32 => Type::S32,
        Wit::S64 => Type::S64,
        Wit::F32 => Type::F32,
        Wit::F64 => Type::F64,
        Wit::Char => Type::Char,
        Wit::String => Type::String,
        Wit::ErrorContext => Type::ErrorContext,
        Wit::Id(id) => defined(resolve, *id),
    }
}

fn optional(resolve: &Resolve, ty: Option<&wit_parser::Type>) -> Option<Type> {
    ty.map(|ty| read(resolve, ty))
}

fn defined(resolve: &Resolve, id: TypeId) -> Type {
    let read = |ty: &wit_parser::Type| read(resolve, ty);
    let optional = |ty: &Option<wit_parser::Type>| optional(resolve, ty.as_ref());
    let name = |name: &String| Arc::<str>::from(name.as_str());
    match &definition(resolve, id).kind {
        TypeDefKind::Type(ty) => read(ty),
        TypeDefKind::List(ty) => Type::list(read(ty)),
        TypeDefKind::FixedLengthList(ty, len) => Type::FixedLengthList(Arc::new(read(ty)), *len),
        TypeDefKind::Map(key, value) => Type::Map(Arc::new(read(key)), Arc::new(read(value))),
        TypeDefKind::Option(ty) => Type::option(read(ty)),
        TypeDefKind::Tuple(tuple) => Type::tuple(tuple.types.iter().map(read)),
        TypeDefKind::Result(ty) => Type::Result(Arc::new(ResultType {
            ok: optional(&ty.ok),
            err: optional(&ty.err),
        })),
        TypeDefKind::Record(record) => {
            let fields = record.fields.iter();
            let fields = fields.map(|field| (name(&field.name), read(&field.ty)));
            Type::Record(Arc::new(RecordType {
                fields: fields.collect(),
            }))
        }
        TypeDefKind::Variant(variant) => {
            let cases = variant.cases.iter();
            let cases = cases.map(|case| (name(&case.name), optional(&case.ty)));
            Type::Variant(Arc::new(VariantType {
                cases: cases.collect(),
            }))
        }
        TypeDefKind::Enum(cases) => Type::Enum(cases.cases.iter().map(|c| name(&c.name)).collect()),
        TypeDefKind::Flags(flags) => {
            Type::Flags(flags.flags.iter().map(|f| name(&f.name)).collect())
        }
        TypeDefKind::Handle(Handle::Own(id)) => Type::Own(resource(resolve, *id)),
        TypeDefKind::Handle(Handle::Borrow(id)) => Type::Borrow(resource(resolve, *id)),
        // A bare resource name in a signature owns it.
        TypeDefKind::Resource => Type::Own(resource(resolve, id)),
        TypeDefKind::Future(ty) => Type::Future(optional(ty).map(Arc::new)),
        TypeDefKind::Stream(ty) => Type::Stream(optional(ty).map(Arc::new)),
        TypeDefKind::Unknown => unreachable!("a resolved package has no unknown types"),
    }
}

/// Returns a resource type under the name of the interface that defines it.
///
/// The place of use may have another name for it.
fn resource(resolve: &Resolve, mut id: TypeId) -> ResourceType {
    while let TypeDefKind::Type(wit_parser::Type::Id(of)) = &definition(resolve, id).kind {
        id = *of;
    }
    let definition = definition(resolve, id);
    let interface = match definition.owner {
        TypeOwner::Interface(interface) => resolve.id_of(interface).unwrap_or_default(),
        _ => String::new(),
    };
    let label = definition.name.as_deref().unwrap_or_default();
    ResourceType::new(format!("{interface}#{label}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ty(interface: &str, func: &str) -> String {
        let found = Wit::of_0_2()
            .interfaces
            .iter()
            .find(|i| i.name == interface);
        let found = found.and_then(|i| i.funcs.iter().find(|(name, _)| name == func));
        found.map(|(_, ty)| ty.to_string()).unwrap_or_default()
    }

    #[test]
    fn types_are_read_through_aliases_and_uses() {
        assert_eq!(
            ty("wasi:clocks/monotonic-clock", "subscribe-instant"),
            "func(when: u64) -> pollable"
        );
        assert_eq!(
            ty("wasi:http/types", "[method]fields.clone"),
            "func(self: borrow<fields>) -> fields"
        );
        assert_eq!(
            ty("wasi:random/insecure-seed", "insecure-seed"),
            "func() -> tuple<u64, u64>"
        );
    }

    #[test]
    fn functions_of_0_3_can_be_asynchronous() {
        let mut interfaces = Wit::of_0_3().interfaces.iter();
        let types = interfaces.find(|i| i.name == "wasi:filesystem/types");
        let funcs = types.map_or(&[][..], |types| &types.funcs);
        let ty = |func: &str| {
            funcs
                .iter()
                .find(|(name, _)| name == func)
                .map(|(_, ty)| ty)
        };
        let is_async = |func| ty(func).map(|ty| ty.is_async);
        assert_eq!(is_async("[method]descriptor.stat"), Some(true));
        assert_eq!(is_async("[method]descriptor.read-directory"), Some(false));
    }

    #[test]
    fn interfaces_that_guests_export_are_left_out() {
        let names = Wit::of_0_2().interfaces.iter().map(|i| i.name.as_str());
        let names: Vec<_> = names.collect();
        assert!(names.contains(&"wasi:http/outgoing-handler"));
        assert!(!names.contains(&"wasi:cli/run"));
    }
}
