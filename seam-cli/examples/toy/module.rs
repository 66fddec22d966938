//! A core module, decoded into what the interpreter runs.

use seam_core::core::{CoreFuncType, CoreType};
use seam_core::{Error, Result};
use wasmparser::{CompositeInnerType, ExternalKind, Operator, Parser, Payload, TypeRef, ValType};

/// A compiled module.
#[derive(Default)]
pub(crate) struct Code {
    types: Vec<CoreFuncType>,
    /// Types of the imported functions; the index space of functions begins with them.
    pub(crate) imports: Vec<CoreFuncType>,
    pub(crate) funcs: Vec<Function>,
    /// Names and function indices.
    pub(crate) exports: Vec<(String, usize)>,
}

/// A function of the module's own.
pub(crate) struct Function {
    pub(crate) ty: CoreFuncType,
    /// Locals that are not parameters.
    pub(crate) locals: usize,
    pub(crate) body: Vec<Op>,
}

/// The instructions that the toy knows.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Op {
    Const(i32),
    LocalGet(usize),
    LocalSet(usize),
    LocalTee(usize),
    Add,
    Sub,
    Mul,
    DivS,
    Drop,
    Call(usize),
    Unreachable,
}

impl Code {
    /// Decodes a valid module.
    ///
    /// # Errors
    /// `Invalid` for what cannot be decoded, `Engine` for what is beyond the toy.
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
                            TypeRef::Func(ty) => code.imports.push(code.ty(ty)?),
                            other => return Err(beyond(&other)),
                        }
                    }
                }
                Payload::FunctionSection(section) => {
                    for ty in section {
                        declared.push(code.ty(ty.map_err(invalid)?)?);
                    }
                }
                Payload::ExportSection(section) => {
                    for export in section {
                        let export = export.map_err(invalid)?;
                        match export.kind {
                            ExternalKind::Func => {
                                let index = export.index as usize;
                                code.exports.push((export.name.into(), index));
                            }
                            other => return Err(beyond(&other)),
                        }
                    }
                }
                Payload::CodeSectionEntry(body) => {
                    let ty = declared.get(code.funcs.len()).cloned();
                    let ty = ty.ok_or_else(|| Error::invalid("expected a type for each body"))?;
                    code.funcs.push(Function::compile(ty, &body)?);
                }
                Payload::Version { .. }
                | Payload::CodeSectionStart { .. }
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
}

impl Function {
    fn compile(ty: CoreFuncType, body: &wasmparser::FunctionBody<'_>) -> Result<Self> {
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
                Operator::I32Add => Op::Add,
                Operator::I32Sub => Op::Sub,
                Operator::I32Mul => Op::Mul,
                Operator::I32DivS => Op::DivS,
                Operator::Drop => Op::Drop,
                Operator::Call { function_index } => Op::Call(function_index as usize),
                Operator::Unreachable => Op::Unreachable,
                // Without blocks, the only `end` is the body's.
                Operator::End => break,
                other => return Err(beyond(&other)),
            });
        }
        let body = ops;
        Ok(Self { ty, locals, body })
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

fn invalid(error: wasmparser::BinaryReaderError) -> Error {
    Error::invalid(error.message().to_string()).at(error.offset() as u64)
}

/// What a complete engine never answers: the seam has names for the proposals that an engine may
/// lack, and none for pieces of the core language.
fn beyond(what: &dyn std::fmt::Debug) -> Error {
    let what = format!("{what:?}");
    let what = what.split([' ', '(', '{']).next().unwrap_or_default();
    Error::engine(format!(
        "expected a module of the toy's subset, found {what}"
    ))
}
