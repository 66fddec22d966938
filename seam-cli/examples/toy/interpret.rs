//! Execution. It uses the store's tables and nothing else of the seam.

use seam_core::{CoreFunc, CoreFuncType, CoreValue, Error, Limit, Result, Trap};

use crate::module::{Code, Op};
use crate::store::{Body, Func, Memory, ToyStore, foreign};

/// Maximum nesting depth of guest calls. Each call uses native stack.
const MAX_DEPTH: usize = 200;

impl ToyStore {
    /// Calls a function with arguments that have been checked.
    pub(crate) fn execute(&mut self, func: CoreFunc, args: &[CoreValue]) -> Result<Vec<CoreValue>> {
        let Func { ty, body } = self.func(func)?.clone();
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
        let instance = self.instances.get(at).ok_or_else(foreign)?.clone();
        let code = instance.module.compiled::<Code>()?;
        let function = code.funcs.get(own).ok_or_else(broken)?;
        let memory = instance.memories.first().copied();
        let mut locals = args.to_vec();
        locals.extend(std::iter::repeat_n(CoreValue::I32(0), function.locals));
        let mut stack = Stack(Vec::new());
        for op in &function.body {
            self.charge()?;
            match op {
                Op::Const(value) => stack.push(*value),
                Op::LocalGet(index) => stack.0.push(*locals.get(*index).ok_or_else(broken)?),
                Op::LocalSet(index) => {
                    *locals.get_mut(*index).ok_or_else(broken)? = CoreValue::I32(stack.pop()?);
                }
                Op::LocalTee(index) => {
                    *locals.get_mut(*index).ok_or_else(broken)? =
                        *stack.0.last().ok_or_else(broken)?;
                }
                Op::GlobalGet(index) => {
                    let global = *instance.globals.get(*index).ok_or_else(broken)?;
                    stack.0.push(self.global_mut(global)?.1);
                }
                Op::GlobalSet(index) => {
                    let global = *instance.globals.get(*index).ok_or_else(broken)?;
                    self.global_mut(global)?.1 = CoreValue::I32(stack.pop()?);
                }
                Op::Add => stack.binary(|a, b| Ok(a.wrapping_add(b)))?,
                Op::Sub => stack.binary(|a, b| Ok(a.wrapping_sub(b)))?,
                Op::Mul => stack.binary(|a, b| Ok(a.wrapping_mul(b)))?,
                Op::DivS => stack.binary(|a, b| match b {
                    0 => Err(Trap::IntegerDivideByZero),
                    _ => a.checked_div(b).ok_or(Trap::IntegerOverflow),
                })?,
                Op::Drop => drop(stack.pop()?),
                Op::Load(offset) => {
                    let address = stack.pop()?;
                    let memory = self.memory_mut(memory.ok_or_else(broken)?)?;
                    stack.push(i32::from_le_bytes(*word(memory, address, *offset)?));
                }
                Op::Store(offset) => {
                    let (value, address) = (stack.pop()?, stack.pop()?);
                    let memory = self.memory_mut(memory.ok_or_else(broken)?)?;
                    *word(memory, address, *offset)? = value.to_le_bytes();
                }
                Op::MemorySize => {
                    let memory = self.memory_mut(memory.ok_or_else(broken)?)?;
                    stack.push(memory.pages().cast_signed());
                }
                Op::MemoryGrow => {
                    let delta = stack.pop()?.cast_unsigned();
                    let memory = self.memory_mut(memory.ok_or_else(broken)?)?;
                    let before = memory.grow(delta.into());
                    stack.push(before.map_or(-1, u32::cast_signed));
                }
                Op::Call(index) => {
                    let callee = *instance.funcs.get(*index).ok_or_else(broken)?;
                    self.call_on(&mut stack, callee)?;
                }
                Op::CallIndirect(ty) => {
                    let index = stack.pop()?.cast_unsigned() as usize;
                    let table = self.table_ref(*instance.tables.first().ok_or_else(broken)?)?;
                    let element = table.elements.get(index).ok_or(Trap::UndefinedElement)?;
                    let callee = element.ok_or(Trap::UninitializedElement)?;
                    self.check_type(callee, ty)?;
                    self.call_on(&mut stack, callee)?;
                }
                Op::Unreachable => return Err(Error::trap(Trap::Unreachable)),
            }
        }
        Ok(stack.0)
    }

    fn check_type(&self, callee: CoreFunc, ty: &CoreFuncType) -> Result<()> {
        match self.func(callee)?.ty == *ty {
            true => Ok(()),
            false => Err(Error::trap(Trap::BadSignature)),
        }
    }

    /// Calls a function whose arguments are on the stack, and pushes its results.
    fn call_on(&mut self, stack: &mut Stack, callee: CoreFunc) -> Result<()> {
        let count = self.func(callee)?.ty.params.len();
        let first = stack.0.len().checked_sub(count).ok_or_else(broken)?;
        let args = stack.0.split_off(first);
        stack.0.extend(self.execute(callee, &args)?);
        Ok(())
    }
}

/// The operand stack of a function.
struct Stack(Vec<CoreValue>);

impl Stack {
    fn push(&mut self, value: i32) {
        self.0.push(CoreValue::I32(value));
    }

    fn pop(&mut self) -> Result<i32> {
        match self.0.pop() {
            Some(CoreValue::I32(value)) => Ok(value),
            _ => Err(broken()),
        }
    }

    fn binary(&mut self, op: fn(i32, i32) -> Result<i32, Trap>) -> Result<()> {
        let (b, a) = (self.pop()?, self.pop()?);
        self.push(op(a, b)?);
        Ok(())
    }
}

/// Returns the four bytes at an address.
fn word(memory: &mut Memory, address: i32, offset: u32) -> Result<&mut [u8; 4]> {
    let at = u64::from(address.cast_unsigned()) + u64::from(offset);
    let at = usize::try_from(at).map_err(|_| Trap::MemoryOutOfBounds)?;
    let bytes = memory.bytes.get_mut(at..);
    let word = bytes.and_then(|bytes| bytes.first_chunk_mut());
    word.ok_or_else(|| Error::trap(Trap::MemoryOutOfBounds))
}

/// The interpreter relies on validation. This error is returned for code that is not valid.
pub(crate) fn broken() -> Error {
    Error::engine("expected a module that was validated")
}
