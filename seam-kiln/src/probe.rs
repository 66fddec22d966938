//! What kiln does with host functions, found out before anything is trusted to it.

use std::sync::{Arc, Mutex, PoisonError};

use seam_core::{Error, Result};

use crate::error::of_loading;
use crate::fault::{KilnError, KilnResult};
use crate::kiln::{HostImportHandler, Kiln};
use crate::value::KilnValue;

/// How arguments arrive at a host function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The first parameter first.
    Forward,
    /// The last parameter first.
    Reversed,
}

/// What kiln was found to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Probed {
    /// The order of arguments.
    pub order: Order,
    /// Whether a call was counted in fuel.
    pub fuel: bool,
}

/// The probe: `run` calls the host with (1, 2, 3.0, 4.0), writes its result to memory, and gives it
/// back plus one.
///
/// ```wat
/// (module
///   (type (func (param i32 i64 f32 f64) (result i32)))
///   (type (func (result i32)))
///   (import "probe" "args" (func (type 0)))
///   (memory (export "memory") 1)
///   (global (export "global") (mut i64) (i64.const 5))
///   (func (export "run") (type 1)
///     i32.const 8
///     i32.const 1  i64.const 2  f32.const 3  f64.const 4  call 0
///     i32.store
///     i32.const 8  i32.load  i32.const 1  i32.add)
///   (data (i32.const 4) "kiln"))
/// ```
const PROBE: &[u8] = b"\0asm\x01\0\0\0\
\x01\x0d\x02\x60\x04\x7f\x7e\x7d\x7c\x01\x7f\x60\0\x01\x7f\
\x02\x0e\x01\x05probe\x04args\0\0\
\x03\x02\x01\x01\
\x05\x03\x01\0\x01\
\x06\x06\x01\x7e\x01\x42\x05\x0b\
\x07\x19\x03\x06memory\x02\0\x06global\x03\0\x03run\0\x01\
\x0a\x25\x01\x23\0\
\x41\x08\
\x41\x01\x42\x02\x43\0\0\x40\x40\x44\0\0\0\0\0\0\x10\x40\x10\0\
\x36\x02\0\
\x41\x08\x28\x02\0\x41\x01\x6a\x0b\
\x0b\x0a\x01\0\x41\x04\x0b\x04kiln";

/// Arguments that arrived at the probe's import.
type Seen = Arc<Mutex<Vec<Vec<KilnValue>>>>;

struct Recorder(Seen);

impl HostImportHandler for Recorder {
    fn call_import(
        &mut self,
        module: &str,
        function: &str,
        args: &[KilnValue],
    ) -> KilnResult<Vec<KilnValue>> {
        if (module, function) != ("probe", "args") {
            return Err(KilnError::HOST);
        }
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.push(args.to_vec());
        Ok(vec![KilnValue::I32(41)])
    }
}

/// Runs the probe on a fresh engine.
///
/// # Errors
/// `Engine` for a kiln that does something the seam does not know: what was expected and what was
/// found.
pub(crate) fn probe<K: Kiln>(kiln: &mut K) -> Result<Probed> {
    let seen = Seen::default();
    kiln.set_host_handler(Box::new(Recorder(seen.clone())));
    let module = kiln.load_module(PROBE).map_err(of_loading)?;
    let instance = kiln.instantiate(module).map_err(of_loading)?;
    let fuel = kiln.remaining_fuel();
    let results = kiln.execute(instance, "run", &[]).map_err(of_loading)?;
    expect("the result of a call", &results, &[KilnValue::I32(42)])?;
    let seen = seen.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let order = order(&seen)?;
    objects(kiln, instance)?;
    Ok(Probed {
        order,
        fuel: fuel.is_some() && kiln.remaining_fuel() < fuel,
    })
}

fn order(seen: &[Vec<KilnValue>]) -> Result<Order> {
    let forward = [
        KilnValue::I32(1),
        KilnValue::I64(2),
        KilnValue::F32(3f32.to_bits()),
        KilnValue::F64(4f64.to_bits()),
    ];
    let mut reversed = forward.clone();
    reversed.reverse();
    match seen {
        [args] if **args == forward => Ok(Order::Forward),
        [args] if **args == reversed => Ok(Order::Reversed),
        found => Err(Error::engine(format!(
            "expected kiln to call the host once, with arguments in either order, found {found:?}"
        ))),
    }
}

/// The memory and the global, from outside.
fn objects<K: Kiln>(kiln: &K, instance: u32) -> Result<()> {
    let memory = kiln
        .memory_by_name(instance, "memory")
        .map_err(of_loading)?;
    expect("the size of a memory", &memory.size(), &65536)?;
    let mut bytes = [0; 8];
    memory.read(4, &mut bytes).map_err(of_loading)?;
    expect("the bytes of a memory", &bytes, b"kiln\x29\0\0\0")?;
    memory.write(65535, b"!").map_err(of_loading)?;
    let mut last = [0];
    memory.read(65535, &mut last).map_err(of_loading)?;
    expect("a byte written to a memory", &last, b"!")?;
    let global = kiln
        .global_by_name(instance, "global")
        .map_err(of_loading)?;
    let value = global.get().map_err(of_loading)?;
    expect("the value of a global", &value, &KilnValue::I64(5))?;
    global.set(KilnValue::I64(6)).map_err(of_loading)?;
    let value = global.get().map_err(of_loading)?;
    expect("a value set", &value, &KilnValue::I64(6))
}

fn expect<T: PartialEq<U> + std::fmt::Debug + ?Sized, U: std::fmt::Debug + ?Sized>(
    what: &str,
    found: &T,
    expected: &U,
) -> Result<()> {
    if found == expected {
        return Ok(());
    }
    Err(Error::engine(format!(
        "{what}: expected {expected:?} from kiln, found {found:?}"
    )))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn the_probe_is_the_text_beside_it() {
        let text = r#"(module
            (type (func (param i32 i64 f32 f64) (result i32)))
            (type (func (result i32)))
            (import "probe" "args" (func (type 0)))
            (memory (export "memory") 1)
            (global (export "global") (mut i64) (i64.const 5))
            (func (export "run") (type 1)
                i32.const 8
                i32.const 1  i64.const 2  f32.const 3  f64.const 4  call 0
                i32.store
                i32.const 8  i32.load  i32.const 1  i32.add)
            (data (i32.const 4) "kiln"))"#;
        assert_eq!(wat::parse_str(text).unwrap(), PROBE);
    }

    #[test]
    fn arguments_in_no_known_order_are_refused() {
        let odd = vec![vec![KilnValue::I32(1)]];
        let error = order(&odd).unwrap_err().to_string();
        assert!(
            error.contains("expected kiln to call the host once"),
            "{error}"
        );
        assert!(error.contains("[[I32(1)]]"), "{error}");
        assert!(order(&[]).is_err());
    }
}
