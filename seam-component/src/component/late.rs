//! Functions that must be made after the core instance that imports them.

use seam_core::{CoreFunc, CoreFuncType, CoreStore, Error, Result};
use seam_decode::CoreItem;

use crate::generated::Generated;
use crate::glue::Shim;

/// The functions of a plan that wait for their caller. A shim stands for them.
#[derive(Default)]
pub(super) struct Late {
    waiting: Vec<CoreItem>,
    types: Vec<CoreFuncType>,
    /// Made when the first function is imported.
    shims: Vec<Shim>,
    funcs: Vec<CoreFunc>,
}

impl Late {
    /// Adds a function, and returns its position.
    pub(super) fn add(&mut self, item: CoreItem, ty: CoreFuncType) -> usize {
        self.waiting.push(item);
        self.types.push(ty);
        self.waiting.len() - 1
    }

    /// Returns the function that stands for the one at this position.
    ///
    /// # Errors
    /// Those of [`Shim::all`].
    pub(super) fn func(
        &mut self,
        generated: &Generated,
        store: &mut dyn CoreStore,
        position: usize,
    ) -> Result<CoreFunc> {
        if self.shims.is_empty() {
            self.shims = Shim::all(generated, store, &self.types)?;
            for shim in &self.shims {
                self.funcs.extend(shim.funcs(store)?);
            }
        }
        let func = self.funcs.get(position).copied();
        func.ok_or_else(|| Error::engine("expected a function of a shim, found none"))
    }

    /// Takes the functions that wait, in order.
    pub(super) fn take(&mut self) -> Vec<CoreItem> {
        std::mem::take(&mut self.waiting)
    }

    /// Connects the shims with the functions, in order.
    ///
    /// # Errors
    /// Those of [`Shim::fill`].
    pub(super) fn fill(
        &self,
        generated: &Generated,
        store: &mut dyn CoreStore,
        mut funcs: &[CoreFunc],
    ) -> Result<()> {
        for shim in &self.shims {
            let (own, rest) = funcs.split_at(shim.len().min(funcs.len()));
            shim.fill(generated, store, own)?;
            funcs = rest;
        }
        Ok(())
    }
}
