//! Checks imports before they are linked: kiln checks none.

use seam_core::{CoreExtern, CoreExternType, CoreFuncType, CoreModuleType, Error, Result};

use crate::kiln::Kiln;
use crate::owner::Owner;

impl<K: Kiln> Owner<K> {
    /// Checks that there are as many imports as the module wants, all of this store and of the
    /// wanted types.
    ///
    /// # Errors
    /// `Link` for another number or type; `Misuse` for a handle of another store.
    pub(crate) fn check_imports(
        &mut self,
        ty: &CoreModuleType,
        imports: &[CoreExtern],
    ) -> Result<()> {
        if imports.len() != ty.imports.len() {
            let (wanted, found) = (ty.imports.len(), imports.len());
            return Err(Error::link(format!(
                "expected {wanted} imports, found {found}"
            )));
        }
        for (position, (import, wanted)) in imports.iter().zip(&ty.imports).enumerate() {
            let found = self.type_of_import(position, *import)?;
            let (module, field, wanted) = wanted;
            check_type(position, (module, field, wanted), &found)?;
        }
        Ok(())
    }

    fn type_of_import(&mut self, position: usize, import: CoreExtern) -> Result<CoreExternType> {
        let handles = &self.state.handles;
        Ok(match import {
            CoreExtern::Func(func) => {
                let ty = self.type_of(func)?;
                CoreExternType::Func(CoreFuncType::clone(&ty))
            }
            CoreExtern::Memory(memory) => CoreExternType::Memory(handles.memory_type(memory)?),
            CoreExtern::Table(table) => CoreExternType::Table(handles.table_type(table)?),
            CoreExtern::Global(global) => CoreExternType::Global(handles.global(global)?.ty),
            CoreExtern::Tag(_) => {
                return Err(Error::engine(format!(
                    "import {position}: expected a function, memory, table or global, which kiln \
                     links, found a tag"
                )));
            }
        })
    }
}

/// Checks that what was found has the type that an import wants.
///
/// The minimum of a found memory or table is its current size.
///
/// # Errors
/// `Link` that says what was expected and what was found.
fn check_type(
    position: usize,
    wanted: (&str, &str, &CoreExternType),
    found: &CoreExternType,
) -> Result<()> {
    let (module, field, wanted) = wanted;
    if found.provides(wanted) {
        return Ok(());
    }
    Err(Error::link(format!(
        "import {position}, `{module}` `{field}`: expected {wanted}, found {found}"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;
    use seam_core::MemoryType;

    #[test]
    fn an_error_names_the_import_and_both_types() {
        let wanted = CoreExternType::Memory(MemoryType::new(1, None));
        let found = CoreExternType::Func(Default::default());
        let error = check_type(2, ("env", "m", &wanted), &found).map_err(|e| e.to_string());
        let text = "import 2, `env` `m`: expected (memory 1), found (func)";
        assert_eq!(error, Err(text.to_string()));
    }
}
