//! The means of glue to call any function of a store.

use seam_core::{CoreFunc, CoreFuncType, CoreTable, CoreValue, Error, Result};

/// The means of glue to call any function of a store: a table with one element, and a function that
/// calls what is in it.
pub(crate) struct Perform {
    func: CoreFunc,
    table: CoreTable,
    /// The signatures that the function knows.
    signatures: Vec<CoreFuncType>,
    /// The function in the table.
    current: Option<CoreFunc>,
}

impl Perform {
    pub(crate) fn new(func: CoreFunc, table: CoreTable, signatures: Vec<CoreFuncType>) -> Self {
        Self {
            func,
            table,
            signatures,
            current: None,
        }
    }

    /// Returns the function that calls the one in the table. The first register is the position of its
    /// signature, and the next ones are its arguments.
    pub(crate) fn func(&self) -> CoreFunc {
        self.func
    }

    /// Prepares a call. Returns the position of the signature, and the element that the table must get
    /// unless it has it.
    ///
    /// # Errors
    /// `Engine` for an unknown signature.
    pub(crate) fn prepare(
        &mut self,
        func: CoreFunc,
        ty: &CoreFuncType,
    ) -> Result<(u64, Option<(CoreTable, CoreValue)>)> {
        let position = self.signatures.iter().position(|known| known == ty);
        let position = position.ok_or_else(|| {
            Error::engine(format!(
                "expected a call of a signature that the plan has, found {ty}"
            ))
        })?;
        let is_new = self.current.replace(func) != Some(func);
        let element = (self.table, CoreValue::FuncRef(Some(func)));
        Ok((position as u64, is_new.then_some(element)))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use seam_core::CoreType;

    #[test]
    fn the_table_gets_a_function_only_if_it_has_another() {
        let types = [CoreType::I32, CoreType::I64].map(|ty| CoreFuncType::new([ty], []));
        let table = CoreTable::new(1, 0);
        let mut perform = Perform::new(CoreFunc::new(1, 9), table, types.to_vec());
        let [one, other] = [1, 2].map(|index| CoreFunc::new(1, index));
        let element = |func| Some((table, CoreValue::FuncRef(Some(func))));
        let [narrow, wide] = &types;
        assert_eq!(perform.prepare(one, wide).unwrap(), (1, element(one)));
        assert_eq!(perform.prepare(one, wide).unwrap(), (1, None));
        assert_eq!(perform.prepare(other, narrow).unwrap(), (0, element(other)));
        assert_eq!(perform.prepare(one, wide).unwrap(), (1, element(one)));
        let unknown = CoreFuncType::new([], []);
        assert!(perform.prepare(one, &unknown).is_err());
    }
}
