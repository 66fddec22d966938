//! The engine's form of function types, looked up once.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use seam_core::{CoreFuncType, Result};
use wasmtime::{Engine, FuncType};

use crate::types::to_func_type;

/// The types of the host functions that were made so far.
///
/// The engine registers a type when it is first used and forgets it with its last user. Registering
/// takes longer than all the rest of making a host function, so stores of one engine share this list.
#[derive(Default)]
pub(crate) struct FuncTypes(Mutex<HashMap<CoreFuncType, FuncType>>);

/// How many types are kept. Components need a few dozen.
const MOST: usize = 256;

impl FuncTypes {
    /// Returns the form that [`to_func_type`] makes of a type. `engine` must always be the same.
    ///
    /// # Errors
    /// Those of [`to_func_type`].
    pub(crate) fn get(&self, engine: &Engine, ty: &CoreFuncType) -> Result<FuncType> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(native) = known.get(ty) {
            return Ok(native.clone());
        }
        let native = to_func_type(engine, ty)?;
        if known.len() == MOST {
            known.clear();
        }
        known.insert(ty.clone(), native.clone());
        Ok(native)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::types::func_type;
    use seam_core::CoreType;

    #[test]
    fn types_are_made_once_and_bounded() {
        let (engine, types) = (Engine::default(), FuncTypes::default());
        let of = |params| CoreFuncType::new(vec![CoreType::I32; params], [CoreType::F64]);
        for params in 0..MOST + 10 {
            let ty = of(params);
            let native = types.get(&engine, &ty).unwrap();
            assert_eq!(func_type(&native), ty);
            let again = types.get(&engine, &ty).unwrap();
            assert!(FuncType::eq(&native, &again));
        }
        assert_eq!(types.0.lock().unwrap().len(), 10);
    }
}
