//! Serialization of an interface, for reports. Types are text.

use serde::ser::{Serialize, SerializeSeq, SerializeStruct, Serializer};

use super::{CoreInstanceType, Interface, Item, ItemKind};
use crate::{CoreExternType, CoreModuleType, FuncType};

/// Serializes `{kind, imports, exports, core_instances}`.
///
/// Each import and export has a `name`, a `kind`, and the fields of its kind:
///
/// - a function has `async`, `params` and `result`;
/// - an instance has `items`;
/// - a core module has `module`;
/// - a type, a resource, a value or a core-level item has `type`.
impl Serialize for Interface {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("Interface", 4)?;
        out.serialize_field("kind", &self.kind)?;
        out.serialize_field("imports", &self.imports)?;
        out.serialize_field("exports", &self.exports)?;
        out.serialize_field("core_instances", &self.core_instances)?;
        out.end()
    }
}

impl Serialize for Item {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("Item", 5)?;
        out.serialize_field("name", &*self.name)?;
        out.serialize_field("kind", kind(&self.kind))?;
        match &self.kind {
            ItemKind::Func(ty) => {
                out.serialize_field("async", &ty.is_async)?;
                out.serialize_field("params", &Params(ty))?;
                out.serialize_field("result", &ty.result.as_ref().map(ToString::to_string))?;
            }
            ItemKind::Instance(items) => out.serialize_field("items", items)?,
            ItemKind::Resource(ty) => out.serialize_field("type", ty.name())?,
            ItemKind::Type(ty) | ItemKind::Value(ty) => {
                out.serialize_field("type", &ty.to_string())?;
            }
            ItemKind::Component | ItemKind::TypeOfItems => {}
            ItemKind::CoreModule(ty) => out.serialize_field("module", ty)?,
            ItemKind::Core(ty) => out.serialize_field("type", ty)?,
        }
        out.end()
    }
}

fn kind(kind: &ItemKind) -> &'static str {
    match kind {
        ItemKind::Func(_) => "func",
        ItemKind::Instance(_) => "instance",
        ItemKind::Resource(_) => "resource",
        ItemKind::Type(_) => "type",
        ItemKind::TypeOfItems => "type-of-items",
        ItemKind::Value(_) => "value",
        ItemKind::Component => "component",
        ItemKind::CoreModule(_) => "core-module",
        ItemKind::Core(_) => "core",
    }
}

impl Serialize for CoreInstanceType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("CoreInstanceType", 4)?;
        out.serialize_field("path", &self.path)?;
        out.serialize_field("range", &self.range)?;
        out.serialize_field("module", &self.module.name)?;
        out.serialize_field("exports", &Exports(&self.module))?;
        out.end()
    }
}

impl Serialize for CoreModuleType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("CoreModuleType", 3)?;
        out.serialize_field("name", &self.name)?;
        out.serialize_field("imports", &Imports(self))?;
        out.serialize_field("exports", &Exports(self))?;
        out.end()
    }
}

/// One import or export of a core module.
#[derive(serde::Serialize)]
struct CoreEntry<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    module: Option<&'a str>,
    name: &'a str,
    #[serde(rename = "type")]
    ty: &'a CoreExternType,
}

struct Imports<'a>(&'a CoreModuleType);

impl Serialize for Imports<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.imports.iter().map(|(module, name, ty)| CoreEntry {
            module: Some(module),
            name,
            ty,
        }))
    }
}

struct Exports<'a>(&'a CoreModuleType);

impl Serialize for Exports<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.exports.iter().map(|(name, ty)| CoreEntry {
            module: None,
            name,
            ty,
        }))
    }
}

struct Params<'a>(&'a FuncType);

impl Serialize for Params<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(serde::Serialize)]
        struct Param<'a> {
            name: &'a str,
            #[serde(rename = "type")]
            ty: String,
        }
        let mut out = serializer.serialize_seq(Some(self.0.params.len()))?;
        for (name, ty) in &self.0.params {
            let ty = ty.to_string();
            out.serialize_element(&Param { name, ty })?;
        }
        out.end()
    }
}
