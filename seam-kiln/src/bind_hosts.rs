//! Binds the host functions that a module imports, by providers or directly.

use std::collections::HashMap;
use std::sync::Arc;

use seam_core::{CoreExtern, CoreModuleType, Error, Result};

use crate::generate::{self, MOST};
use crate::handles::{Export, FuncPosition};
use crate::kiln::Kiln;
use crate::owner::Owner;
use crate::rewrite::Names;
use crate::scan::Scan;
use crate::state::Binding;

impl<K: Kiln> Owner<K> {
    /// Binds the host functions among the imports of the instance `caller`.
    ///
    /// Returns the exports of providers, by function, to link the others to. A function with at most
    /// one result that the module only calls directly needs no provider: kiln dispatches the
    /// module's own import as it dispatches a provider's. That halves the modules and instances that
    /// most artifacts need.
    ///
    /// # Errors
    /// `Limit(EngineCapacity)` if a provider does not fit; kiln's own errors.
    pub(crate) fn bind_with_providers(
        &mut self,
        number: u32,
        imports: &[CoreExtern],
        scan: &Scan,
        caller: u32,
    ) -> Result<HashMap<u32, Export>> {
        let (mut funcs, mut index) = (Vec::new(), 0);
        for (position, import) in imports.iter().enumerate() {
            let passed_on = scan.passed_on.contains(&index);
            index += u32::from(matches!(import, CoreExtern::Func(_)));
            let Some(func) = self.host_func_of(*import) else {
                continue;
            };
            let ty = self.state.handles.func(func)?.ty.as_ref();
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
        let mut provided = HashMap::new();
        for funcs in funcs.chunks(MOST) {
            self.provide(funcs, caller, &mut provided)?;
        }
        Ok(provided)
    }

    /// Makes one provider for these functions.
    fn provide(
        &mut self,
        funcs: &[u32],
        caller: u32,
        provided: &mut HashMap<u32, Export>,
    ) -> Result<()> {
        let number = self.next_serial();
        let handles = &self.state.handles;
        let types: Vec<_> = funcs
            .iter()
            .filter_map(|func| handles.funcs.get(*func as usize)?.ty.clone())
            .collect();
        let types: Vec<_> = types.iter().map(|ty| &**ty).collect();
        let provider = generate::provider(number, &types)?;
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
        let instance = self.instantiate_loaded(module)?;
        let instance_id = self.state.id_of(instance);
        let first = u32::try_from(provider.imports.len()).unwrap_or(u32::MAX);
        for (number, func) in (0u32..).zip(funcs) {
            let name: Arc<str> = number.to_string().into();
            provided.insert(*func, Export { instance, name });
            let index = first.saturating_add(number);
            let position = FuncPosition { instance_id, index };
            self.state.handles.by_position.insert(position, *func);
            if let Some(entry) = self.state.handles.funcs.get_mut(*func as usize) {
                entry.position.get_or_insert(position);
            }
        }
        Ok(())
    }

    /// Whether the module's own names are free in the store: the handler knows a host function only
    /// by the names of its import.
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
    ) {
        for (position, (import, own)) in imports.iter().zip(&ty.imports).enumerate() {
            if let Some(func) = self.host_func_of(*import) {
                let own = || (own.0.to_string(), own.1.to_string());
                let (module, field) = names.of(position).unwrap_or_else(own);
                let (func, part) = (func.index(), 0);
                let binding = Binding { func, part, caller };
                self.state.bind(&module, &field, binding);
            }
        }
    }
}
