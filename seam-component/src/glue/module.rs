//! The generated module.

use seam_core::core::{CoreFuncType, CoreType};
use seam_core::{Error, Result};
use wasm_encoder::{
    BlockType, CodeSection, EntityType, ExportKind, ExportSection, Function, FunctionSection,
    ImportSection, InstructionSink, Module, TypeSection, ValType,
};

/// The core types that the canonical ABI uses, in the order of the accessors' imports.
pub(super) const TYPES: [CoreType; 4] =
    [CoreType::I32, CoreType::I64, CoreType::F32, CoreType::F64];

/// Name of the exported function.
pub(super) const CALL: &str = "call";

/// What a glue module calls: the number that the host calls it by, and its type.
pub(super) struct Callee {
    pub(super) number: i32,
    pub(super) ty: CoreFuncType,
}

/// Imports, in order: `begin`, `resume`, a `get` for each of [`TYPES`], a `put` for each, and the
/// callees.
pub(super) fn glue(ty: &CoreFuncType, callees: &[Callee]) -> Result<Vec<u8>> {
    let mut types = TypeSection::new();
    let mut imports = ImportSection::new();
    let mut import = |params: &[ValType], results: &[ValType]| {
        let index = types.len();
        types.ty().function(params.to_vec(), results.to_vec());
        imports.import("", &index.to_string(), EntityType::Function(index));
    };
    let (params, results) = (valtypes(&ty.params)?, valtypes(&ty.results)?);
    import(&params, &[ValType::I32]);
    import(&[], &[ValType::I32]);
    let valtype = valtypes(&TYPES)?;
    for ty in &valtype {
        import(&[ValType::I32], &[*ty]);
    }
    for ty in &valtype {
        import(&[ValType::I32, *ty], &[]);
    }
    for callee in callees {
        import(
            &valtypes(&callee.ty.params)?,
            &valtypes(&callee.ty.results)?,
        );
    }
    let call = types.len();
    types.ty().function(params, results);

    let mut functions = FunctionSection::new();
    functions.function(call);
    let mut exports = ExportSection::new();
    exports.export(CALL, ExportKind::Func, call);
    let mut code = CodeSection::new();
    code.function(&body(ty, callees)?);
    let mut module = Module::new();
    module
        .section(&types)
        .section(&imports)
        .section(&functions)
        .section(&exports)
        .section(&code);
    Ok(module.finish())
}

const BEGIN: u32 = 0;
const RESUME: u32 = 1;
const GET: u32 = 2;
const PUT: u32 = GET + TYPES.len() as u32;
const CALLEES: u32 = PUT + TYPES.len() as u32;

fn body(ty: &CoreFuncType, callees: &[Callee]) -> Result<Function> {
    let params = count(&ty.params);
    // After the parameters: what is next, and one local of each type for a result.
    let next = params;
    let scratch = next + 1;
    let mut locals = vec![(1, ValType::I32)];
    locals.extend(valtypes(&TYPES)?.into_iter().map(|ty| (1, ty)));
    let mut function = Function::new(locals);
    let mut out = function.instructions();
    (0..params).for_each(|index| {
        out.local_get(index);
    });
    out.call(BEGIN).local_set(next);
    out.loop_(BlockType::Empty);
    out.local_get(next).i32_eqz().if_(BlockType::Empty);
    get_all(&mut out, &ty.results)?;
    out.return_().end();
    for (callee, func) in callees.iter().zip(CALLEES..) {
        out.local_get(next).i32_const(callee.number).i32_eq();
        out.if_(BlockType::Empty);
        get_all(&mut out, &callee.ty.params)?;
        out.call(func);
        // Results are on the stack, the last on top.
        for (index, ty) in (0..)
            .zip(&callee.ty.results)
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
        out.end();
    }
    out.call(RESUME).local_set(next).br(0);
    out.end().unreachable().end();
    Ok(function)
}

/// Leaves the registers' values on the stack.
fn get_all(out: &mut InstructionSink<'_>, types: &[CoreType]) -> Result<()> {
    for (index, ty) in (0..).zip(types) {
        out.i32_const(index).call(GET + slot(*ty)?);
    }
    Ok(())
}

fn count(types: &[CoreType]) -> u32 {
    u32::try_from(types.len()).unwrap_or(u32::MAX)
}

fn slot(ty: CoreType) -> Result<u32> {
    let slot = (0..).zip(TYPES).find(|(_, known)| *known == ty);
    slot.map(|(slot, _)| slot).ok_or_else(|| unexpected(ty))
}

fn valtypes(types: &[CoreType]) -> Result<Vec<ValType>> {
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
