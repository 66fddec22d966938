//! The store: instances, functions and calls.

use std::sync::Arc;

use seam_core::core::{
    CoreCaller, CoreExtern, CoreFunc, CoreFuncType, CoreGlobal, CoreInstanceId, CoreMemory,
    CoreModule, CoreStore, CoreTable, CoreValue, GlobalType, HostFn, HostState, MemoryType,
    MemoryView, TableType, check_core_args,
};
use seam_core::{Error, Limit, Limits, Result, Trap, store_number};

use crate::module::{Code, Op};

/// Guest calls within guest calls: each uses native stack.
const MAX_DEPTH: usize = 200;

/// Handles are indices into these tables, and carry the store's number.
pub(crate) struct ToyStore {
    number: u32,
    host: HostState,
    funcs: Vec<Func>,
    instances: Vec<Instance>,
    /// The instances whose functions are running, innermost last.
    running: Vec<usize>,
    host_depth: u32,
    max_host_depth: u32,
}

#[derive(Clone)]
struct Func {
    ty: CoreFuncType,
    body: Body,
}

#[derive(Clone)]
enum Body {
    Host(HostFn),
    /// The function of this number among the instance's own.
    Guest {
        instance: usize,
        own: usize,
    },
}

struct Instance {
    module: CoreModule,
    /// The index space of functions: imports, then the module's own.
    funcs: Arc<[CoreFunc]>,
}

impl ToyStore {
    pub(crate) fn new(limits: &Limits, host: HostState) -> Self {
        Self {
            number: store_number(),
            host,
            funcs: Vec::new(),
            instances: Vec::new(),
            running: Vec::new(),
            host_depth: 0,
            max_host_depth: limits.host_depth,
        }
    }

    fn add(&mut self, ty: CoreFuncType, body: Body) -> Result<CoreFunc> {
        let index = u32::try_from(self.funcs.len()).map_err(|_| Limit::EngineCapacity)?;
        self.funcs.push(Func { ty, body });
        Ok(CoreFunc::new(self.number, index))
    }

    fn find(&self, func: CoreFunc) -> Result<&Func> {
        let found = self.funcs.get(func.index() as usize);
        found
            .filter(|_| func.store() == self.number)
            .ok_or_else(foreign)
    }

    fn execute(&mut self, func: CoreFunc, args: &[CoreValue]) -> Result<Vec<CoreValue>> {
        let Func { ty, body } = self.find(func)?.clone();
        match body {
            Body::Host(body) => {
                if self.host_depth >= self.max_host_depth {
                    return Err(Error::limit(Limit::HostDepth));
                }
                let mut results = vec![CoreValue::I32(0); ty.results.len()];
                self.host_depth += 1;
                let ended = body(self, args, &mut results);
                self.host_depth -= 1;
                ended.map(|()| results)
            }
            Body::Guest { instance, own } => {
                if self.running.len() >= MAX_DEPTH {
                    return Err(Error::trap(Trap::StackExhausted));
                }
                self.running.push(instance);
                let ended = self.interpret(instance, own, args);
                self.running.pop();
                ended
            }
        }
    }

    fn interpret(&mut self, at: usize, own: usize, args: &[CoreValue]) -> Result<Vec<CoreValue>> {
        let instance = self.instances.get(at).ok_or_else(foreign)?;
        let (module, funcs) = (instance.module.clone(), instance.funcs.clone());
        let function = module
            .compiled::<Code>()?
            .funcs
            .get(own)
            .ok_or_else(broken)?;
        let mut locals = args.to_vec();
        locals.extend(std::iter::repeat_n(CoreValue::I32(0), function.locals));
        let mut stack = Vec::new();
        for op in &function.body {
            match *op {
                Op::Const(value) => stack.push(CoreValue::I32(value)),
                Op::LocalGet(index) => stack.push(*locals.get(index).ok_or_else(broken)?),
                Op::LocalSet(index) => {
                    *locals.get_mut(index).ok_or_else(broken)? = stack.pop().ok_or_else(broken)?;
                }
                Op::LocalTee(index) => {
                    *locals.get_mut(index).ok_or_else(broken)? =
                        *stack.last().ok_or_else(broken)?;
                }
                Op::Add => binary(&mut stack, |a, b| Ok(a.wrapping_add(b)))?,
                Op::Sub => binary(&mut stack, |a, b| Ok(a.wrapping_sub(b)))?,
                Op::Mul => binary(&mut stack, |a, b| Ok(a.wrapping_mul(b)))?,
                Op::DivS => binary(&mut stack, |a, b| match b {
                    0 => Err(Trap::IntegerDivideByZero),
                    _ => a.checked_div(b).ok_or(Trap::IntegerOverflow),
                })?,
                Op::Drop => drop(stack.pop()),
                Op::Call(index) => {
                    let callee = *funcs.get(index).ok_or_else(broken)?;
                    let count = self.find(callee)?.ty.params.len();
                    let first = stack.len().checked_sub(count).ok_or_else(broken)?;
                    let args = stack.split_off(first);
                    stack.extend(self.execute(callee, &args)?);
                }
                Op::Unreachable => return Err(Error::trap(Trap::Unreachable)),
            }
        }
        Ok(stack)
    }
}

fn binary(stack: &mut Vec<CoreValue>, op: fn(i32, i32) -> Result<i32, Trap>) -> Result<()> {
    let (Some(CoreValue::I32(b)), Some(CoreValue::I32(a))) = (stack.pop(), stack.pop()) else {
        return Err(broken());
    };
    stack.push(CoreValue::I32(op(a, b)?));
    Ok(())
}

fn foreign() -> Error {
    Error::misuse("expected a handle of this store, found one of another")
}

/// The interpreter relies on validation; without it, this is as far as it gets.
fn broken() -> Error {
    Error::engine("expected a module that was validated")
}

impl CoreStore for ToyStore {
    fn host(&mut self) -> &mut HostState {
        &mut self.host
    }

    fn instantiate(
        &mut self,
        module: &CoreModule,
        imports: &[CoreExtern],
    ) -> Result<CoreInstanceId> {
        let code = module.compiled::<Code>()?;
        if imports.len() != code.imports.len() {
            let (wanted, found) = (code.imports.len(), imports.len());
            return Err(Error::link(format!(
                "expected {wanted} imports, found {found}"
            )));
        }
        let mut funcs = Vec::new();
        for (wanted, import) in code.imports.iter().zip(imports) {
            match import {
                CoreExtern::Func(func) if self.find(*func)?.ty == *wanted => funcs.push(*func),
                CoreExtern::Func(func) => {
                    let found = &self.find(*func)?.ty;
                    return Err(Error::link(format!("expected {wanted}, found {found}")));
                }
                _ => return Err(Error::link(format!("expected {wanted}, found no function"))),
            }
        }
        let instance = self.instances.len();
        for (own, function) in code.funcs.iter().enumerate() {
            let body = Body::Guest { instance, own };
            funcs.push(self.add(function.ty.clone(), body)?);
        }
        self.instances.push(Instance {
            module: module.clone(),
            funcs: funcs.into(),
        });
        let index = u32::try_from(instance).map_err(|_| Limit::EngineCapacity)?;
        Ok(CoreInstanceId::new(self.number, index))
    }

    fn export(&mut self, instance: CoreInstanceId, name: &str) -> Option<CoreExtern> {
        if instance.store() != self.number {
            return None;
        }
        let instance = self.instances.get(instance.index() as usize)?;
        let exports = &instance.module.compiled::<Code>().ok()?.exports;
        let (_, index) = exports.iter().find(|(export, _)| export == name)?;
        instance.funcs.get(*index).copied().map(CoreExtern::Func)
    }

    fn host_func(&mut self, ty: CoreFuncType, func: HostFn) -> Result<CoreFunc> {
        self.add(ty, Body::Host(func))
    }

    fn call(
        &mut self,
        func: CoreFunc,
        args: &[CoreValue],
        results: &mut [CoreValue],
    ) -> Result<()> {
        let ty = &self.find(func)?.ty;
        check_core_args(&ty.params, args)?;
        if results.len() != ty.results.len() {
            let (wanted, found) = (ty.results.len(), results.len());
            return Err(Error::misuse(format!(
                "expected room for {wanted} results, found {found}"
            )));
        }
        results.copy_from_slice(&self.execute(func, args)?);
        Ok(())
    }

    fn func_type(&mut self, func: CoreFunc) -> Result<CoreFuncType> {
        Ok(self.find(func)?.ty.clone())
    }

    // There are no memories, tables and globals, so every handle of one is another store's.

    fn memory_type(&mut self, _: CoreMemory) -> Result<MemoryType> {
        Err(foreign())
    }
    fn memory(&mut self, _: CoreMemory) -> Result<MemoryView<'_>> {
        Err(foreign())
    }
    fn memory_grow(&mut self, _: CoreMemory, _: u64) -> Result<Option<u64>> {
        Err(foreign())
    }
    fn table_type(&mut self, _: CoreTable) -> Result<TableType> {
        Err(foreign())
    }
    fn table_at(&mut self, _: CoreTable, _: u64) -> Result<Option<CoreValue>> {
        Err(foreign())
    }
    fn global_type(&mut self, _: CoreGlobal) -> Result<GlobalType> {
        Err(foreign())
    }
    fn global(&mut self, _: CoreGlobal) -> Result<CoreValue> {
        Err(foreign())
    }
    fn set_global(&mut self, _: CoreGlobal, _: CoreValue) -> Result<()> {
        Err(foreign())
    }
    fn fuel_consumed(&self) -> Option<u64> {
        None
    }
}

impl CoreCaller for ToyStore {
    fn caller_export(&mut self, name: &str) -> Option<CoreExtern> {
        let caller = u32::try_from(*self.running.last()?).ok()?;
        self.export(CoreInstanceId::new(self.number, caller), name)
    }

    fn as_store(&mut self) -> &mut dyn CoreStore {
        self
    }
}
