//! One component under instantiation, and what its definitions mean by its index spaces.

use std::collections::HashMap;
use std::sync::Arc;

use seam_core::{Capability, CorePath, Error, Result};
use wasmparser::CanonicalOption;

use super::def::{ExternName, OptionsDef, OuterSort};
use super::index::{Env, IndexSpaces, ItemInst, apart, at};
use super::typing;
use crate::abi::{self, Context, Options, StringEncoding};
use crate::canon::lift::Lifted;

/// One component under instantiation.
pub(super) struct Current {
    pub(super) spaces: IndexSpaces,
    /// Its index in the runtime's table.
    pub(super) instance: u32,
    pub(super) env: Option<Arc<Env>>,
    pub(super) args: Option<HashMap<ExternName, ItemInst>>,
    pub(super) path: CorePath,
    pub(super) core_instances: u32,
    pub(super) component_instances: u32,
    pub(super) depth: usize,
    pub(super) exports: HashMap<ExternName, ItemInst>,
}

impl Current {
    /// What a component defined here can reach of this one: all that is defined so far.
    pub(super) fn capture(&self) -> Arc<Env> {
        Arc::new(Env {
            types: self.spaces.types.clone(),
            modules: self.spaces.core_modules.clone(),
            components: self.spaces.components.clone(),
            parent: self.env.clone(),
        })
    }

    pub(super) fn outer(&mut self, sort: OuterSort, count: u32, index: u32) -> Result<()> {
        let captured;
        let env = match (count.checked_sub(1), &self.env) {
            (Some(count), Some(env)) => env.outward(count)?,
            (Some(_), None) => return Err(apart("an enclosing component")),
            (None, _) => {
                captured = self.capture();
                &captured
            }
        };
        let item = match sort {
            OuterSort::CoreType => return Ok(()),
            OuterSort::CoreModule => {
                ItemInst::CoreModule(at(&env.modules, index, "core module")?.clone())
            }
            OuterSort::Type => ItemInst::Type(at(&env.types, index, "type")?.clone()),
            OuterSort::Component => {
                ItemInst::Component(at(&env.components, index, "component")?.clone())
            }
        };
        self.spaces.add(item);
        Ok(())
    }

    pub(super) fn lift(&self, func: u32, ty: u32, options: &OptionsDef) -> Result<Lifted> {
        let ty = typing::func_at(&self.spaces.types, ty)?;
        let num_results = abi::flatten_functype(&ty, Context::Lift).results.len();
        Ok(Lifted {
            core: self.spaces.core_func(func)?,
            ty,
            opts: self.options(options)?,
            post_return: options
                .post_return
                .map(|index| self.spaces.core_func(index))
                .transpose()?,
            is_async: options.is_async,
            num_results,
        })
    }

    pub(super) fn options(&self, options: &OptionsDef) -> Result<Options> {
        if let Some(what) = options.unsupported {
            return Err(Error::unsupported(
                Capability::Gc,
                format!("expected the linear-memory canonical ABI, found {what}"),
            ));
        }
        Ok(Options {
            instance: self.instance,
            memory: options
                .memory
                .map(|index| self.spaces.core_memory(index))
                .transpose()?,
            realloc: options
                .realloc
                .map(|index| self.spaces.core_func(index))
                .transpose()?,
            encoding: match options.encoding {
                Some(CanonicalOption::UTF16) => StringEncoding::Utf16,
                Some(CanonicalOption::CompactUTF16) => StringEncoding::Latin1Utf16,
                _ => StringEncoding::Utf8,
            },
        })
    }
}
