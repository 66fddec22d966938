//! How the host functions that a module imports are reached.

use std::collections::HashMap;
use std::sync::Arc;

use seam_core::{CoreExtern, CoreModuleType, Error, Result};

use crate::call::Owner;
use crate::kiln::Kiln;
use crate::provider::{self, MOST};
use crate::rewrite::Names;
use crate::shape::Shape;
use crate::state::{Binding, Place};

impl<K: Kiln> Owner<K> {
    /// Binds the host functions among the imports for the instance `caller`; where those that need
    /// a provider can be linked to.
    ///
    /// One with a single result that the module only ever calls needs none: its imports are reached
    /// just as a provider's are. That halves what most modules take of kiln's room.
    pub(crate) fn provide(
        &mut self,
        number: u32,
        imports: &[CoreExtern],
        shape: &Shape,
        caller: u32,
    ) -> Result<HashMap<u32, Place>> {
        let (mut funcs, mut index) = (Vec::new(), 0);
        for (position, import) in imports.iter().enumerate() {
            let passed_on = shape.passed_on.contains(&index);
            index += u32::from(matches!(import, CoreExtern::Func(_)));
            let Some(func) = self.host_func_of(*import) else {
                continue;
            };
            let ty = self.state.func(func)?.ty.as_ref();
            let single = ty.is_some_and(|ty| ty.results.len() <= 1);
            let func = func.index();
            match Names::Neutral(number).of(position) {
                Some((module, field)) if single && !passed_on => {
                    let part = 0;
                    let binding = Binding { func, part, caller };
                    self.state.bind(&module, &field, binding);
                }
                _ if !funcs.contains(&func) => funcs.push(func),
                _ => {}
            }
        }
        let mut places = HashMap::new();
        for funcs in funcs.chunks(MOST) {
            self.provide_some(funcs, caller, &mut places)?;
        }
        Ok(places)
    }

    /// Makes one provider.
    fn provide_some(
        &mut self,
        funcs: &[u32],
        caller: u32,
        places: &mut HashMap<u32, Place>,
    ) -> Result<()> {
        let number = self.serial;
        self.serial += 1;
        let types: Vec<_> = funcs
            .iter()
            .filter_map(|func| self.state.funcs.get(*func as usize)?.ty.clone())
            .collect();
        let types: Vec<_> = types.iter().map(|ty| &**ty).collect();
        let provider = provider::provider(number, &types)?;
        for import in &provider.imports {
            let func = funcs.get(import.func).copied();
            let binding = Binding {
                func: func.ok_or_else(|| Error::engine("expected a provided function"))?,
                part: import.part,
                caller,
            };
            self.state.bind(&import.module, &import.field, binding);
        }
        let module = self.load(&provider.wasm)?;
        let instance = self.make(module)?;
        let id = self.state.id_of(instance);
        let first = u32::try_from(provider.imports.len()).unwrap_or(u32::MAX);
        for (position, func) in (0u32..).zip(funcs) {
            let export: Arc<str> = position.to_string().into();
            places.insert(*func, Place { instance, export });
            let place = (id, first.saturating_add(position));
            self.state.by_place.insert(place, *func);
            if let Some(entry) = self.state.funcs.get_mut(*func as usize) {
                entry.place.get_or_insert(place);
            }
        }
        Ok(())
    }

    /// Whether the names of the host functions among the imports stand for nothing else in the
    /// store: kiln's handler knows them by nothing more.
    pub(crate) fn names_are_free(&self, ty: &CoreModuleType, imports: &[CoreExtern]) -> bool {
        let mut seen = HashMap::new();
        let mut names = imports.iter().zip(&ty.imports);
        names.all(|(import, (module, field, _))| {
            let twice = seen.insert((module, field), import);
            twice.is_none_or(|other| other == import) && self.state.binding(module, field).is_none()
        })
    }

    /// Binds the host functions among the imports without a provider.
    pub(crate) fn bind_directly(
        &mut self,
        names: Names,
        ty: &CoreModuleType,
        imports: &[CoreExtern],
        caller: u32,
    ) -> HashMap<u32, Place> {
        for (position, (import, own)) in imports.iter().zip(&ty.imports).enumerate() {
            if let Some(func) = self.host_func_of(*import) {
                let own = || (own.0.clone(), own.1.clone());
                let (module, field) = names.of(position).unwrap_or_else(own);
                let (func, part) = (func.index(), 0);
                let binding = Binding { func, part, caller };
                self.state.bind(&module, &field, binding);
            }
        }
        HashMap::new()
    }
}
