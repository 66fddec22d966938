//! Converts definitions from the readers of their sections.

use wasmparser::{
    CanonicalFunction, CanonicalOption, ComponentAlias, ComponentExternalKind, ComponentInstance,
    ComponentOuterAliasKind, ComponentType, ExternalKind, Instance, types::CoreTypeId,
};

use super::definition::{CoreSort, Definition, Named, OptionsDef, Sort};
use crate::types::StringEncoding;

pub(super) fn core_instance(instance: Instance<'_>) -> Definition<'_> {
    match instance {
        Instance::Instantiate { module_index, args } => {
            let args = args.iter().map(|arg| (arg.name, arg.index));
            Definition::CoreInstantiate(module_index, args.collect())
        }
        Instance::FromExports(exports) => {
            let exports = exports.iter();
            let exports = exports.map(|it| (it.name, core_sort(it.kind), it.index));
            Definition::CoreFromExports(exports.collect())
        }
    }
}

pub(super) fn instance(instance: ComponentInstance<'_>) -> Definition<'_> {
    match instance {
        ComponentInstance::Instantiate {
            component_index,
            args,
        } => {
            let args = args.iter().map(|arg| named(arg.name, arg.kind, arg.index));
            Definition::Instantiate(component_index, args.collect())
        }
        ComponentInstance::FromExports(exports) => {
            let exports = exports.iter();
            let exports = exports.map(|it| named(it.name.name, it.kind, it.index));
            Definition::FromExports(exports.collect())
        }
    }
}

pub(super) fn named(name: &str, kind: ComponentExternalKind, index: u32) -> Named<'_> {
    let sort = sort(kind);
    Named { name, sort, index }
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

/// Converts an alias. `None` stands for an alias of a core type, which is not needed at run time.
pub(super) fn alias(alias: ComponentAlias<'_>) -> Option<Definition<'_>> {
    Some(match alias {
        ComponentAlias::InstanceExport {
            instance_index,
            name,
            ..
        } => Definition::AliasExport(instance_index, name),
        ComponentAlias::CoreInstanceExport {
            kind,
            instance_index,
            name,
        } => Definition::CoreAlias(core_sort(kind), instance_index, name),
        ComponentAlias::Outer { kind, count, index } => {
            let sort = match kind {
                ComponentOuterAliasKind::CoreModule => Sort::CoreModule,
                ComponentOuterAliasKind::Component => Sort::Component,
                ComponentOuterAliasKind::Type => Sort::Type,
                ComponentOuterAliasKind::CoreType => return None,
            };
            Definition::AliasOuter(sort, count, index)
        }
    })
}

pub(super) fn type_def<'a>(ty: &ComponentType<'_>) -> Definition<'a> {
    match ty {
        ComponentType::Resource { dtor, .. } => Definition::Resource(*dtor),
        _ => Definition::Type,
    }
}

/// Converts a lift. Returns `None` for any other definition.
pub(super) fn lift<'a>(canon: &CanonicalFunction) -> Option<Definition<'a>> {
    match canon {
        CanonicalFunction::Lift {
            core_func_index,
            type_index,
            options: given,
        } => Some(Definition::Lift(
            *core_func_index,
            *type_index,
            options(given),
        )),
        _ => None,
    }
}

/// Converts a canonical definition that defines a core function of this type.
pub(super) fn canon<'a>(canon: CanonicalFunction, ty: CoreTypeId) -> Definition<'a> {
    match canon {
        CanonicalFunction::Lower {
            func_index,
            options: given,
        } => Definition::Lower(func_index, options(&given), ty),
        CanonicalFunction::ResourceNew { resource } => Definition::ResourceNew(resource),
        CanonicalFunction::ResourceDrop { resource } => Definition::ResourceDrop(resource),
        CanonicalFunction::ResourceRep { resource } => Definition::ResourceRep(resource),
        other => Definition::Builtin(Box::new(other), ty),
    }
}

/// Converts canonical options.
pub(crate) fn options(options: &[CanonicalOption]) -> OptionsDef {
    let mut out = OptionsDef::default();
    for option in options {
        match *option {
            CanonicalOption::UTF8 => out.encoding = StringEncoding::Utf8,
            CanonicalOption::UTF16 => out.encoding = StringEncoding::Utf16,
            CanonicalOption::CompactUTF16 => out.encoding = StringEncoding::Latin1Utf16,
            CanonicalOption::Memory(index) => out.memory = Some(index),
            CanonicalOption::Realloc(index) => out.realloc = Some(index),
            CanonicalOption::PostReturn(index) => out.post_return = Some(index),
            CanonicalOption::Async => out.is_async = true,
            CanonicalOption::Callback(index) => out.callback = Some(index),
            CanonicalOption::CoreType(_) | CanonicalOption::Gc => out.gc = true,
        }
    }
    out
}
