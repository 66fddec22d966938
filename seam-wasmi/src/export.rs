//! The exports of a module: which item each name stands for, read once from the module's bytes.

use std::ops::Range;
use std::sync::OnceLock;

use wasmparser::{
    BinaryReader, Export, ExportSectionReader, ExternalKind, ImportSectionReader, TypeRef,
};

use crate::scan::Sections;

/// The items that a module exports, by name. They are read when one is first asked for.
///
/// Two names can stand for the same item, and an item can be imported. So an instance makes one
/// handle for each item of its own that is asked for, and none for an imported item.
#[derive(Debug)]
pub(crate) struct Exports {
    /// The contents of the import section and of the export section.
    sections: [Box<[u8]>; 2],
    read: OnceLock<Named>,
}

#[derive(Debug)]
struct Named {
    /// All names, one after another.
    names: Box<str>,
    /// Sorted by name.
    named: Vec<(Range<usize>, Exported)>,
    /// The number of the exported items.
    len: usize,
}

/// What a name of an export stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exported {
    /// The import at this position of the import section.
    Import(usize),
    /// An item of the module's own: its position among the exported items.
    Own(usize),
}

/// Kinds of items. Each has an index space of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Func,
    Table,
    Memory,
    Global,
    /// The engine has no tags.
    Tag,
}

impl Exports {
    /// Keeps a copy of what describes the exports.
    pub(crate) fn of(sections: &Sections<'_>) -> Self {
        Self {
            sections: [sections.imports.into(), sections.exports.into()],
            read: OnceLock::new(),
        }
    }

    /// Returns what a name stands for, or `None` if the module exports nothing of this name.
    pub(crate) fn get(&self, name: &str) -> Option<Exported> {
        self.read().get(name)
    }

    /// Returns the number of items that the module exports.
    pub(crate) fn len(&self) -> usize {
        self.read().len
    }

    fn read(&self) -> &Named {
        self.read.get_or_init(|| {
            let [imports, exports] = self.sections.each_ref().map(|it| BinaryReader::new(it, 0));
            let imports = ImportSectionReader::new(imports).into_iter();
            let imports = imports
                .flat_map(wasmparser::SectionLimited::into_imports)
                .flatten();
            let imports: Vec<Kind> = imports.map(|import| Kind::of_import(import.ty)).collect();
            let exports = ExportSectionReader::new(exports).into_iter();
            let exports: Vec<Export<'_>> = exports.flatten().flatten().collect();
            Named::new(&imports, &exports)
        })
    }
}

impl Named {
    /// Collects the exports of a module with these kinds of imports.
    fn new(imports: &[Kind], exports: &[Export<'_>]) -> Self {
        let item = |export: &Export<'_>| (Kind::of_export(export.kind), export.index as usize);
        let positions = Kind::ALL.map(|kind| {
            let imports = imports.iter().enumerate();
            let of_kind = imports.filter(|(_, import)| **import == kind);
            of_kind.map(|(position, _)| position).collect::<Vec<_>>()
        });
        let imported = |(kind, index): (Kind, usize)| {
            let of_kind = positions.get(kind as usize)?;
            of_kind.get(index).copied()
        };
        let mut items: Vec<(Kind, usize)> = exports.iter().map(item).collect();
        items.sort_unstable();
        items.dedup();
        let mut names = String::new();
        let mut exported = |export: &Export<'_>| {
            let start = names.len();
            names.push_str(export.name);
            let item = item(export);
            let exported = match imported(item) {
                Some(position) => Exported::Import(position),
                // Each item is among them.
                None => Exported::Own(items.binary_search(&item).unwrap_or_else(|next| next)),
            };
            (start..names.len(), exported)
        };
        let mut named: Vec<_> = exports.iter().map(&mut exported).collect();
        let name = |range: &Range<usize>| names.get(range.clone());
        named.sort_unstable_by(|(a, _), (b, _)| name(a).cmp(&name(b)));
        Self {
            names: names.into(),
            named,
            len: items.len(),
        }
    }

    fn get(&self, name: &str) -> Option<Exported> {
        let named = |range: &Range<usize>| self.names.get(range.clone());
        let found = (self.named).binary_search_by(|(range, _)| named(range).cmp(&Some(name)));
        self.named.get(found.ok()?).map(|(_, exported)| *exported)
    }
}

impl Kind {
    /// All kinds, in their order.
    const ALL: [Self; 5] = [
        Self::Func,
        Self::Table,
        Self::Memory,
        Self::Global,
        Self::Tag,
    ];

    /// Returns the kind of an import.
    fn of_import(ty: TypeRef) -> Self {
        match ty {
            TypeRef::Func(_) | TypeRef::FuncExact(_) => Kind::Func,
            TypeRef::Table(_) => Kind::Table,
            TypeRef::Memory(_) => Kind::Memory,
            TypeRef::Global(_) => Kind::Global,
            TypeRef::Tag(_) => Kind::Tag,
        }
    }

    fn of_export(kind: ExternalKind) -> Self {
        match kind {
            ExternalKind::Func | ExternalKind::FuncExact => Kind::Func,
            ExternalKind::Table => Kind::Table,
            ExternalKind::Memory => Kind::Memory,
            ExternalKind::Global => Kind::Global,
            ExternalKind::Tag => Kind::Tag,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::scan::sections;
    use seam_core::Artifact;

    #[test]
    fn names_stand_for_imports_and_for_items_of_the_module_once() {
        let text = r#"(module
            (import "a" "m" (memory 1))
            (import "a" "f" (func))
            (import "a" "g" (func))
            (global (export "n") i32 (i32.const 0))
            (func $own)
            (export "second" (func 1))
            (export "one" (func $own))
            (export "memory" (memory 0))
            (export "same" (func $own)))"#;
        let artifact = Artifact::from_wat("a", text).unwrap();
        let exports = Exports::of(&sections(artifact.bytes()).unwrap());
        for (name, expected) in [
            ("second", Some(Exported::Import(2))),
            ("memory", Some(Exported::Import(0))),
            ("none", None),
        ] {
            assert_eq!(exports.get(name), expected, "{name}");
        }
        let (one, other) = (exports.get("one").unwrap(), exports.get("n").unwrap());
        assert_eq!(exports.get("same"), Some(one));
        assert_ne!(one, other);
        for own in [one, other] {
            assert!(matches!(own, Exported::Own(at) if at < exports.len()));
        }
    }
}
