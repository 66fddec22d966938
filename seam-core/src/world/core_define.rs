//! Definitions for core modules: raw functions, memories, tables and globals.

use std::any::Any;
use std::sync::Arc;

use super::World;
use super::core_item::{CoreHostFunc, CoreItem, CoreItemKind};
use crate::{CoreCaller, CoreFuncType, CoreModuleType, CoreValue, Result};

impl World {
    /// Defines a host function over raw core values for core modules. It has access to the calling
    /// instance's exports.
    #[must_use]
    pub fn core_func<F>(self, module: &str, field: &str, ty: CoreFuncType, func: F) -> Self
    where
        F: Fn(&mut dyn CoreCaller, &[CoreValue], &mut [CoreValue]) -> Result<()>
            + Send
            + Sync
            + 'static,
    {
        let func = CoreHostFunc::new(ty, func);
        self.core_item(module, field, CoreItemKind::Func(func))
    }

    /// Like [`World::core_func`], with state that `state` creates for each instance.
    #[must_use]
    pub fn core_func_with<S, M, F>(
        self,
        module: &str,
        field: &str,
        ty: CoreFuncType,
        state: M,
        func: F,
    ) -> Self
    where
        S: Send + 'static,
        M: Fn() -> S + Send + Sync + 'static,
        F: Fn(&mut S, &mut dyn CoreCaller, &[CoreValue], &mut [CoreValue]) -> Result<()>
            + Send
            + Sync
            + 'static,
    {
        let func = CoreHostFunc::with_state(ty, state, func);
        self.core_item(module, field, CoreItemKind::Func(func))
    }

    /// Like [`World::core_func`], over state that all host functions of an instance share
    /// ([`World::state`], [`CoreHostFunc::sharing`]).
    #[must_use]
    pub fn core_func_sharing<S, F>(
        self,
        module: &str,
        field: &str,
        ty: CoreFuncType,
        func: F,
    ) -> Self
    where
        S: Any + Send,
        F: Fn(&mut S, &mut dyn CoreCaller, &[CoreValue], &mut [CoreValue]) -> Result<()>
            + Send
            + Sync
            + 'static,
    {
        let func = CoreHostFunc::sharing(ty, func);
        self.core_item(module, field, CoreItemKind::Func(func))
    }

    /// Defines the functions that core modules import from the host module `module`, by a rule
    /// instead of one by one.
    ///
    /// When a core module is linked, `define` gets the name of each imported field that no
    /// [`CoreItem`] defines, and the importing module's type. It returns `None` for a field that it
    /// does not define. If it returns an error, the module cannot be linked, and the `Link` error
    /// contains the message. It must always return the same for the same arguments.
    ///
    /// ```
    /// use seam_core::{CoreFuncType, CoreHostFunc, CoreType, CoreValue, World};
    ///
    /// // `env.const$1` returns 1, `env.const$2` returns 2, ...
    /// let world = World::new().core_funcs("env", |field, _module| {
    ///     let Some(number) = field.strip_prefix("const$") else {
    ///         return Ok(None);
    ///     };
    ///     let number = number.parse::<i32>().map_err(|e| seam_core::Error::link(e.to_string()))?;
    ///     let ty = CoreFuncType::new([], [CoreType::I32]);
    ///     Ok(Some(CoreHostFunc::new(ty, move |_, _, results| {
    ///         results.fill(CoreValue::I32(number));
    ///         Ok(())
    ///     })))
    /// });
    /// # let _ = world;
    /// ```
    ///
    /// All instances of a program in a world share one result of `define`. It is called once, or more often
    /// if several instances are made at the same time.
    #[must_use]
    pub fn core_funcs<F>(mut self, module: &str, define: F) -> Self
    where
        F: Fn(&str, &CoreModuleType) -> Result<Option<CoreHostFunc>> + Send + Sync + 'static,
    {
        self.core_modules.retain(|(known, _)| &**known != module);
        self.core_modules.push((module.into(), Arc::new(define)));
        self.redefined()
    }

    /// Adds a memory, table or global that core modules can import.
    #[must_use]
    pub fn core_item(mut self, module: &str, field: &str, kind: CoreItemKind) -> Self {
        self.core_items
            .retain(|item| (&*item.module, &*item.field) != (module, field));
        self.core_items.push(CoreItem {
            module: module.into(),
            field: field.into(),
            kind,
        });
        self.redefined()
    }

    /// Returns the core-level items that the host defines.
    #[must_use]
    pub fn core_items(&self) -> &[CoreItem] {
        &self.core_items
    }
}
