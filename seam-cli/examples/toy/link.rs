//! Instantiation: imports, definitions of the module, segments, and the start function.

use seam_core::{
    CoreExtern, CoreExternType, CoreInstanceId, CoreModule, CoreStore as _, CoreValue, Error,
    Limit, Result, Trap,
};
use wasmparser::ExternalKind;

use crate::interpret::broken;
use crate::module::Code;
use crate::store::{Body, Instance, ToyStore};

impl ToyStore {
    pub(crate) fn link_and_start(
        &mut self,
        module: &CoreModule,
        imports: &[CoreExtern],
    ) -> Result<CoreInstanceId> {
        self.check_imports(module, imports)?;
        let code = module.compiled::<Code>()?;
        let mut made = Instance {
            module: module.clone(),
            funcs: Vec::new(),
            tables: Vec::new(),
            memories: Vec::new(),
            globals: Vec::new(),
        };
        for import in imports {
            match *import {
                CoreExtern::Func(func) => made.funcs.push(func),
                CoreExtern::Table(table) => made.tables.push(table),
                CoreExtern::Memory(memory) => made.memories.push(memory),
                CoreExtern::Global(global) => made.globals.push(global),
                CoreExtern::Tag(_) => return Err(broken()),
            }
        }
        let instance = self.instances.len();
        for (own, function) in code.funcs.iter().enumerate() {
            let body = Body::Guest { instance, own };
            made.funcs.push(self.add_func(function.ty.clone(), body)?);
        }
        for ty in &code.tables {
            made.tables.push(self.add_table(*ty)?);
        }
        for ty in &code.memories {
            made.memories.push(self.add_memory(*ty)?);
        }
        for (ty, value) in &code.globals {
            let global = self.add_global(*ty, CoreValue::I32(*value))?;
            made.globals.push(global);
        }
        self.instances.push(made.clone());
        self.write_segments(code, &made)?;
        if let Some(start) = code.start {
            let start = *made.funcs.get(start).ok_or_else(broken)?;
            self.execute(start, &[])?;
        }
        let index = u32::try_from(instance).map_err(|_| Limit::EngineCapacity)?;
        Ok(CoreInstanceId::new(self.number, index))
    }

    /// Checks the number and types of the imports.
    fn check_imports(&mut self, module: &CoreModule, imports: &[CoreExtern]) -> Result<()> {
        let wanted = &module.ty()?.imports;
        if imports.len() != wanted.len() {
            let (wanted, found) = (wanted.len(), imports.len());
            return Err(Error::link(format!(
                "expected {wanted} imports, found {found}"
            )));
        }
        for ((from, field, wanted), import) in wanted.iter().zip(imports) {
            let found = match *import {
                CoreExtern::Func(func) => CoreExternType::Func(self.func_type(func)?),
                CoreExtern::Table(table) => CoreExternType::Table(self.table_type(table)?),
                CoreExtern::Memory(memory) => CoreExternType::Memory(self.memory_type(memory)?),
                CoreExtern::Global(global) => CoreExternType::Global(self.global_type(global)?),
                CoreExtern::Tag(_) => return Err(broken()),
            };
            if !found.provides(wanted) {
                return Err(Error::link(format!(
                    "import `{from}` `{field}`: expected {wanted}, found {found}"
                )));
            }
        }
        Ok(())
    }

    /// Writes element segments, then data segments. If one does not fit, those before it stay
    /// written.
    fn write_segments(&mut self, code: &Code, instance: &Instance) -> Result<()> {
        for (at, funcs) in &code.elements {
            let table = *instance.tables.first().ok_or_else(broken)?;
            let elements = self.table_mut(table)?.elements.get_mut(*at as usize..);
            let room = elements.and_then(|room| room.get_mut(..funcs.len()));
            for (element, func) in room.ok_or(Trap::TableOutOfBounds)?.iter_mut().zip(funcs) {
                *element = Some(*instance.funcs.get(*func).ok_or_else(broken)?);
            }
        }
        for (at, bytes) in &code.data {
            let memory = *instance.memories.first().ok_or_else(broken)?;
            let room = self.memory_mut(memory)?.bytes.get_mut(*at as usize..);
            let room = room.and_then(|room| room.get_mut(..bytes.len()));
            room.ok_or(Trap::MemoryOutOfBounds)?.copy_from_slice(bytes);
        }
        Ok(())
    }
}

impl Instance {
    pub(crate) fn export(&self, name: &str) -> Option<CoreExtern> {
        let exports = &self.module.compiled::<Code>().ok()?.exports;
        let (_, kind, index) = exports.iter().find(|(export, ..)| export == name)?;
        match kind {
            ExternalKind::Func => self.funcs.get(*index).copied().map(CoreExtern::Func),
            ExternalKind::Table => self.tables.get(*index).copied().map(CoreExtern::Table),
            ExternalKind::Memory => self.memories.get(*index).copied().map(CoreExtern::Memory),
            ExternalKind::Global => self.globals.get(*index).copied().map(CoreExtern::Global),
            _ => None,
        }
    }
}
