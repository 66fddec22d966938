//! kiln's fixed capacities.

use std::collections::HashMap;

use seam_core::{CoreExternType, CoreModuleType, Error, ErrorKind, Limit, Result};

/// Something that kiln has fixed room for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Capacity {
    /// Modules that one engine loads. kiln never unloads a module.
    Modules,
    /// Instances in one engine.
    Instances,
    /// Exports of a module.
    Exports,
    /// Functions imported under one module name.
    FunctionImports,
    /// Parameters of a function.
    Parameters,
    /// Results of a function.
    Results,
    /// Items of an element segment.
    ElementItems,
    /// Runs of locals of the same type in a function.
    LocalRuns,
    /// Bytes in the field name of an import.
    ImportName,
}

impl Capacity {
    /// Returns the maximum in kiln 0.4.4.
    #[must_use]
    pub const fn maximum(self) -> usize {
        match self {
            Capacity::Modules | Capacity::Instances => 32,
            Capacity::Exports | Capacity::FunctionImports | Capacity::LocalRuns => 256,
            Capacity::Parameters | Capacity::Results => 128,
            Capacity::ElementItems => 4096,
            Capacity::ImportName => 113,
        }
    }

    /// Checks that kiln has room for this many.
    ///
    /// # Errors
    /// `Limit(EngineCapacity)`, before kiln's own error.
    pub(crate) fn check(self, found: usize) -> Result<()> {
        let (maximum, what) = (self.maximum(), self.what());
        if found <= maximum {
            return Ok(());
        }
        let message = format!("expected at most {maximum} {what}, kiln's maximum, found {found}");
        Err(Error::new(ErrorKind::Limit(Limit::EngineCapacity), message))
    }

    const fn what(self) -> &'static str {
        match self {
            Capacity::Modules => "modules in an engine, including generated ones",
            Capacity::Instances => "instances in an engine, including those of generated modules",
            Capacity::Exports => "exports of a module",
            Capacity::FunctionImports => "functions imported under one module name",
            Capacity::Parameters => "parameters of a function",
            Capacity::Results => "results of a function",
            Capacity::ElementItems => "items of an element segment",
            Capacity::LocalRuns => "runs of locals in a function",
            Capacity::ImportName => "bytes in the field name of an import",
        }
    }
}

/// Checks that kiln has room for a module's imports under the module's own names.
///
/// # Errors
/// As [`Capacity::check`].
pub(crate) fn check_import_names(ty: &CoreModuleType) -> Result<()> {
    let mut funcs: HashMap<&str, usize> = HashMap::new();
    for (module, field, ty) in &ty.imports {
        Capacity::ImportName.check(field.len())?;
        if let CoreExternType::Func(_) = ty {
            let count = funcs.entry(module).or_default();
            *count += 1;
            Capacity::FunctionImports.check(*count)?;
        }
    }
    Ok(())
}
