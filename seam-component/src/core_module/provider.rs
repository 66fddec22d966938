//! Modules that define and export one memory, table or global of the world.
//!
//! Therefore an engine needs no methods that create such items for a host, and each instance gets
//! its own items. Each module has only one item, so that an engine without multi-memory supports
//! several memories.

use seam_core::{
    CoreItemKind, CoreType, CoreValue, Error, GlobalType, HeapType, MemoryType, RefType, Result,
    TableType,
};
use wasm_encoder::{
    AbstractHeapType, ConstExpr, ExportKind, ExportSection, GlobalSection, MemorySection, Module,
    TableSection, ValType,
};

/// The export name of the item.
pub(super) const EXPORT: &str = "item";

/// Generates the module that defines the item.
///
/// # Errors
/// `Link` for an item that no module can define: its type is given by a module's type index, or it
/// holds a reference other than null.
pub(super) fn module(kind: &CoreItemKind) -> Result<Vec<u8>> {
    let mut module = Module::new();
    let export = match kind {
        CoreItemKind::Memory(ty) => {
            module.section(MemorySection::new().memory(memory_type(ty)?));
            ExportKind::Memory
        }
        CoreItemKind::Table(ty) => {
            module.section(TableSection::new().table(table_type(ty)?));
            ExportKind::Table
        }
        CoreItemKind::Global(ty, value) => {
            let init = constant(ty.content, value)?;
            module.section(GlobalSection::new().global(global_type(ty)?, &init));
            ExportKind::Global
        }
        _ => return Err(Error::link("expected a memory, table or global")),
    };
    module.section(ExportSection::new().export(EXPORT, export, 0));
    Ok(module.finish())
}

fn memory_type(ty: &MemoryType) -> Result<wasm_encoder::MemoryType> {
    if ty.page_size_log2.is_some_and(|log2| log2 > 16) {
        let found = ty.page_size();
        return Err(Error::link(format!(
            "expected pages of at most 65536 bytes, found pages of {found}"
        )));
    }
    Ok(wasm_encoder::MemoryType {
        minimum: ty.minimum,
        maximum: ty.maximum,
        memory64: ty.memory64,
        shared: ty.shared,
        page_size_log2: ty.page_size_log2,
    })
}

fn table_type(ty: &TableType) -> Result<wasm_encoder::TableType> {
    Ok(wasm_encoder::TableType {
        element_type: ref_type(ty.element)?,
        table64: ty.table64,
        minimum: ty.minimum,
        maximum: ty.maximum,
        shared: false,
    })
}

fn global_type(ty: &GlobalType) -> Result<wasm_encoder::GlobalType> {
    Ok(wasm_encoder::GlobalType {
        val_type: match ty.content {
            CoreType::I32 => ValType::I32,
            CoreType::I64 => ValType::I64,
            CoreType::F32 => ValType::F32,
            CoreType::F64 => ValType::F64,
            CoreType::V128 => ValType::V128,
            CoreType::Ref(ty) => ValType::Ref(ref_type(ty)?),
        },
        mutable: ty.mutable,
        shared: ty.shared,
    })
}

fn ref_type(ty: RefType) -> Result<wasm_encoder::RefType> {
    let ty_of = match ty.heap {
        HeapType::Func => AbstractHeapType::Func,
        HeapType::Extern => AbstractHeapType::Extern,
        HeapType::Any => AbstractHeapType::Any,
        HeapType::Eq => AbstractHeapType::Eq,
        HeapType::I31 => AbstractHeapType::I31,
        HeapType::Struct => AbstractHeapType::Struct,
        HeapType::Array => AbstractHeapType::Array,
        HeapType::Exn => AbstractHeapType::Exn,
        HeapType::None => AbstractHeapType::None,
        HeapType::NoFunc => AbstractHeapType::NoFunc,
        HeapType::NoExtern => AbstractHeapType::NoExtern,
        HeapType::NoExn => AbstractHeapType::NoExn,
        _ => {
            return Err(Error::link(format!(
                "expected a type that a host can name, found {ty}"
            )));
        }
    };
    Ok(wasm_encoder::RefType {
        nullable: ty.nullable,
        heap_type: wasm_encoder::HeapType::Abstract {
            shared: false,
            ty: ty_of,
        },
    })
}

fn constant(ty: CoreType, value: &CoreValue) -> Result<ConstExpr> {
    Ok(match (ty, *value) {
        (CoreType::I32, CoreValue::I32(value)) => ConstExpr::i32_const(value),
        (CoreType::I64, CoreValue::I64(value)) => ConstExpr::i64_const(value),
        (CoreType::F32, CoreValue::F32(bits)) => {
            ConstExpr::f32_const(wasm_encoder::Ieee32::new(bits))
        }
        (CoreType::F64, CoreValue::F64(bits)) => {
            ConstExpr::f64_const(wasm_encoder::Ieee64::new(bits))
        }
        (CoreType::V128, CoreValue::V128(bits)) => {
            ConstExpr::v128_const(i128::from_ne_bytes(bits.to_ne_bytes()))
        }
        (
            CoreType::Ref(ty @ RefType { nullable: true, .. }),
            CoreValue::FuncRef(None)
            | CoreValue::ExternRef(None)
            | CoreValue::AnyRef(None)
            | CoreValue::ExnRef(None),
        ) if value.is_of(CoreType::Ref(ty)) => ConstExpr::ref_null(ref_type(ty)?.heap_type),
        (ty, value) => {
            return Err(Error::link(format!(
                "expected a number, vector or null of type {ty}, found {value} ({})",
                value.kind()
            )));
        }
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use seam_core::{CoreExternType, ErrorKind};

    fn exported(kind: &CoreItemKind) -> CoreExternType {
        let bytes = module(kind).unwrap();
        wasmparser::validate(&bytes).unwrap();
        let ty = seam_decode::module_type(&bytes).unwrap();
        let [(name, ty)] = &*ty.exports else {
            unreachable!("one export: {:?}", ty.exports)
        };
        assert_eq!(&**name, EXPORT);
        ty.clone()
    }

    #[test]
    fn the_exported_item_has_the_requested_type() {
        let mut memory = MemoryType::new(1, Some(3));
        assert_eq!(
            exported(&CoreItemKind::Memory(memory)),
            CoreExternType::Memory(memory)
        );
        memory.memory64 = true;
        assert_eq!(
            exported(&CoreItemKind::Memory(memory)),
            CoreExternType::Memory(memory)
        );
        for element in [CoreType::FUNCREF, CoreType::EXTERNREF] {
            let CoreType::Ref(element) = element else {
                unreachable!("a reference type")
            };
            let table = TableType {
                element,
                minimum: 2,
                maximum: None,
                table64: false,
            };
            assert_eq!(
                exported(&CoreItemKind::Table(table)),
                CoreExternType::Table(table)
            );
        }
        for (content, value) in [
            (CoreType::I32, CoreValue::I32(-1)),
            (CoreType::I64, CoreValue::I64(i64::MIN)),
            (CoreType::F32, CoreValue::F32(0x7fa0_0001)),
            (CoreType::F64, CoreValue::F64(1)),
            (CoreType::V128, CoreValue::V128(u128::MAX)),
            (CoreType::FUNCREF, CoreValue::FuncRef(None)),
            (CoreType::EXTERNREF, CoreValue::ExternRef(None)),
        ] {
            let ty = GlobalType::new(content, true);
            assert_eq!(
                exported(&CoreItemKind::Global(ty, value)),
                CoreExternType::Global(ty)
            );
        }
    }

    #[test]
    fn a_value_without_a_constant_expression_is_a_link_error() {
        for (content, value) in [
            (CoreType::I32, CoreValue::I64(1)),
            (CoreType::EXTERNREF, CoreValue::ExternRef(Some(1))),
            (CoreType::EXTERNREF, CoreValue::FuncRef(None)),
        ] {
            let kind = CoreItemKind::Global(GlobalType::new(content, false), value);
            assert_eq!(*module(&kind).unwrap_err().kind(), ErrorKind::Link);
        }
        let mut pages = MemoryType::new(1, None);
        pages.page_size_log2 = Some(40);
        let error = module(&CoreItemKind::Memory(pages)).unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::Link);
    }
}
