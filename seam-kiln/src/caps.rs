//! What kiln has room for.

use std::collections::HashMap;

use seam_core::{CoreExternType, CoreModuleType, Error, ErrorKind, Limit, Result};

/// Something that kiln has a fixed room for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    /// Modules that one engine loads; it never unloads one.
    Modules,
    /// Instances in one engine.
    Instances,
    /// Exports of a module.
    Exports,
    /// Imported functions under one module name.
    FunctionImports,
    /// Parameters of a function.
    Parameters,
    /// Results of a function.
    Results,
    /// Items of an element segment.
    ElementItems,
    /// Runs of locals of one type in a function.
    LocalRuns,
    /// Bytes in the field name of an import.
    ImportName,
}

impl Count {
    /// How many there are at most, in kiln 0.4.4.
    #[must_use]
    pub const fn most(self) -> usize {
        match self {
            Count::Modules | Count::Instances => 32,
            Count::Exports | Count::FunctionImports | Count::LocalRuns => 256,
            Count::Parameters | Count::Results => 128,
            Count::ElementItems => 4096,
            Count::ImportName => 113,
        }
    }

    const fn what(self) -> &'static str {
        match self {
            Count::Modules => "modules in an engine, generated ones among them",
            Count::Instances => "instances in an engine, generated ones among them",
            Count::Exports => "exports of a module",
            Count::FunctionImports => "functions imported under one module name",
            Count::Parameters => "parameters of a function",
            Count::Results => "results of a function",
            Count::ElementItems => "items of an element segment",
            Count::LocalRuns => "runs of locals in a function",
            Count::ImportName => "bytes in the name of an import",
        }
    }
}

/// Whether kiln takes a module's imports under their own names.
///
/// # Errors
/// As [`check`].
pub(crate) fn check_names(ty: &CoreModuleType) -> Result<()> {
    let mut funcs: HashMap<&str, usize> = HashMap::new();
    for (module, field, ty) in &ty.imports {
        check(Count::ImportName, field.len())?;
        if let CoreExternType::Func(_) = ty {
            let count = funcs.entry(module).or_default();
            *count += 1;
            check(Count::FunctionImports, *count)?;
        }
    }
    Ok(())
}

/// Whether kiln has room for so many.
///
/// # Errors
/// `Limit(EngineCapacity)`, before kiln's own.
pub(crate) fn check(count: Count, found: usize) -> Result<()> {
    if found <= count.most() {
        return Ok(());
    }
    let (most, what) = (count.most(), count.what());
    let message = format!("kiln has room for {most} {what}, found {found}");
    Err(Error::new(ErrorKind::Limit(Limit::EngineCapacity), message))
}
