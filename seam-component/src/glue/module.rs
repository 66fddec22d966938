//! The generated module.

use std::collections::HashMap;

use seam_core::{CoreFuncType, CoreType, Error, Result};
use wasm_encoder::{
    BlockType, CodeSection, EntityType, ExportKind, ExportSection, Function, FunctionSection,
    ImportSection, InstructionSink, Module, TypeSection, ValType,
};

/// The core types that the canonical ABI uses, in the order of the accessors' imports.
pub(super) const TYPES: [CoreType; 4] =
    [CoreType::I32, CoreType::I64, CoreType::F32, CoreType::F64];

/// Most imports of a module. Some engines have room for only 256.
pub(super) const MOST: usize = 200;

/// The number of imports of every module: `resume`, and `get` and `put` of each of [`TYPES`].
pub(super) const SHARED: usize = 1 + 2 * TYPES.len();

/// A function of a glue module.
pub(super) struct Calls<'a> {
    pub(super) ty: &'a CoreFuncType,
    /// The functions that it calls: the number by which the host calls each, and its position among
    /// the module's callees.
    pub(super) callees: &'a [(i32, usize)],
}

/// Generates a module with these functions, exported as `0`, `1`, ...
///
/// The imports are, in order: `resume`, a `get` for each of [`TYPES`], a `put` for each, the
/// callees, and a `begin` for each function.
///
/// # Errors
/// `Engine` for types that do not occur in canonical definitions.
pub(super) fn glue(funcs: &[Calls<'_>], callees: &[CoreFuncType]) -> Result<Vec<u8>> {
    let mut types = Types::default();
    let mut imports = ImportSection::new();
    import_shared(&mut types, &mut imports)?;
    for ty in callees {
        import(&mut imports, types.index(&ty.params, &ty.results)?);
    }
    for func in funcs {
        import(
            &mut imports,
            types.index(&func.ty.params, &[CoreType::I32])?,
        );
    }
    let (begins, defined) = (CALLEES + count(callees), imports.len());
    let (mut functions, mut exports) = (FunctionSection::new(), ExportSection::new());
    let mut code = CodeSection::new();
    for (position, func) in (0..).zip(funcs) {
        functions.function(types.index(&func.ty.params, &func.ty.results)?);
        exports.export(&position.to_string(), ExportKind::Func, defined + position);
        code.function(&body(func, begins + position, callees)?);
    }
    let mut module = Module::new();
    module
        .section(&types.section)
        .section(&imports)
        .section(&functions)
        .section(&exports)
        .section(&code);
    Ok(module.finish())
}

/// Adds the imports that every module has: `resume`, and `get` and `put` of each of [`TYPES`].
///
/// # Errors
/// Those of [`Types::index`].
pub(super) fn import_shared(types: &mut Types, imports: &mut ImportSection) -> Result<()> {
    import(imports, types.index(&[], &[CoreType::I32])?);
    for ty in TYPES {
        import(imports, types.index(&[CoreType::I32], &[ty])?);
    }
    for ty in TYPES {
        import(imports, types.index(&[CoreType::I32, ty], &[])?);
    }
    Ok(())
}

fn import(imports: &mut ImportSection, ty: u32) {
    let field = imports.len().to_string();
    imports.import("", &field, EntityType::Function(ty));
}

/// A set of function types.
#[derive(Default)]
pub(super) struct Types {
    section: TypeSection,
    known: HashMap<(Vec<ValType>, Vec<ValType>), u32>,
}

impl Types {
    pub(super) fn section(&self) -> &TypeSection {
        &self.section
    }

    pub(super) fn index(&mut self, params: &[CoreType], results: &[CoreType]) -> Result<u32> {
        let key = (valtypes(params)?, valtypes(results)?);
        let next = self.section.len();
        let index = *self.known.entry(key.clone()).or_insert(next);
        if index == next {
            self.section.ty().function(key.0, key.1);
        }
        Ok(index)
    }
}

const RESUME: u32 = 0;
const GET: u32 = 1;
const PUT: u32 = GET + TYPES.len() as u32;
const CALLEES: u32 = PUT + TYPES.len() as u32;

fn body(func: &Calls<'_>, begin: u32, callees: &[CoreFuncType]) -> Result<Function> {
    let params = count(&func.ty.params);
    // The locals after the parameters: the next step, and one local of each type for a result.
    let next = params;
    let scratch = next + 1;
    let mut locals = vec![(1, ValType::I32)];
    locals.extend(valtypes(&TYPES)?.into_iter().map(|ty| (1, ty)));
    let mut function = Function::new(locals);
    let mut out = function.instructions();
    (0..params).for_each(|index| {
        out.local_get(index);
    });
    out.call(begin).local_set(next);
    out.loop_(BlockType::Empty);
    out.local_get(next).i32_eqz().if_(BlockType::Empty);
    get_all(&mut out, &func.ty.results, 0)?;
    out.return_().end();
    for (number, position) in func.callees {
        let Some((index, ty)) = (CALLEES..).zip(callees).nth(*position) else {
            return Err(Error::engine("expected a callee of the glue, found none"));
        };
        out.local_get(next).i32_const(*number).i32_eq();
        out.if_(BlockType::Empty);
        call_with_registers(&mut out, ty, (0, scratch), |out| {
            out.call(index);
        })?;
        out.end();
    }
    out.call(RESUME).local_set(next).br(0);
    out.end().unreachable().end();
    Ok(function)
}

/// Generates a call with the values of the registers from `first` on. The results go to the registers
/// from 0 on. `scratch` is the first of the locals for results, one of each of [`TYPES`].
///
/// # Errors
/// `Engine` for types that do not occur in canonical definitions.
pub(super) fn call_with_registers(
    out: &mut InstructionSink<'_>,
    ty: &CoreFuncType,
    (first, scratch): (i32, u32),
    call: impl FnOnce(&mut InstructionSink<'_>),
) -> Result<()> {
    get_all(out, &ty.params, first)?;
    call(out);
    // The results are on the stack, the last on top.
    for (index, ty) in (0..)
        .zip(ty.results.iter())
        .collect::<Vec<_>>()
        .into_iter()
        .rev()
    {
        let slot = slot(*ty)?;
        out.local_set(scratch + slot);
        out.i32_const(index)
            .local_get(scratch + slot)
            .call(PUT + slot);
    }
    Ok(())
}

/// Pushes the values of the registers from `first` on onto the stack.
fn get_all(out: &mut InstructionSink<'_>, types: &[CoreType], first: i32) -> Result<()> {
    for (index, ty) in (first..).zip(types) {
        out.i32_const(index).call(GET + slot(*ty)?);
    }
    Ok(())
}

fn count<T>(items: &[T]) -> u32 {
    u32::try_from(items.len()).unwrap_or(u32::MAX)
}

fn slot(ty: CoreType) -> Result<u32> {
    let slot = (0..).zip(TYPES).find(|(_, known)| *known == ty);
    slot.map(|(slot, _)| slot).ok_or_else(|| unexpected(ty))
}

pub(super) fn valtypes(types: &[CoreType]) -> Result<Vec<ValType>> {
    let valtype = |ty: &CoreType| {
        Ok(match ty {
            CoreType::I32 => ValType::I32,
            CoreType::I64 => ValType::I64,
            CoreType::F32 => ValType::F32,
            CoreType::F64 => ValType::F64,
            other => return Err(unexpected(*other)),
        })
    };
    types.iter().map(valtype).collect()
}

fn unexpected(ty: CoreType) -> Error {
    Error::engine(format!(
        "expected a number in a canonical signature, found {ty}"
    ))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use CoreType::{F32, F64, I32, I64};
    use wasmparser::{Parser, Payload};

    /// Returns the number of types, imports, functions and exports of a module.
    fn counts(wasm: &[u8]) -> [u32; 4] {
        let mut found = [0; 4];
        let [types, imports, functions, exports] = &mut found;
        for payload in Parser::new(0).parse_all(wasm) {
            match payload.unwrap() {
                Payload::TypeSection(section) => *types = section.count(),
                Payload::ImportSection(section) => *imports = section.count(),
                Payload::FunctionSection(section) => *functions = section.count(),
                Payload::ExportSection(section) => *exports = section.count(),
                _ => {}
            }
        }
        found
    }

    #[test]
    fn functions_of_every_signature_are_valid_in_one_module() {
        let realloc = CoreFuncType::new([I32, I32, I32, I32], [I32]);
        let mixed = CoreFuncType::new([I64, F32, F64, I32], [F64]);
        let (none, post) = (CoreFuncType::new([], []), CoreFuncType::new([I32], []));
        let callees = [realloc.clone(), mixed.clone(), none.clone(), post];
        let calls: [&[(i32, usize)]; 4] =
            [&[(1, 0)], &[(1, 0), (2, 0), (3, 1), (4, 3)], &[], &[(3, 2)]];
        let mut funcs = Vec::new();
        for ty in [&realloc, &mixed, &none] {
            for callees in calls {
                funcs.push(Calls { ty, callees });
            }
        }
        let wasm = glue(&funcs, &callees).unwrap();
        wasmparser::validate(&wasm).unwrap();
        // `resume` and the accessors have nine types, the callees four more. Of the `begin`
        // functions, `realloc`'s has the type of `realloc`, and `none`'s has the type of `resume`.
        assert_eq!(counts(&wasm), [9 + 4 + 1, 9 + 4 + 12, 12, 12]);
    }

    #[test]
    fn types_that_no_canonical_definition_has_are_refused() {
        let odd = CoreFuncType::new([CoreType::V128], []);
        assert!(glue(&[], std::slice::from_ref(&odd)).is_err());
        let ty = CoreFuncType::new([], []);
        let callees = &[(3, 0)];
        assert!(glue(&[Calls { ty: &ty, callees }], &[]).is_err());
    }
}
