//! The harness of witness, which measures MC/DC coverage: what its exported counters say after some
//! calls.
//!
//! witness instruments a core module, or the core module inside a component. The harness calls
//! exports of the instrumented artifact and hands over what was counted, as a [`Record`]. witness
//! itself needs an embedded engine for that, and cannot look inside a component. [`measure`] works on
//! every backend that has [`InnerGlobals`](seam_core::Capability::InnerGlobals).
//!
//! ```
//! use seam_core::{Artifact, BackendExt, World};
//! use seam_diff::Step;
//! use seam_diff::witness::{self, Measured, Schema};
//! use seam_wasmi::Wasmi;
//!
//! # fn main() -> seam_core::Result<()> {
//! let text = r#"(module
//!     (global $c (export "__witness_counter_0") (mut i64) (i64.const 0))
//!     (func (export "f") (global.set $c (i64.add (global.get $c) (i64.const 1)))))"#;
//! let artifact = Artifact::from_wat("f.wat", text)?;
//! let mut instance = Wasmi::new().instantiate_blocking(&artifact, &World::new())?;
//! let rows = [Measured::new("f", Step::invoke("f", []))];
//! let record = witness::measure(&mut *instance, &rows, None)?;
//! assert_eq!(record.schema, Schema::V1);
//! assert_eq!(record.counters[&0], 1);
//! # Ok(())
//! # }
//! ```

mod discover;
mod measured;
mod probe;
mod record;
mod row;

use seam_core::{Error, Instance, Result};

use crate::Variables;

use probe::Probe;

pub use discover::discover;
pub use measured::Measured;
pub use record::{Record, Row, Schema};

/// Performs the steps in order, and returns what the instance counted.
///
/// Without a schema, it is [`Schema::V2`] if the artifact can reset its rows, and [`Schema::V1`]
/// otherwise.
///
/// # Errors
/// `Misuse` if no core instance has counters, if modules that are not the same number their branches
/// alike, or if the artifact cannot do what the schema needs. `Invalid` if a counter is not of the
/// type that witness gives it. Everything that ends a step without a result: witness has no record
/// of a call that trapped.
pub fn measure(
    instance: &mut dyn Instance,
    steps: &[Measured],
    schema: Option<Schema>,
) -> Result<Record> {
    let probe = Probe::of(instance)?;
    let schema = match schema {
        Some(schema) => schema,
        None if probe.rows().is_ok() => Schema::V2,
        None => Schema::V1,
    };
    let (mut rows, mut variables) = (Vec::new(), Variables::new());
    for measured in steps {
        let done = match schema {
            Schema::V1 => row::perform(instance, &mut variables, &measured.step).map(drop),
            Schema::V2 => row::measure(instance, &mut variables, probe.rows()?, measured)
                .map(|row| rows.push(row)),
        };
        done.map_err(|error| during(error, measured))?;
    }
    Ok(Record {
        schema,
        counters: probe.counters(instance)?,
        rows,
    })
}

fn during(error: Error, measured: &Measured) -> Error {
    match error.operation() {
        Some(_) => error,
        None => error.during(format!("measure {}", measured.name)),
    }
}
