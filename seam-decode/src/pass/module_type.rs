//! Reads the imports and exports of a core module from its bytes.

use std::sync::Arc;

use wasmparser::{
    AbstractHeapType, CompositeInnerType, CustomSectionReader, Export, ExternalKind, KnownCustom,
    Name, Parser, Payload, RecGroup, TypeRef, UnpackedIndex, ValType,
};

use seam_core::{
    CoreExternType, CoreFuncType, CoreModuleType, CoreType, Error, GlobalType, HeapType,
    MemoryType, RefType, Result, TableType,
};

use super::budget::Budget;

/// Reads the imports and exports of a core module in the binary format, with all proposals on.
///
/// This decodes sections and skips function bodies, initialisers and everything else that needs
/// type checking. Call it after an engine has accepted the bytes.
///
/// # Errors
/// `Invalid`, with the offset, if the bytes are not a core module, cannot be decoded, or have
/// imports or exports that refer to something that does not exist. `Limit` if the types of imports
/// and exports take hundreds of megabytes.
pub fn module_type(wasm: &[u8]) -> Result<CoreModuleType> {
    let budget = &mut Budget::new();
    let mut decoder = Decoder::default();
    for payload in Parser::new(0).parse_all(wasm) {
        decoder.payload(payload.map_err(invalid)?, budget)?;
    }
    Ok(decoder.finish())
}

/// Converts an error of `wasmparser`.
pub(crate) fn invalid(error: wasmparser::Error) -> Error {
    Error::invalid(error.message().to_string())
        .at(error.offset() as u64)
        .with_source(error)
}

/// Reads imports and exports of a core module section by section, with the index spaces that they
/// refer to.
#[derive(Default)]
struct Decoder {
    ty: CoreModuleType,
    /// Function types by type index. `None` stands for other types.
    types: Vec<Option<CoreFuncType>>,
    /// Type indices.
    funcs: Vec<u32>,
    tables: Vec<TableType>,
    memories: Vec<MemoryType>,
    globals: Vec<GlobalType>,
    /// Type indices.
    tags: Vec<u32>,
}

impl Decoder {
    /// Returns the module's type after all sections have been read.
    fn finish(self) -> CoreModuleType {
        self.ty
    }

    /// Reads the next payload of the module.
    ///
    /// # Errors
    /// Those of [`module_type`].
    fn payload(&mut self, payload: Payload<'_>, budget: &mut Budget) -> Result<()> {
        match payload {
            Payload::Version {
                encoding: wasmparser::Encoding::Component,
                ..
            } => {
                return Err(Error::invalid("expected a core module, found a component").at(4));
            }
            Payload::TypeSection(section) => {
                for group in section {
                    self.types.extend(func_types(&group.map_err(invalid)?));
                }
            }
            Payload::ImportSection(section) => {
                for import in section.into_imports_with_offsets() {
                    let (offset, import) = import.map_err(invalid)?;
                    self.import(&import, offset, budget)?;
                }
            }
            Payload::FunctionSection(section) => {
                for ty in section {
                    self.funcs.push(ty.map_err(invalid)?);
                }
            }
            Payload::TableSection(section) => {
                for table in section {
                    self.tables.push(table_type(&table.map_err(invalid)?.ty));
                }
            }
            Payload::MemorySection(section) => {
                for ty in section {
                    self.memories.push(memory_type(&ty.map_err(invalid)?));
                }
            }
            Payload::TagSection(section) => {
                for ty in section {
                    self.tags.push(ty.map_err(invalid)?.func_type_idx);
                }
            }
            Payload::GlobalSection(section) => {
                for global in section {
                    self.globals.push(global_type(&global.map_err(invalid)?.ty));
                }
            }
            Payload::ExportSection(section) => {
                for export in section.into_iter_with_offsets() {
                    let (offset, export) = export.map_err(invalid)?;
                    self.export(&export, offset, budget)?;
                }
            }
            Payload::CustomSection(section) => {
                let known = self.ty.name.take();
                self.ty.name = known.or_else(|| module_name(&section));
            }
            _ => {}
        }
        Ok(())
    }

    fn import(
        &mut self,
        import: &wasmparser::Import<'_>,
        offset: usize,
        budget: &mut Budget,
    ) -> Result<()> {
        let ty = match import.ty {
            TypeRef::Func(index) | TypeRef::FuncExact(index) => {
                self.funcs.push(index);
                CoreExternType::Func(self.func_type(index, offset, budget)?)
            }
            TypeRef::Table(ty) => {
                self.tables.push(table_type(&ty));
                CoreExternType::Table(table_type(&ty))
            }
            TypeRef::Memory(ty) => {
                self.memories.push(memory_type(&ty));
                CoreExternType::Memory(memory_type(&ty))
            }
            TypeRef::Global(ty) => {
                self.globals.push(global_type(&ty));
                CoreExternType::Global(global_type(&ty))
            }
            TypeRef::Tag(ty) => {
                self.tags.push(ty.func_type_idx);
                CoreExternType::Tag(self.func_type(ty.func_type_idx, offset, budget)?)
            }
        };
        spend_name(budget, import.module)?;
        spend_name(budget, import.name)?;
        let import = (import.module.into(), import.name.into(), ty);
        self.ty.imports.push(import);
        Ok(())
    }

    fn export(&mut self, export: &Export<'_>, offset: usize, budget: &mut Budget) -> Result<()> {
        let index = export.index;
        let ty = match export.kind {
            ExternalKind::Func | ExternalKind::FuncExact => {
                let ty = *entry(&self.funcs, index, "function", offset)?;
                CoreExternType::Func(self.func_type(ty, offset, budget)?)
            }
            ExternalKind::Table => {
                CoreExternType::Table(*entry(&self.tables, index, "table", offset)?)
            }
            ExternalKind::Memory => {
                CoreExternType::Memory(*entry(&self.memories, index, "memory", offset)?)
            }
            ExternalKind::Global => {
                CoreExternType::Global(*entry(&self.globals, index, "global", offset)?)
            }
            ExternalKind::Tag => {
                let ty = *entry(&self.tags, index, "tag", offset)?;
                CoreExternType::Tag(self.func_type(ty, offset, budget)?)
            }
        };
        spend_name(budget, export.name)?;
        self.ty.exports.push((export.name.into(), ty));
        Ok(())
    }

    fn func_type(&self, index: u32, offset: usize, budget: &mut Budget) -> Result<CoreFuncType> {
        let Some(ty) = entry(&self.types, index, "type", offset)? else {
            return Err(Error::invalid(format!(
                "expected type {index} to be a function type, found another"
            ))
            .at(offset as u64));
        };
        let ty = ty.clone();
        spend_signature(budget, &ty)?;
        Ok(ty)
    }
}

/// Reads the name of the module that contains a custom section.
///
/// An unreadable name section is ignored, because custom sections do not make a module invalid.
pub(super) fn module_name(section: &CustomSectionReader<'_>) -> Option<String> {
    let KnownCustom::Name(names) = section.as_known() else {
        return None;
    };
    let mut names = names.into_iter().map_while(Result::ok);
    names.find_map(|name| match name {
        Name::Module { name, .. } => Some(name.to_string()),
        _ => None,
    })
}

/// Spends the size of a name and of the item that it names.
pub(crate) fn spend_name(budget: &mut Budget, name: &str) -> Result<()> {
    budget.spend(size_of::<(Arc<str>, CoreExternType)>() + name.len())
}

/// Spends the size of the types of a signature.
pub(super) fn spend_signature(budget: &mut Budget, ty: &CoreFuncType) -> Result<()> {
    budget.spend(size_of::<CoreType>() * (ty.params.len() + ty.results.len()))
}

fn entry<'a, T>(space: &'a [T], index: u32, what: &str, offset: usize) -> Result<&'a T> {
    space.get(index as usize).ok_or_else(|| {
        let found = space.len();
        Error::invalid(format!(
            "expected {what} {index}, found only {found} of the kind"
        ))
        .at(offset as u64)
    })
}

/// Returns the function types of a recursion group, in order. `None` stands for other types.
fn func_types(group: &RecGroup) -> impl Iterator<Item = Option<CoreFuncType>> + '_ {
    group.types().map(|ty| match &ty.composite_type.inner {
        CompositeInnerType::Func(ty) => Some(func_type(ty)),
        _ => None,
    })
}

pub(super) fn func_type(ty: &wasmparser::FuncType) -> CoreFuncType {
    let types = |types: &[ValType]| -> Arc<[CoreType]> {
        match types {
            [] => Arc::default(),
            types => types.iter().copied().map(val_type).collect(),
        }
    };
    CoreFuncType::new(types(ty.params()), types(ty.results()))
}

fn val_type(ty: ValType) -> CoreType {
    match ty {
        ValType::I32 => CoreType::I32,
        ValType::I64 => CoreType::I64,
        ValType::F32 => CoreType::F32,
        ValType::F64 => CoreType::F64,
        ValType::V128 => CoreType::V128,
        ValType::Ref(ty) => CoreType::Ref(ref_type(ty)),
    }
}

fn ref_type(ty: wasmparser::RefType) -> RefType {
    let heap = match ty.heap_type() {
        wasmparser::HeapType::Abstract { ty, .. } => abstract_heap_type(ty),
        wasmparser::HeapType::Concrete(index) | wasmparser::HeapType::Exact(index) => {
            HeapType::Concrete(type_index(index))
        }
    };
    RefType {
        nullable: ty.is_nullable(),
        heap,
    }
}

fn type_index(index: UnpackedIndex) -> u32 {
    match index {
        UnpackedIndex::Module(index) | UnpackedIndex::RecGroup(index) => index,
        // This occurs only in types of modules that a component imports. They have no index space
        // of a module, so the type's number in the validator's list is used instead.
        UnpackedIndex::Id(id) => {
            u32::try_from(wasmparser::types::TypeIdentifier::index(&id)).unwrap_or(u32::MAX)
        }
    }
}

fn abstract_heap_type(ty: AbstractHeapType) -> HeapType {
    match ty {
        AbstractHeapType::Func => HeapType::Func,
        AbstractHeapType::Extern => HeapType::Extern,
        AbstractHeapType::Any => HeapType::Any,
        AbstractHeapType::None => HeapType::None,
        AbstractHeapType::NoExtern => HeapType::NoExtern,
        AbstractHeapType::NoFunc => HeapType::NoFunc,
        AbstractHeapType::Eq => HeapType::Eq,
        AbstractHeapType::Struct => HeapType::Struct,
        AbstractHeapType::Array => HeapType::Array,
        AbstractHeapType::I31 => HeapType::I31,
        AbstractHeapType::Exn => HeapType::Exn,
        AbstractHeapType::NoExn => HeapType::NoExn,
        AbstractHeapType::Cont => HeapType::Cont,
        AbstractHeapType::NoCont => HeapType::NoCont,
    }
}

pub(super) fn memory_type(ty: &wasmparser::MemoryType) -> MemoryType {
    MemoryType {
        minimum: ty.initial,
        maximum: ty.maximum,
        memory64: ty.memory64,
        shared: ty.shared,
        page_size_log2: ty.page_size_log2.filter(|log2| *log2 != 16),
    }
}

pub(super) fn table_type(ty: &wasmparser::TableType) -> TableType {
    TableType {
        element: ref_type(ty.element_type),
        minimum: ty.initial,
        maximum: ty.maximum,
        table64: ty.table64,
    }
}

pub(super) fn global_type(ty: &wasmparser::GlobalType) -> GlobalType {
    GlobalType {
        content: val_type(ty.content_type),
        mutable: ty.mutable,
        shared: ty.shared,
    }
}
