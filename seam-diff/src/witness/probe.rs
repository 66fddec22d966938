//! Finds the instrumented core instances, and reads their counters.

use std::collections::BTreeMap;

use seam_core::{
    CoreExternType, CoreInstance, CorePath, CoreSnapshot, CoreValue, Error, Instance, Origin,
    Query, Result, Snapshot,
};

/// The prefix of everything that witness adds to the exports of a module.
pub(super) const PREFIX: &str = "__witness_";
const COUNTER: &str = "__witness_counter_";
pub(super) const ROW_RESET: &str = "__witness_row_reset";
pub(super) const TRACE_RESET: &str = "__witness_trace_reset";
pub(super) const TRACE: &str = "__witness_trace";

/// The instrumented core instances of an instance.
pub(super) struct Probe {
    instances: Vec<CoreInstance>,
}

/// The core instance whose rows are read.
pub(super) struct Rows<'a> {
    pub(super) at: &'a CorePath,
    /// Whether the trace can be reset, and its size in bytes.
    pub(super) trace: Option<u64>,
}

impl Probe {
    /// Finds the core instances that export counters.
    ///
    /// # Errors
    /// `Misuse` if there are none, or if two modules that are not the same have a counter of the same
    /// number. `Unsupported(InnerGlobals)`.
    pub(super) fn of(instance: &mut dyn Instance) -> Result<Self> {
        let mut instances = instance.cores()?;
        instances.retain(|core| core.origin == Origin::Main && counters(core).next().is_some());
        if instances.is_empty() {
            return Err(Error::misuse(format!(
                "expected an artifact that witness has instrumented, found no exported global \
                 `{COUNTER}<number>`"
            )));
        }
        let mut seen: BTreeMap<u64, &CoreInstance> = BTreeMap::new();
        for core in &instances {
            for id in counters(core) {
                let first = *seen.entry(id).or_insert(core);
                if first.exports != core.exports || first.module != core.module {
                    return Err(Error::misuse(format!(
                        "expected one module with counter {id}, found different ones in core \
                         instances {} and {}; fuse the component first",
                        first.path, core.path
                    )));
                }
            }
        }
        Ok(Self { instances })
    }

    /// Returns the core instance whose rows can be read.
    ///
    /// # Errors
    /// `Misuse` if there are several, or if it cannot reset its rows.
    pub(super) fn rows(&self) -> Result<Rows<'_>> {
        let [core] = self.instances.as_slice() else {
            let paths = self.instances.iter().map(|core| core.path.to_string());
            let paths: Vec<_> = paths.collect();
            return Err(Error::misuse(format!(
                "expected one instrumented core instance, for rows, found {}: {}",
                paths.len(),
                paths.join(", ")
            )));
        };
        if !is_func(core, ROW_RESET) {
            return Err(Error::misuse(format!(
                "expected an exported function `{ROW_RESET}`, for rows, found none"
            )));
        }
        let size = export(core, TRACE).and_then(|ty| match ty {
            CoreExternType::Memory(ty) => ty.minimum.checked_mul(ty.page_size()),
            _ => None,
        });
        Ok(Rows {
            at: &core.path,
            trace: size.filter(|_| is_func(core, TRACE_RESET)),
        })
    }

    /// Reads the counters. Those of several instances of one module are added up.
    ///
    /// # Errors
    /// `Invalid` if a counter is not an integer.
    pub(super) fn counters(&self, instance: &mut dyn Instance) -> Result<BTreeMap<u64, u64>> {
        let mut all: BTreeMap<u64, u64> = BTreeMap::new();
        let taken = instance.snapshot(&Query::new().with_prefix(COUNTER))?;
        for core in &self.instances {
            for (id, value) in numbered(at(&taken, &core.path)?, COUNTER) {
                let value = match value {
                    CoreValue::I64(value) => u64::from_ne_bytes(value.to_ne_bytes()),
                    CoreValue::I32(value) => unsigned(value).into(),
                    other => return Err(mistyped(COUNTER, id, "i32 or i64", &other)),
                };
                let counter = all.entry(id).or_default();
                *counter = counter.saturating_add(value);
            }
        }
        Ok(all)
    }
}

/// Reads the globals of a core instance whose names are `prefix` and a number.
///
/// # Errors
/// `Invalid` if one is not an `i32`.
pub(super) fn words(core: &CoreSnapshot, prefix: &str) -> Result<BTreeMap<u64, u32>> {
    let word = |(id, value)| match value {
        CoreValue::I32(value) => Ok((id, unsigned(value))),
        other => Err(mistyped(prefix, id, "i32", &other)),
    };
    numbered(core, prefix).map(word).collect()
}

/// Returns the part of a snapshot that is of this core instance.
///
/// # Errors
/// `Engine` if there is none.
pub(super) fn at<'a>(taken: &'a Snapshot, path: &CorePath) -> Result<&'a CoreSnapshot> {
    let found = taken.instances.iter().find(|core| core.path == *path);
    found.ok_or_else(|| Error::engine(format!("expected a snapshot of core instance {path}")))
}

fn counters(core: &CoreInstance) -> impl Iterator<Item = u64> + '_ {
    core.exports.iter().filter_map(|(name, ty)| match ty {
        CoreExternType::Global(_) => name.strip_prefix(COUNTER)?.parse().ok(),
        _ => None,
    })
}

fn numbered<'a>(
    core: &'a CoreSnapshot,
    prefix: &'a str,
) -> impl Iterator<Item = (u64, CoreValue)> + 'a {
    core.globals.iter().filter_map(move |(name, value)| {
        let id = name.strip_prefix(prefix)?.parse().ok()?;
        Some((id, *value))
    })
}

fn export<'a>(core: &'a CoreInstance, name: &str) -> Option<&'a CoreExternType> {
    let found = core.exports.iter().find(|(export, _)| **export == *name);
    found.map(|(_, ty)| ty)
}

fn is_func(core: &CoreInstance, name: &str) -> bool {
    let ty = export(core, name);
    matches!(ty, Some(CoreExternType::Func(ty)) if ty.params.is_empty() && ty.results.is_empty())
}

fn unsigned(value: i32) -> u32 {
    u32::from_ne_bytes(value.to_ne_bytes())
}

fn mistyped(prefix: &str, id: u64, expected: &str, found: &CoreValue) -> Error {
    Error::invalid(format!(
        "expected global `{prefix}{id}` of type {expected}, found {}",
        found.kind()
    ))
}
