//! One component under instantiation, and what its definitions mean by its index spaces.

use std::collections::HashMap;
use std::sync::Arc;

use seam_core::{Capability, CorePath, Error, Result};
use wasmparser::CanonicalOption;

use super::def::{AliasDef, ComponentDef, ExternName, OptionsDef, Outer};
use super::index::{Env, IndexSpaces, ItemInst, apart};
use super::instantiate::Instantiation;
use super::typing;
use crate::abi::{self, Context, Options, StringEncoding};
use crate::canon::lift::Lifted;

/// One component under instantiation.
pub(super) struct Current {
    pub(super) spaces: IndexSpaces,
    /// Its index in the runtime's table.
    pub(super) instance: u32,
    pub(super) env: Arc<Env>,
    pub(super) args: Option<HashMap<ExternName, ItemInst>>,
    pub(super) path: CorePath,
    pub(super) core_instances: u32,
    pub(super) component_instances: u32,
    pub(super) depth: usize,
    pub(super) exports: HashMap<ExternName, ItemInst>,
}

impl Current {
    /// What a component defined here captures.
    ///
    /// # Errors
    /// `Engine` if the validator's index spaces and these have come apart.
    pub(super) fn capture(&self, def: &ComponentDef) -> Result<Arc<Env>> {
        let mut env = Env::new();
        for outer in &def.captures {
            let item = match outer.count.checked_sub(1) {
                Some(count) => Some(self.captured(Outer { count, ..*outer })?),
                None => self.spaces.outer_item(outer.sort, outer.index)?,
            };
            env.extend(item.map(|item| (*outer, item)));
        }
        Ok(Arc::new(env))
    }

    /// Adds what an outer alias points at.
    pub(super) fn outer(&mut self, alias: &AliasDef) -> Result<()> {
        let item = match (alias.capture(), alias) {
            (Some(outer), _) => Some(self.captured(outer)?),
            (None, AliasDef::Outer(sort, _, index)) => self.spaces.outer_item(*sort, *index)?,
            (None, _) => return Err(apart("an outer alias")),
        };
        item.into_iter().for_each(|item| self.spaces.add(item));
        Ok(())
    }

    fn captured(&self, outer: Outer) -> Result<ItemInst> {
        let item = self.env.get(&outer).cloned();
        item.ok_or_else(|| apart("an item of an enclosing component"))
    }

    pub(super) fn lift(
        &self,
        making: &mut Instantiation<'_>,
        func: u32,
        ty: u32,
        options: &OptionsDef,
    ) -> Result<Lifted> {
        let ty = typing::func_at(&self.spaces.types, ty)?;
        let num_results = abi::flatten_functype(&ty, Context::Lift).results.len();
        Ok(Lifted {
            core: making.core_func(self, func)?,
            ty,
            opts: self.options(making, options)?,
            post_return: options
                .post_return
                .map(|index| making.core_func(self, index))
                .transpose()?,
            is_async: options.is_async,
            num_results,
        })
    }

    pub(super) fn options(
        &self,
        making: &mut Instantiation<'_>,
        options: &OptionsDef,
    ) -> Result<Options> {
        if let Some(what) = options.unsupported {
            return Err(Error::unsupported(
                Capability::Gc,
                format!("expected the linear-memory canonical ABI, found {what}"),
            ));
        }
        let memory = options
            .memory
            .map(|index| self.spaces.core_memory(index))
            .transpose()?;
        if let Some(memory) = memory {
            if making.store.memory_type(memory)?.memory64 {
                return Err(Error::unsupported(
                    Capability::Memory64,
                    "expected a canonical definition with a 32-bit memory, found a 64-bit one",
                ));
            }
        }
        Ok(Options {
            instance: self.instance,
            memory,
            realloc: options
                .realloc
                .map(|index| making.core_func(self, index))
                .transpose()?,
            encoding: match options.encoding {
                Some(CanonicalOption::UTF16) => StringEncoding::Utf16,
                Some(CanonicalOption::CompactUTF16) => StringEncoding::Latin1Utf16,
                _ => StringEncoding::Utf8,
            },
        })
    }
}
