//! From bytes to definitions, with wasmparser's readers alone.

use std::sync::Arc;

use seam_core::{Error, Result};
use wasmparser::{
    CanonicalFunction, CanonicalOption, ComponentAlias, ComponentDefinedType, ComponentExport,
    ComponentExternalKind, ComponentFuncType, ComponentInstance, ComponentOuterAliasKind,
    ComponentType, ComponentTypeRef, ComponentValType, ExternalKind, Instance,
    InstanceTypeDeclaration, Parser, Payload, TypeBounds,
};

use super::def::{
    AliasDef, CanonDef, ComponentDef, CoreInstanceDef, CoreSort, Def, DefinedDef, ExternType,
    FuncDef, InstanceDecl, InstanceDef, OptionsDef, Outer, OuterSort, Sort, TypeDef, ValRef,
};

/// Decodes a component that has been validated.
///
/// # Errors
/// `Invalid` with the offset for bytes that do not decode all the same, and `Unsupported` for the value definitions of
/// the component model, which no toolchain makes.
pub(crate) fn decode(bytes: &[u8]) -> Result<ComponentDef> {
    let mut open: Vec<ComponentDef> = Vec::new();
    let mut current = ComponentDef::default();
    // Core modules are skipped as a whole: the engine has its own reader for them.
    let mut module_depth = 0usize;
    for payload in Parser::new(0).parse_all(bytes) {
        match payload.map_err(invalid)? {
            Payload::ModuleSection {
                unchecked_range, ..
            } => {
                current.defs.push(Def::CoreModule(unchecked_range));
                module_depth += 1;
            }
            Payload::ComponentSection { .. } => {
                open.push(std::mem::take(&mut current));
            }
            Payload::End(_) if module_depth > 0 => module_depth -= 1,
            Payload::End(_) => {
                if let Some(outer) = open.pop() {
                    let inner = std::mem::replace(&mut current, outer);
                    capture(&mut current, &inner);
                    current.defs.push(Def::Component(Arc::new(inner)));
                }
            }
            _ if module_depth > 0 => {}
            payload => {
                if let Some((_, range)) = payload.as_section() {
                    current.size += range.len();
                }
                section(&mut current, payload)?;
            }
        }
    }
    Ok(current)
}

/// What a component uses of those around the one that defines it, that one has to reach for it.
fn capture(outer: &mut ComponentDef, inner: &ComponentDef) {
    let outward = inner.captures.iter().filter_map(|it| {
        let count = it.count.checked_sub(1)?;
        Some(Outer { count, ..*it })
    });
    outer.captures.extend(outward);
}

/// The definitions of one section.
fn section(current: &mut ComponentDef, payload: Payload<'_>) -> Result<()> {
    let ComponentDef { defs, captures, .. } = current;
    match payload {
        Payload::InstanceSection(reader) => {
            each(reader, defs, |it| Ok(Def::CoreInstance(core_instance(it))))
        }
        Payload::CoreTypeSection(reader) => each(reader, defs, |_| Ok(Def::CoreType)),
        Payload::ComponentInstanceSection(reader) => {
            each(reader, defs, |it| Ok(Def::Instance(instance(it))))
        }
        Payload::ComponentAliasSection(reader) => each(reader, defs, |it| {
            let alias = alias(it);
            captures.extend(alias.capture());
            Ok(Def::Alias(alias))
        }),
        Payload::ComponentTypeSection(reader) => {
            each(reader, defs, |it| Ok(Def::Type(type_def(it)?)))
        }
        Payload::ComponentCanonicalSection(reader) => {
            each(reader, defs, |it| Ok(Def::Canon(canon(it))))
        }
        Payload::ComponentImportSection(reader) => each(reader, defs, |it| {
            Ok(Def::Import(it.name.name.into(), extern_type(it.ty)))
        }),
        Payload::ComponentExportSection(reader) => each(reader, defs, |it| {
            let (name, sort, index) = export(&it);
            Ok(Def::Export(name, sort, index))
        }),
        Payload::ComponentStartSection { range, .. } => Err(Error::invalid(
            "expected no component start function: values are not part of the released format",
        )
        .at(range.start as u64)),
        _ => Ok(()),
    }
}

fn each<'a, T: wasmparser::FromReader<'a>>(
    reader: wasmparser::SectionLimited<'a, T>,
    defs: &mut Vec<Def>,
    mut convert: impl FnMut(T) -> Result<Def>,
) -> Result<()> {
    for item in reader {
        defs.push(convert(item.map_err(invalid)?)?);
    }
    Ok(())
}

pub(super) fn invalid(error: wasmparser::BinaryReaderError) -> Error {
    Error::invalid(error.message().to_string())
        .at(error.offset() as u64)
        .with_source(error)
}

fn core_instance(instance: Instance<'_>) -> CoreInstanceDef {
    match instance {
        Instance::Instantiate { module_index, args } => CoreInstanceDef::Instantiate(
            module_index,
            args.iter()
                .map(|arg| (arg.name.to_string(), arg.index))
                .collect(),
        ),
        Instance::FromExports(exports) => CoreInstanceDef::FromExports(
            exports
                .iter()
                .map(|it| (it.name.to_string(), core_sort(it.kind), it.index))
                .collect(),
        ),
    }
}

fn instance(instance: ComponentInstance<'_>) -> InstanceDef {
    match instance {
        ComponentInstance::Instantiate {
            component_index,
            args,
        } => InstanceDef::Instantiate(
            component_index,
            args.iter()
                .map(|arg| (arg.name.into(), sort(arg.kind), arg.index))
                .collect(),
        ),
        ComponentInstance::FromExports(exports) => {
            InstanceDef::FromExports(exports.iter().map(export).collect())
        }
    }
}

fn export(export: &ComponentExport<'_>) -> (Arc<str>, Sort, u32) {
    (export.name.name.into(), sort(export.kind), export.index)
}

fn sort(kind: ComponentExternalKind) -> Sort {
    match kind {
        ComponentExternalKind::Module => Sort::CoreModule,
        ComponentExternalKind::Func => Sort::Func,
        ComponentExternalKind::Value => Sort::Value,
        ComponentExternalKind::Type => Sort::Type,
        ComponentExternalKind::Instance => Sort::Instance,
        ComponentExternalKind::Component => Sort::Component,
    }
}

fn core_sort(kind: ExternalKind) -> CoreSort {
    match kind {
        ExternalKind::Func | ExternalKind::FuncExact => CoreSort::Func,
        ExternalKind::Table => CoreSort::Table,
        ExternalKind::Memory => CoreSort::Memory,
        ExternalKind::Global => CoreSort::Global,
        ExternalKind::Tag => CoreSort::Tag,
    }
}

fn alias(alias: ComponentAlias<'_>) -> AliasDef {
    match alias {
        ComponentAlias::InstanceExport {
            kind,
            instance_index,
            name,
        } => AliasDef::InstanceExport(sort(kind), instance_index, name.into()),
        ComponentAlias::CoreInstanceExport {
            kind,
            instance_index,
            name,
        } => AliasDef::CoreInstanceExport(core_sort(kind), instance_index, name.to_string()),
        ComponentAlias::Outer { kind, count, index } => AliasDef::Outer(
            match kind {
                ComponentOuterAliasKind::CoreModule => OuterSort::CoreModule,
                ComponentOuterAliasKind::CoreType => OuterSort::CoreType,
                ComponentOuterAliasKind::Type => OuterSort::Type,
                ComponentOuterAliasKind::Component => OuterSort::Component,
            },
            count,
            index,
        ),
    }
}

fn extern_type(ty: ComponentTypeRef) -> ExternType {
    match ty {
        ComponentTypeRef::Module(_) => ExternType::CoreModule,
        ComponentTypeRef::Func(index) => ExternType::Func(index),
        ComponentTypeRef::Value(_) => ExternType::Value,
        ComponentTypeRef::Type(TypeBounds::Eq(index)) => ExternType::TypeEq(index),
        ComponentTypeRef::Type(TypeBounds::SubResource) => ExternType::TypeSubResource,
        ComponentTypeRef::Instance(index) => ExternType::Instance(index),
        ComponentTypeRef::Component(_) => ExternType::Component,
    }
}

fn type_def(ty: ComponentType<'_>) -> Result<TypeDef> {
    Ok(match ty {
        ComponentType::Defined(ty) => TypeDef::Defined(defined(ty)),
        ComponentType::Func(ty) => TypeDef::Func(func(ty)),
        ComponentType::Component(_) => TypeDef::Component,
        ComponentType::Instance(decls) => {
            let decls: Result<Vec<_>> = decls.into_vec().into_iter().map(instance_decl).collect();
            TypeDef::Instance(decls?.into())
        }
        ComponentType::Resource { dtor, .. } => TypeDef::Resource(dtor),
    })
}

fn instance_decl(decl: InstanceTypeDeclaration<'_>) -> Result<InstanceDecl> {
    Ok(match decl {
        InstanceTypeDeclaration::CoreType(_) => InstanceDecl::CoreType,
        InstanceTypeDeclaration::Type(ty) => InstanceDecl::Type(type_def(ty)?),
        InstanceTypeDeclaration::Alias(it) => InstanceDecl::Alias(alias(it)),
        InstanceTypeDeclaration::Export { name, ty } => {
            InstanceDecl::Export(name.name.into(), extern_type(ty))
        }
    })
}

fn func(ty: ComponentFuncType<'_>) -> FuncDef {
    FuncDef {
        params: ty
            .params
            .iter()
            .map(|(name, ty)| ((*name).into(), val(*ty)))
            .collect(),
        result: ty.result.map(val),
        is_async: ty.async_,
    }
}

fn val(ty: ComponentValType) -> ValRef {
    match ty {
        ComponentValType::Primitive(prim) => ValRef::Prim(prim),
        ComponentValType::Type(index) => ValRef::Type(index),
    }
}

fn defined(ty: ComponentDefinedType<'_>) -> DefinedDef {
    let names = |names: Box<[&str]>| names.iter().map(|name| (*name).into()).collect();
    match ty {
        ComponentDefinedType::Primitive(prim) => DefinedDef::Prim(prim),
        ComponentDefinedType::Record(fields) => DefinedDef::Record(
            fields
                .iter()
                .map(|(name, ty)| ((*name).into(), val(*ty)))
                .collect(),
        ),
        ComponentDefinedType::Variant(cases) => DefinedDef::Variant(
            cases
                .iter()
                .map(|case| (case.name.into(), case.ty.map(val)))
                .collect(),
        ),
        ComponentDefinedType::List(ty) => DefinedDef::List(val(ty)),
        ComponentDefinedType::FixedLengthList(ty, len) => DefinedDef::FixedLengthList(val(ty), len),
        ComponentDefinedType::Map(key, value) => DefinedDef::Map(val(key), val(value)),
        ComponentDefinedType::Tuple(types) => {
            DefinedDef::Tuple(types.iter().copied().map(val).collect())
        }
        ComponentDefinedType::Flags(labels) => DefinedDef::Flags(names(labels)),
        ComponentDefinedType::Enum(labels) => DefinedDef::Enum(names(labels)),
        ComponentDefinedType::Option(ty) => DefinedDef::Option(val(ty)),
        ComponentDefinedType::Result { ok, err } => DefinedDef::Result(ok.map(val), err.map(val)),
        ComponentDefinedType::Own(index) => DefinedDef::Own(index),
        ComponentDefinedType::Borrow(index) => DefinedDef::Borrow(index),
        ComponentDefinedType::Stream(ty) => DefinedDef::Stream(ty.map(val)),
        ComponentDefinedType::Future(ty) => DefinedDef::Future(ty.map(val)),
    }
}

fn canon(canon: CanonicalFunction) -> CanonDef {
    match canon {
        CanonicalFunction::Lift {
            core_func_index,
            type_index,
            options: given,
        } => CanonDef::Lift(core_func_index, type_index, options(&given)),
        CanonicalFunction::Lower {
            func_index,
            options: given,
        } => CanonDef::Lower(func_index, options(&given)),
        CanonicalFunction::ResourceNew { resource } => CanonDef::ResourceNew(resource),
        CanonicalFunction::ResourceDrop { resource } => CanonDef::ResourceDrop(resource),
        CanonicalFunction::ResourceRep { resource } => CanonDef::ResourceRep(resource),
        other => CanonDef::Async(Box::new(other)),
    }
}

fn options(options: &[CanonicalOption]) -> OptionsDef {
    let mut out = OptionsDef::default();
    for option in options {
        match *option {
            CanonicalOption::UTF8 | CanonicalOption::UTF16 | CanonicalOption::CompactUTF16 => {
                out.encoding = Some(*option);
            }
            CanonicalOption::Memory(index) => out.memory = Some(index),
            CanonicalOption::Realloc(index) => out.realloc = Some(index),
            CanonicalOption::PostReturn(index) => out.post_return = Some(index),
            CanonicalOption::Async | CanonicalOption::Callback(_) => out.is_async = true,
            CanonicalOption::CoreType(_) | CanonicalOption::Gc => {
                out.unsupported = Some("the gc canonical ABI")
            }
        }
    }
    out
}
