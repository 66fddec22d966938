//! Probes what kiln does with host functions before the adapter relies on it.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use seam_core::{Error, Result};

use crate::error::of_loading;
use crate::kiln::{HostImportHandler, Kiln, KilnError, KilnResult, KilnValue};

/// The order in which arguments arrive at a host function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The first parameter comes first.
    Forward,
    /// The last parameter comes first.
    Reversed,
}

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Order::Forward => "first parameter first",
            Order::Reversed => "last parameter first",
        })
    }
}

/// How kiln behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Probed {
    /// The order of arguments, which is the same for direct and indirect calls.
    pub order: Order,
    /// Whether kiln counted fuel for a call.
    pub fuel: bool,
}

/// The module that probes kiln: `direct` and `indirect` call the host with (1, 2, 3.0, 4.0), by
/// `call` and by `call_indirect`. `direct` also writes the result to memory, reads it and adds one.
///
/// ```wat
/// (module
///   (type (func (param i32 i64 f32 f64) (result i32)))
///   (type (func (result i32)))
///   (import "probe" "direct" (func (type 0)))
///   (import "probe" "indirect" (func (type 0)))
///   (table 1 1 funcref)
///   (memory (export "memory") 1)
///   (global (export "global") (mut i64) (i64.const 5))
///   (func (export "direct") (type 1)
///     i32.const 8
///     i32.const 1  i64.const 2  f32.const 3  f64.const 4  call 0
///     i32.store
///     i32.const 8  i32.load  i32.const 1  i32.add)
///   (func (export "indirect") (type 1)
///     i32.const 1  i64.const 2  f32.const 3  f64.const 4
///     i32.const 0  call_indirect (type 0))
///   (elem (i32.const 0) func 1)
///   (data (i32.const 4) "kiln"))
/// ```
const PROBE: &[u8] = b"\0asm\x01\0\0\0\
\x01\x0d\x02\x60\x04\x7f\x7e\x7d\x7c\x01\x7f\x60\0\x01\x7f\
\x02\x21\x02\x05probe\x06direct\0\0\x05probe\x08indirect\0\0\
\x03\x03\x02\x01\x01\
\x04\x05\x01\x70\x01\x01\x01\
\x05\x03\x01\0\x01\
\x06\x06\x01\x7e\x01\x42\x05\x0b\
\x07\x27\x04\x06memory\x02\0\x06global\x03\0\x06direct\0\x02\x08indirect\0\x03\
\x09\x07\x01\0\x41\0\x0b\x01\x01\
\x0a\x3f\x02\x23\0\
\x41\x08\
\x41\x01\x42\x02\x43\0\0\x40\x40\x44\0\0\0\0\0\0\x10\x40\x10\0\
\x36\x02\0\
\x41\x08\x28\x02\0\x41\x01\x6a\x0b\
\x19\0\
\x41\x01\x42\x02\x43\0\0\x40\x40\x44\0\0\0\0\0\0\x10\x40\
\x41\0\x11\0\0\x0b\
\x0b\x0a\x01\0\x41\x04\x0b\x04kiln";

/// The calls that arrived at the host: the import's name and the arguments.
type Seen = Arc<Mutex<Vec<(String, Vec<KilnValue>)>>>;

struct Recorder(Seen);

impl HostImportHandler for Recorder {
    fn call_import(
        &mut self,
        module: &str,
        function: &str,
        args: &[KilnValue],
    ) -> KilnResult<Vec<KilnValue>> {
        if module != "probe" {
            return Err(KilnError::HOST);
        }
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.push((function.to_string(), args.to_vec()));
        Ok(vec![KilnValue::I32(41)])
    }
}

/// Probes a fresh engine.
///
/// # Errors
/// `Engine` if kiln behaves in a way that this adapter does not know. The message says what was
/// expected and what was found.
pub(crate) fn probe<K: Kiln>(kiln: &mut K) -> Result<Probed> {
    let seen = Seen::default();
    kiln.set_host_handler(Box::new(Recorder(seen.clone())));
    let module = kiln.load_module(PROBE).map_err(of_loading)?;
    let instance = kiln.instantiate(module).map_err(of_loading)?;
    let mut call = |export: &str, result| {
        let results = kiln.execute(instance, export, &[]).map_err(of_loading)?;
        let what = format!("the result of a call of `{export}`");
        expect(&what, &results, &[KilnValue::I32(result)])?;
        let seen = std::mem::take(&mut *seen.lock().unwrap_or_else(PoisonError::into_inner));
        let fuel = kiln.remaining_fuel();
        Ok::<_, Error>((order(export, &seen)?, fuel))
    };
    let (order, before) = call("direct", 42)?;
    let (of_indirect, after) = call("indirect", 41)?;
    if of_indirect != order {
        return Err(Error::engine(format!(
            "expected the same order of arguments for direct and indirect calls of a host function \
             from kiln, found {order} for a direct call and {of_indirect} for an indirect one; the \
             feature `wasi` of `kiln-runtime` has this effect, so build it without"
        )));
    }
    objects(kiln, instance)?;
    Ok(Probed {
        order,
        fuel: before.is_some() && after < before,
    })
}

/// Returns the order of the arguments of the one call that arrived.
fn order(import: &str, seen: &[(String, Vec<KilnValue>)]) -> Result<Order> {
    let forward = [
        KilnValue::I32(1),
        KilnValue::I64(2),
        KilnValue::F32(3f32.to_bits()),
        KilnValue::F64(4f64.to_bits()),
    ];
    let mut reversed = forward.clone();
    reversed.reverse();
    match seen {
        [(name, args)] if name == import && **args == forward => Ok(Order::Forward),
        [(name, args)] if name == import && **args == reversed => Ok(Order::Reversed),
        found => Err(Error::engine(format!(
            "expected kiln to call the host's `{import}` once, with {forward:?} in this or the \
             reverse order, found {found:?}"
        ))),
    }
}

/// Checks that memories and globals can be read and written from outside.
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
    fn the_probe_is_the_text_in_its_documentation() {
        let source = include_str!("probe.rs");
        let (_, text) = source.split_once("/// ```wat\n").unwrap();
        let (text, _) = text.split_once("/// ```\n").unwrap();
        let text = text.replace("/// ", "");
        assert_eq!(wat::parse_str(text).unwrap(), PROBE);
    }

    fn seen(import: &str, args: &[KilnValue]) -> Vec<(String, Vec<KilnValue>)> {
        vec![(import.to_string(), args.to_vec())]
    }

    #[test]
    fn one_call_with_arguments_in_a_known_order_is_accepted() {
        let mut args = [
            KilnValue::I32(1),
            KilnValue::I64(2),
            KilnValue::F32(0x4040_0000),
            KilnValue::F64(0x4010_0000_0000_0000),
        ];
        assert_eq!(
            order("direct", &seen("direct", &args)).unwrap(),
            Order::Forward
        );
        args.reverse();
        assert_eq!(
            order("direct", &seen("direct", &args)).unwrap(),
            Order::Reversed
        );
        assert!(
            order("indirect", &seen("direct", &args)).is_err(),
            "another import"
        );
        let twice = [seen("direct", &args), seen("direct", &args)].concat();
        assert!(order("direct", &twice).is_err(), "two calls");
        assert!(order("direct", &[]).is_err(), "no call");
        args.swap(0, 1);
        let error = order("direct", &seen("direct", &args))
            .unwrap_err()
            .to_string();
        let text = "expected kiln to call the host's `direct` once, with [I32(1), I64(2), ";
        assert!(error.starts_with(text), "{error}");
        assert!(error.contains("found [(\"direct\", [F32("), "{error}");
    }
}
