//! What binding needs to know about a core module's bytes, beyond its imports and exports.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use seam_core::{CoreExternType, CoreFuncType, CoreModuleType, Error, Result};
use wasmparser::{ExternalKind, MemArg, Operator, Parser, Payload, TypeRef};

use crate::pass::invalid;
use crate::provenance::Provenance;

/// Index spaces of a core module by name, and its provenance.
pub(crate) struct Scan {
    pub(crate) ty: Arc<CoreModuleType>,
    /// The index of each export in the index space of its kind, in the order of
    /// [`CoreModuleType::exports`].
    indices: Vec<u32>,
    /// Exported functions by name, as positions in [`CoreModuleType::exports`].
    by_name: HashMap<String, usize>,
    /// The number of memories, imported ones included.
    pub(crate) memories: u32,
    /// The number of imported functions, which are the first in the index space.
    pub(crate) imported_funcs: u32,
    pub(crate) provenance: Option<Provenance>,
    /// What each function body uses, from the first function that is defined. Only
    /// [`Scan::with_bodies`] reads it.
    bodies: Vec<Body>,
}

/// What the body of a function uses.
#[derive(Clone, Debug, Default)]
pub(crate) struct Body {
    /// The memories that its instructions access.
    pub(crate) memories: BTreeSet<u32>,
    /// The functions that it calls directly.
    pub(crate) calls: BTreeSet<u32>,
}

impl Scan {
    /// Scans everything but function bodies.
    pub(crate) fn without_bodies(wasm: &[u8], ty: Arc<CoreModuleType>) -> Result<Self> {
        Self::read(wasm, ty, false)
    }

    /// Scans a module with its function bodies.
    pub(crate) fn with_bodies(wasm: &[u8], ty: Arc<CoreModuleType>) -> Result<Self> {
        Self::read(wasm, ty, true)
    }

    fn read(wasm: &[u8], ty: Arc<CoreModuleType>, bodies: bool) -> Result<Self> {
        let mut scan = Self {
            ty,
            indices: Vec::new(),
            by_name: HashMap::new(),
            memories: 0,
            imported_funcs: 0,
            provenance: None,
            bodies: Vec::new(),
        };
        for payload in Parser::new(0).parse_all(wasm) {
            match payload.map_err(invalid)? {
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        match import.map_err(invalid)?.ty {
                            TypeRef::Func(_) | TypeRef::FuncExact(_) => scan.imported_funcs += 1,
                            TypeRef::Memory(_) => scan.memories += 1,
                            _ => {}
                        }
                    }
                }
                Payload::MemorySection(section) => scan.memories += section.count(),
                Payload::ExportSection(section) => {
                    for export in section {
                        let export = export.map_err(invalid)?;
                        if let ExternalKind::Func | ExternalKind::FuncExact = export.kind {
                            let position = scan.indices.len();
                            scan.by_name.insert(export.name.to_string(), position);
                        }
                        scan.indices.push(export.index);
                    }
                }
                Payload::CodeSectionEntry(body) if bodies => {
                    scan.bodies.push(read_body(&body).map_err(invalid)?);
                }
                Payload::CustomSection(section) if section.name() == Provenance::SECTION => {
                    if scan.provenance.is_some() {
                        let name = Provenance::SECTION;
                        let message = format!("expected one section `{name}`, found two");
                        return Err(Error::invalid(message).at(section.range().start as u64));
                    }
                    scan.provenance = Some(Provenance::read(section.data())?);
                }
                _ => {}
            }
        }
        Ok(scan)
    }

    /// Iterates over the exported functions: name, index and type.
    pub(crate) fn funcs(&self) -> impl Iterator<Item = (&str, u32, &CoreFuncType)> {
        let exports = self.ty.exports.iter().zip(&self.indices);
        exports.filter_map(|((name, ty), index)| match ty {
            CoreExternType::Func(ty) => Some((&**name, *index, ty)),
            _ => None,
        })
    }

    /// Iterates over the exported memories: name and index.
    pub(crate) fn memory_exports(&self) -> impl Iterator<Item = (&str, u32)> {
        let exports = self.ty.exports.iter().zip(&self.indices);
        exports.filter_map(|((name, ty), index)| match ty {
            CoreExternType::Memory(_) => Some((&**name, *index)),
            _ => None,
        })
    }

    /// Returns the index and type of an exported function.
    pub(crate) fn func(&self, name: &str) -> Option<(u32, &CoreFuncType)> {
        let position = *self.by_name.get(name)?;
        match self.ty.exports.get(position)? {
            (_, CoreExternType::Func(ty)) => Some((*self.indices.get(position)?, ty)),
            _ => None,
        }
    }

    /// Returns what the body of a function uses, or `None` for an imported function.
    pub(crate) fn body(&self, func: u32) -> Option<&Body> {
        let defined = func.checked_sub(self.imported_funcs)?;
        self.bodies.get(usize::try_from(defined).ok()?)
    }

    /// Iterates over the functions that call a function directly.
    pub(crate) fn callers(&self, callee: u32) -> impl Iterator<Item = u32> {
        let calling = self.bodies.iter().zip(self.imported_funcs..);
        calling.filter_map(move |(body, func)| body.calls.contains(&callee).then_some(func))
    }
}

fn read_body(body: &wasmparser::FunctionBody<'_>) -> Result<Body, wasmparser::Error> {
    let mut found = Body::default();
    let mut operators = body.get_operators_reader()?;
    while !operators.eof() {
        let operator = operators.read()?;
        match &operator {
            Operator::Call { function_index } | Operator::ReturnCall { function_index } => {
                found.calls.insert(*function_index);
            }
            Operator::MemoryCopy { dst_mem, src_mem } => {
                found.memories.extend([*dst_mem, *src_mem]);
            }
            Operator::MemoryInit { mem, .. }
            | Operator::MemoryFill { mem }
            | Operator::MemoryGrow { mem }
            | Operator::MemorySize { mem } => {
                found.memories.insert(*mem);
            }
            other => found.memories.extend(accessed(other)),
        }
    }
    Ok(found)
}

/// Returns the memory that a load, a store or an atomic instruction accesses.
fn accessed(operator: &Operator<'_>) -> Option<u32> {
    macro_rules! memory_of {
        ($( @$proposal:ident $op:ident $({ $($arg:ident: $ty:ty),* })? => $visit:ident ($($ann:tt)*) )*) => {
            match operator {
                $(Operator::$op $({ $($arg),* })? => {
                    let found: Option<u32> = None;
                    $($(let found = found.or_else(|| Operand($arg).memory());)*)?
                    found
                })*
                _ => None,
            }
        };
    }
    wasmparser::for_each_operator!(memory_of)
}

/// An immediate operand of any type. The method of the type itself is preferred to the trait's.
struct Operand<'a, T>(&'a T);

impl Operand<'_, MemArg> {
    fn memory(&self) -> Option<u32> {
        Some(self.0.memory)
    }
}

trait WithoutMemory {
    fn memory(&self) -> Option<u32> {
        None
    }
}

impl<T> WithoutMemory for Operand<'_, T> {}
