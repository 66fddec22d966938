//! A core module, decoded into the form that the interpreter runs.

use seam_core::{
    CoreFuncType, CoreType, Error, GlobalType, HeapType, MemoryType, RefType, Result, TableType,
};
use wasmparser::{
    CompositeInnerType, ConstExpr, DataKind, ElementItems, ElementKind, ExternalKind, Operator,
    Parser, Payload, TypeRef, ValType,
};

/// A compiled module: the definitions of the module itself, without its imports.
#[derive(Default)]
pub(crate) struct Code {
    types: Vec<CoreFuncType>,
    pub(crate) funcs: Vec<Function>,
    pub(crate) tables: Vec<TableType>,
    pub(crate) memories: Vec<MemoryType>,
    /// Types and initial values.
    pub(crate) globals: Vec<(GlobalType, i32)>,
    /// The bytes to write to memory 0, with their offsets.
    pub(crate) data: Vec<(u32, Vec<u8>)>,
    /// The function indices to write to table 0, with their offsets.
    pub(crate) elements: Vec<(u32, Vec<usize>)>,
    pub(crate) start: Option<usize>,
    /// Name, kind, and index in the index space of the kind, which starts with the imports.
    pub(crate) exports: Vec<(String, ExternalKind, usize)>,
}

/// A function that the module defines.
pub(crate) struct Function {
    pub(crate) ty: CoreFuncType,
    /// The number of locals that are not parameters.
    pub(crate) locals: usize,
    pub(crate) body: Vec<Op>,
}

/// The instructions that the toy supports.
#[derive(Clone, Debug)]
pub(crate) enum Op {
    Const(i32),
    LocalGet(usize),
    LocalSet(usize),
    LocalTee(usize),
    GlobalGet(usize),
    GlobalSet(usize),
    Add,
    Sub,
    Mul,
    DivS,
    Drop,
    /// With the offset.
    Load(u32),
    Store(u32),
    MemorySize,
    MemoryGrow,
    Call(usize),
    /// Through table 0, with the expected type.
    CallIndirect(CoreFuncType),
    Unreachable,
}

impl Code {
    /// Decodes a valid module.
    ///
    /// # Errors
    /// `Invalid` if the bytes cannot be decoded. `Engine` if the toy does not support them.
    pub(crate) fn compile(wasm: &[u8]) -> Result<Self> {
        let mut code = Self::default();
        let mut declared = Vec::new();
        for payload in Parser::new(0).parse_all(wasm) {
            match payload.map_err(invalid)? {
                Payload::TypeSection(section) => {
                    for group in section {
                        for ty in group.map_err(invalid)?.into_types() {
                            code.types.push(func_type(&ty.composite_type.inner)?);
                        }
                    }
                }
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        match import.map_err(invalid)?.ty {
                            TypeRef::Func(ty) => drop(code.ty(ty)?),
                            TypeRef::Table(_) | TypeRef::Memory(_) | TypeRef::Global(_) => {}
                            other => return Err(beyond(&other)),
                        }
                    }
                }
                Payload::FunctionSection(section) => {
                    for ty in section {
                        declared.push(code.ty(ty.map_err(invalid)?)?);
                    }
                }
                Payload::TableSection(section) => {
                    for table in section {
                        let ty = table.map_err(invalid)?.ty;
                        if ty.element_type != wasmparser::RefType::FUNCREF {
                            return Err(beyond(&ty.element_type));
                        }
                        code.tables.push(TableType {
                            element: RefType {
                                nullable: true,
                                heap: HeapType::Func,
                            },
                            minimum: ty.initial,
                            maximum: ty.maximum,
                            table64: false,
                        });
                    }
                }
                Payload::MemorySection(section) => {
                    for memory in section {
                        let ty = memory.map_err(invalid)?;
                        code.memories.push(MemoryType::new(ty.initial, ty.maximum));
                    }
                }
                Payload::GlobalSection(section) => {
                    for global in section {
                        let global = global.map_err(invalid)?;
                        let ty = GlobalType {
                            content: number(global.ty.content_type)?,
                            mutable: global.ty.mutable,
                            shared: false,
                        };
                        code.globals.push((ty, constant(&global.init_expr)?));
                    }
                }
                Payload::ExportSection(section) => {
                    for export in section {
                        let export = export.map_err(invalid)?;
                        let index = export.index as usize;
                        code.exports.push((export.name.into(), export.kind, index));
                    }
                }
                Payload::StartSection { func, .. } => code.start = Some(func as usize),
                Payload::ElementSection(section) => {
                    for element in section {
                        let element = element.map_err(invalid)?;
                        let (
                            ElementKind::Active { offset_expr, .. },
                            ElementItems::Functions(items),
                        ) = (element.kind, element.items)
                        else {
                            return Err(beyond(&"a segment that is not active"));
                        };
                        let funcs: Result<Vec<usize>, _> =
                            items.into_iter().map(|f| f.map(|f| f as usize)).collect();
                        let at = constant(&offset_expr)?.cast_unsigned();
                        code.elements.push((at, funcs.map_err(invalid)?));
                    }
                }
                Payload::DataSection(section) => {
                    for data in section {
                        let data = data.map_err(invalid)?;
                        let DataKind::Active { offset_expr, .. } = data.kind else {
                            return Err(beyond(&"a segment that is not active"));
                        };
                        let at = constant(&offset_expr)?.cast_unsigned();
                        code.data.push((at, data.data.to_vec()));
                    }
                }
                Payload::CodeSectionEntry(body) => {
                    let ty = declared.get(code.funcs.len()).cloned();
                    let ty = ty.ok_or_else(|| Error::invalid("expected a type for each body"))?;
                    let function = code.function(ty, &body)?;
                    code.funcs.push(function);
                }
                Payload::Version { .. }
                | Payload::CodeSectionStart { .. }
                | Payload::DataCountSection { .. }
                | Payload::CustomSection(_)
                | Payload::End(_) => {}
                other => return Err(beyond(&other)),
            }
        }
        Ok(code)
    }

    fn ty(&self, index: u32) -> Result<CoreFuncType> {
        let ty = self.types.get(index as usize).cloned();
        ty.ok_or_else(|| Error::invalid(format!("expected a type with index {index}, found none")))
    }

    fn function(&self, ty: CoreFuncType, body: &wasmparser::FunctionBody<'_>) -> Result<Function> {
        let mut locals = 0;
        for group in body.get_locals_reader().map_err(invalid)? {
            let (count, ty) = group.map_err(invalid)?;
            number(ty)?;
            locals += count as usize;
        }
        let mut ops = Vec::new();
        for operator in body.get_operators_reader().map_err(invalid)? {
            ops.push(match operator.map_err(invalid)? {
                Operator::I32Const { value } => Op::Const(value),
                Operator::LocalGet { local_index } => Op::LocalGet(local_index as usize),
                Operator::LocalSet { local_index } => Op::LocalSet(local_index as usize),
                Operator::LocalTee { local_index } => Op::LocalTee(local_index as usize),
                Operator::GlobalGet { global_index } => Op::GlobalGet(global_index as usize),
                Operator::GlobalSet { global_index } => Op::GlobalSet(global_index as usize),
                Operator::I32Add => Op::Add,
                Operator::I32Sub => Op::Sub,
                Operator::I32Mul => Op::Mul,
                Operator::I32DivS => Op::DivS,
                Operator::Drop => Op::Drop,
                // Offsets of 32-bit memories have at most 32 bits.
                Operator::I32Load { memarg } => Op::Load(memarg.offset as u32),
                Operator::I32Store { memarg } => Op::Store(memarg.offset as u32),
                Operator::MemorySize { .. } => Op::MemorySize,
                Operator::MemoryGrow { .. } => Op::MemoryGrow,
                Operator::Call { function_index } => Op::Call(function_index as usize),
                Operator::CallIndirect {
                    type_index,
                    table_index: 0,
                } => Op::CallIndirect(self.ty(type_index)?),
                Operator::Unreachable => Op::Unreachable,
                // Without blocks, the only `end` is that of the body.
                Operator::End => break,
                other => return Err(beyond(&other)),
            });
        }
        let body = ops;
        Ok(Function { ty, locals, body })
    }
}

fn func_type(ty: &CompositeInnerType) -> Result<CoreFuncType> {
    let CompositeInnerType::Func(ty) = ty else {
        return Err(beyond(ty));
    };
    let numbers = |types: &[ValType]| types.iter().map(|ty| number(*ty)).collect();
    let (params, results): (Result<Vec<_>>, Result<Vec<_>>) =
        (numbers(ty.params()), numbers(ty.results()));
    Ok(CoreFuncType::new(params?, results?))
}

fn number(ty: ValType) -> Result<CoreType> {
    match ty {
        ValType::I32 => Ok(CoreType::I32),
        other => Err(beyond(&other)),
    }
}

/// Returns the value of a constant expression.
fn constant(expr: &ConstExpr<'_>) -> Result<i32> {
    match expr.get_operators_reader().read().map_err(invalid)? {
        Operator::I32Const { value } => Ok(value),
        other => Err(beyond(&other)),
    }
}

fn invalid(error: wasmparser::BinaryReaderError) -> Error {
    Error::invalid(error.message().to_string()).at(error.offset() as u64)
}

/// Returns an error that a complete engine never returns.
///
/// The seam has capabilities for proposals that an engine may lack, but not for parts of the core
/// language.
fn beyond(what: &dyn std::fmt::Debug) -> Error {
    let what = format!("{what:?}");
    let what = what.split([' ', '(', '{']).next().unwrap_or_default();
    Error::engine(format!(
        "expected a module of the toy's subset, found {what}"
    ))
}
