//! Prints an interface: similar to a WIT world for components, and to the text format for core
//! modules.

mod name;
mod ty;

use std::fmt;

use super::{Interface, Item, ItemKind};
use crate::{
    ArtifactKind, CoreExternType, CoreFuncType, CoreModuleType, CoreType, FuncType, ResourceType,
};

use name::{Name, Path};
use ty::{Names, Text};

/// Prints the interface for a person.
///
/// A type is printed in full where the artifact names it, and by this name elsewhere. The functions
/// of a resource are printed in its block.
impl fmt::Display for Interface {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)?;
        let [imports, exports] = [("import ", &self.imports), ("export ", &self.exports)];
        match self.kind {
            ArtifactKind::CoreModule => {
                if let Some(name) = self
                    .core_instances
                    .first()
                    .and_then(|i| i.module.name.as_ref())
                {
                    write!(f, " {}", Name(name))?;
                }
                // A fused module has items with component-level types too.
                let [typed_imports, typed_exports] = [typed(&self.imports), typed(&self.exports)];
                self.blocks(f, &[("import ", &typed_imports)])?;
                for module in self.imports.iter().filter(|item| item.is_core()) {
                    if let ItemKind::Instance(fields) = &module.kind {
                        for field in fields {
                            write!(f, "\n  import {}", Path(&module.name, &field.name))?;
                            core_item(f, &field.kind)?;
                        }
                    }
                }
                self.blocks(f, &[("export ", &typed_exports)])?;
                for item in self.exports.iter().filter(|item| item.is_core()) {
                    write!(f, "\n  export {}", Name(&item.name))?;
                    core_item(f, &item.kind)?;
                }
            }
            ArtifactKind::Component => {
                self.blocks(f, &[imports, exports])?;
                for instance in &self.core_instances {
                    write!(f, "\n  core instance {}: ", instance.path)?;
                    match (&instance.module.name, &instance.range) {
                        (Some(name), _) => Name(name).fmt(f)?,
                        (None, Some(range)) => write!(f, "the module at {:#x}", range.start)?,
                        (None, None) => f.write_str("an imported module")?,
                    }
                }
            }
        }
        Ok(())
    }
}

impl Interface {
    /// Prints lists of component-level items, each item behind the word of its list.
    fn blocks(&self, f: &mut fmt::Formatter<'_>, lists: &[(&str, &Vec<Item>)]) -> fmt::Result {
        let names = Names::of(self.imports.iter().chain(&self.exports));
        for (word, items) in lists {
            let block = Block {
                items,
                names: &names,
                interface: None,
                word,
                indent: 2,
            };
            fmt::Display::fmt(&block, f)?;
        }
        Ok(())
    }
}

fn typed(items: &[Item]) -> Vec<Item> {
    let typed = items.iter().filter(|item| !item.is_core());
    typed.cloned().collect()
}

/// Items, each on its own line, after a line break.
struct Block<'a> {
    items: &'a [Item],
    names: &'a Names<'a>,
    /// The interface that contains the items.
    interface: Option<&'a str>,
    /// The first word of each line.
    word: &'a str,
    indent: usize,
}

impl Block<'_> {
    fn line(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\n{:indent$}{}", "", self.word, indent = self.indent)
    }

    fn item(&self, f: &mut fmt::Formatter<'_>, item: &Item) -> fmt::Result {
        let (name, names) = (Name(&item.name), self.names);
        match &item.kind {
            ItemKind::Func(ty) => write!(f, "{name}: {};", Text(&**ty, names)),
            ItemKind::Resource(ty) => self.resource(f, &item.name, ty),
            ItemKind::Type(ty) => names.definition(f, &item.name, ty),
            ItemKind::TypeOfItems => {
                write!(f, "type {name} of functions, instances or components;")
            }
            ItemKind::Value(ty) => write!(f, "{name}: value {};", Text(ty, names)),
            ItemKind::Instance(items) => {
                write!(f, "{name}: interface {{")?;
                let inner = Block {
                    items,
                    names: &Names::of(items),
                    interface: Some(&item.name),
                    word: "",
                    indent: self.indent + 2,
                };
                fmt::Display::fmt(&inner, f)?;
                write!(f, "\n{:indent$}}}", "", indent = self.indent)
            }
            ItemKind::Component => write!(f, "{name}: component;"),
            ItemKind::CoreModule(ty) => {
                write!(f, "{name}: core module {{")?;
                core_module(f, ty, self.indent + 2)?;
                write!(f, "\n{:indent$}}}", "", indent = self.indent)
            }
            ItemKind::Core(_) => {
                write!(f, "{name}")?;
                core_item(f, &item.kind)
            }
        }
    }

    fn resource(
        &self,
        f: &mut fmt::Formatter<'_>,
        resource: &str,
        ty: &ResourceType,
    ) -> fmt::Result {
        let mut members = self
            .items
            .iter()
            .filter_map(|item| Member::of(item, resource))
            .peekable();
        if members.peek().is_none() {
            return match ty.name().rsplit_once('#') {
                Some((of, label)) if self.interface.is_some_and(|interface| interface != of) => {
                    write!(f, "use {}.{{{}", Name(of), Name(label))?;
                    if label != resource {
                        write!(f, " as {}", Name(resource))?;
                    }
                    f.write_str("};")
                }
                _ => write!(f, "resource {};", Name(resource)),
            };
        }
        write!(f, "resource {}", Name(resource))?;
        f.write_str(" {")?;
        for member in members {
            write!(f, "\n{:indent$}", "", indent = self.indent + 2)?;
            member.fmt(f, self.names)?;
        }
        write!(f, "\n{:indent$}}}", "", indent = self.indent)
    }

    /// Returns whether an item is printed in the block of its resource.
    fn is_member(&self, item: &Item) -> bool {
        let resource = resource_of(&item.name);
        resource.is_some_and(|resource| {
            Member::of(item, resource).is_some()
                && self.items.iter().any(|item| {
                    &*item.name == resource && matches!(item.kind, ItemKind::Resource(_))
                })
        })
    }
}

impl fmt::Display for Block<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for item in self.items.iter().filter(|item| !self.is_member(item)) {
            self.line(f)?;
            self.item(f, item)?;
        }
        Ok(())
    }
}

/// A function of a resource.
enum Member<'a> {
    Constructor(&'a FuncType),
    Method(&'a str, &'a FuncType),
    Static(&'a str, &'a FuncType),
}

/// Returns the resource that an item belongs to, according to the item's name.
fn resource_of(name: &str) -> Option<&str> {
    if let Some(resource) = name.strip_prefix("[constructor]") {
        return Some(resource);
    }
    let name = name
        .strip_prefix("[method]")
        .or_else(|| name.strip_prefix("[static]"))?;
    name.split_once('.').map(|(resource, _)| resource)
}

impl<'a> Member<'a> {
    fn of(item: &'a Item, resource: &str) -> Option<Self> {
        let ItemKind::Func(ty) = &item.kind else {
            return None;
        };
        let member = |prefix: &str| {
            let name = item.name.strip_prefix(prefix)?;
            name.strip_prefix(resource)?.strip_prefix('.')
        };
        if item.name.strip_prefix("[constructor]") == Some(resource) {
            Some(Self::Constructor(ty))
        } else if let Some(name) = member("[method]") {
            Some(Self::Method(name, ty))
        } else {
            member("[static]").map(|name| Self::Static(name, ty))
        }
    }

    fn fmt(&self, f: &mut fmt::Formatter<'_>, names: &Names<'_>) -> fmt::Result {
        match self {
            Member::Constructor(ty) => names.constructor(f, ty),
            Member::Method(name, ty) => {
                write!(f, "{}: ", Name(name))?;
                names.method(f, ty)
            }
            Member::Static(name, ty) => write!(f, "{}: static {};", Name(name), Text(*ty, names)),
        }
    }
}

fn core_module(f: &mut fmt::Formatter<'_>, ty: &CoreModuleType, indent: usize) -> fmt::Result {
    for (module, field, ty) in &ty.imports {
        write!(f, "\n{:indent$}import {}: ", "", Path(module, field))?;
        core_type(f, ty)?;
    }
    for (name, ty) in &ty.exports {
        write!(f, "\n{:indent$}export {}: ", "", Name(name))?;
        core_type(f, ty)?;
    }
    Ok(())
}

fn core_item(f: &mut fmt::Formatter<'_>, kind: &ItemKind) -> fmt::Result {
    if let ItemKind::Core(ty) = kind {
        f.write_str(": ")?;
        core_type(f, ty)?;
    }
    Ok(())
}

fn core_type(f: &mut fmt::Formatter<'_>, ty: &CoreExternType) -> fmt::Result {
    if let CoreExternType::Func(ty) = ty {
        return core_func(f, ty);
    }
    let text = ty.to_string();
    let bare = text
        .strip_prefix('(')
        .and_then(|text| text.strip_suffix(')'));
    f.write_str(bare.unwrap_or(&text))
}

fn core_func(f: &mut fmt::Formatter<'_>, ty: &CoreFuncType) -> fmt::Result {
    let list = |types: &[CoreType]| {
        let types: Vec<String> = types.iter().map(ToString::to_string).collect();
        types.join(", ")
    };
    write!(f, "func({})", list(&ty.params))?;
    match &*ty.results {
        [] => Ok(()),
        [result] => write!(f, " -> {result}"),
        results => write!(f, " -> ({})", list(results)),
    }
}
