//! The resources that steps have named.

use std::collections::HashMap;
use std::sync::Arc;

use seam_core::{Error, Func, Instance, InstanceExt, Resource, Result, Value};

use crate::Step;

/// The resources of one instance that steps have named and that were neither moved nor dropped.
#[derive(Clone, Debug, Default)]
pub struct Variables(HashMap<Arc<str>, Resource>);

impl Variables {
    /// Creates the variables of an instance that was not called yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes the call of a [`Step::Invoke`] or drops the resource of a [`Step::Drop`]. Returns the
    /// result of the call.
    ///
    /// Variables in the arguments become the resources that they name. The names of the step are
    /// given to the resources in the result. If there are more names than resources, the last names
    /// stay unknown.
    ///
    /// # Errors
    /// Those of the call. `Misuse` for an unknown variable and for any other step.
    pub fn perform(&mut self, instance: &mut dyn Instance, step: &Step) -> Result<Option<Value>> {
        match step {
            Step::Invoke {
                name,
                args,
                results,
            } => {
                let func = instance.func(name)?;
                self.call(instance, &func, args, results)
            }
            Step::Drop(name) => {
                let resource = self.0.remove(name).ok_or_else(|| unknown(name))?;
                instance.drop_resource(&resource)?;
                Ok(None)
            }
            other => Err(Error::misuse(format!("expected a call, found `{other}`"))),
        }
    }

    /// Makes the call of a [`Step::Invoke`] whose function is resolved.
    pub(crate) fn call(
        &mut self,
        instance: &mut dyn Instance,
        func: &Func,
        args: &[Value],
        results: &[Arc<str>],
    ) -> Result<Option<Value>> {
        let args = self.replaced(args)?;
        let result = instance.call_blocking(func, &args)?;
        let owned = result.iter().flat_map(Value::owned).cloned();
        self.0.extend(results.iter().cloned().zip(owned));
        Ok(result)
    }

    /// Returns the names that stand for resources now.
    pub(crate) fn names(&self) -> impl Iterator<Item = (&Arc<str>, &Resource)> {
        self.0.iter()
    }

    /// Replaces variables by the resources that they name. A resource that moves loses its name.
    fn replaced(&mut self, args: &[Value]) -> Result<Vec<Value>> {
        let mut replace = |value: &mut Value| {
            let (Value::Own(resource) | Value::Borrow(resource)) = &*value else {
                return Ok(());
            };
            let Some(name) = resource.as_variable() else {
                return Ok(());
            };
            let found = self.0.get(name).cloned().ok_or_else(|| unknown(name))?;
            *value = match value {
                Value::Own(_) => Value::Own(found),
                _ => Value::Borrow(found),
            };
            Ok(())
        };
        let mut replaced = args.to_vec();
        for arg in &mut replaced {
            arg.replace_resources(&mut replace)?;
        }
        for moved in args.iter().flat_map(Value::owned) {
            if let Some(name) = moved.as_variable() {
                self.0.remove(name);
            }
        }
        Ok(replaced)
    }
}

fn unknown(name: &str) -> Error {
    Error::misuse(format!(
        "expected a resource that an earlier call returned, found `${name}`"
    ))
}
