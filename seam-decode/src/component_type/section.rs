//! The `component-type` sections of a core module.

use seam_core::{Error, ErrorKind, Result};
use wasmparser::component_types::{ComponentAnyTypeId, ComponentEntityType, ComponentTypeId};
use wasmparser::types::{Types, TypesRef};
use wasmparser::{Parser, Payload};

use crate::pass::{self, Bodies, Budget, invalid};
use crate::types::StringEncoding;

/// The start of a section's name. Bindings generators append names of their own.
const PREFIX: &str = "component-type";

/// The section inside a `component-type` section that says how strings are encoded.
const ENCODING: &str = "wit-component-encoding";

/// The version of the format that the section [`ENCODING`] states.
const VERSION: u8 = 4;

/// A `component-type` section of a core module.
pub(super) struct Section<'a> {
    pub(super) name: &'a str,
    data: &'a [u8],
    /// The offset of the data in the module.
    offset: u64,
}

/// The world that a section describes.
pub(super) struct Described {
    types: Types,
    id: ComponentTypeId,
    pub(super) encoding: StringEncoding,
}

/// Returns whether a core module has a `component-type` section, which describes its imports and
/// exports with component-level types.
#[must_use]
pub fn has_component_type(wasm: &[u8]) -> bool {
    let mut sections = Parser::new(0).parse_all(wasm).map_while(Result::ok);
    sections.any(|payload| section(&payload).is_some())
}

/// Returns the sections of a core module, in order.
///
/// # Errors
/// `Invalid` if the bytes cannot be read.
pub(super) fn sections(wasm: &[u8]) -> Result<Vec<Section<'_>>> {
    let mut found = Vec::new();
    for payload in Parser::new(0).parse_all(wasm) {
        found.extend(section(&payload.map_err(invalid)?));
    }
    Ok(found)
}

fn section<'a>(payload: &Payload<'a>) -> Option<Section<'a>> {
    match payload {
        Payload::CustomSection(section) if section.name().starts_with(PREFIX) => Some(Section {
            name: section.name(),
            data: section.data(),
            offset: section.data_offset() as u64,
        }),
        _ => None,
    }
}

impl Section<'_> {
    /// Decodes the world: a component with one export, which is the type of a component with one
    /// export, which is the type of the world.
    ///
    /// # Errors
    /// `Invalid`, with the offset in the module, that names the section.
    pub(super) fn read(&self, budget: &mut Budget) -> Result<Described> {
        self.decode(budget).map_err(|error| self.at(error))
    }

    fn decode(&self, budget: &mut Budget) -> Result<Described> {
        let encoding = encoding(self.data)?;
        let (definitions, types) = pass::component(self.data, Bodies::Skip, budget)?;
        let id = match definitions.root_exports.as_slice() {
            [name] => world(types.as_ref(), name),
            _ => None,
        };
        let id = id.ok_or_else(|| {
            Error::invalid("expected one export, the type of a world, found others").at(0)
        })?;
        Ok(Described {
            types,
            id,
            encoding,
        })
    }

    /// Adds the section's name to an error, and its offset.
    fn at(&self, error: Error) -> Error {
        match *error.kind() {
            ErrorKind::Invalid { offset } => {
                let at = self.offset.saturating_add(offset.unwrap_or_default());
                Error::invalid(format!("section `{}`: {}", self.name, error.message())).at(at)
            }
            _ => error,
        }
    }
}

impl Described {
    pub(super) fn types(&self) -> TypesRef<'_> {
        self.types.as_ref()
    }

    /// Returns the imports and exports of the world.
    pub(super) fn items(&self) -> Result<[Vec<(&str, ComponentEntityType)>; 2]> {
        let world = self.types.as_ref().get(self.id).ok_or_else(pass::unknown)?;
        let lists = [&world.imports, &world.exports];
        Ok(lists.map(|items| {
            let items = items.iter();
            items.map(|(name, item)| (name.as_str(), item.ty)).collect()
        }))
    }
}

fn world(types: TypesRef<'_>, name: &str) -> Option<ComponentTypeId> {
    let ComponentEntityType::Type {
        created: ComponentAnyTypeId::Component(outer),
        ..
    } = types.component_item_for_export(name)?.ty
    else {
        return None;
    };
    let outer = types.get(outer)?;
    let mut exports = outer.exports.values();
    match (exports.next()?.ty, exports.next()) {
        (ComponentEntityType::Component(world), None) => Some(world),
        _ => None,
    }
}

/// Reads the encoding of strings.
///
/// # Errors
/// `Invalid` if the bytes are not a component with the section [`ENCODING`].
fn encoding(component: &[u8]) -> Result<StringEncoding> {
    for payload in Parser::new(0).parse_all(component) {
        let Payload::CustomSection(section) = payload.map_err(invalid)? else {
            continue;
        };
        if section.name() != ENCODING {
            continue;
        }
        let found = |what: String| {
            let message = format!("expected the section `{ENCODING}` to have {what}");
            Err(Error::invalid(message).at(section.data_offset() as u64))
        };
        return match *section.data() {
            [VERSION, 0] => Ok(StringEncoding::Utf8),
            [VERSION, 1] => Ok(StringEncoding::Utf16),
            [VERSION, 2] => Ok(StringEncoding::Latin1Utf16),
            [VERSION, byte] => found(format!("an encoding from 0 to 2, found {byte}")),
            [version, _] => found(format!("version {VERSION}, found {version}")),
            _ => found(format!("two bytes, found {}", section.data().len())),
        };
    }
    let message = format!("expected a section `{ENCODING}`, found none");
    Err(Error::invalid(message).at(component.len() as u64))
}
