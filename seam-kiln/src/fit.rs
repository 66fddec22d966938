//! Whether imports fit: kiln checks nothing.

use seam_core::{CoreExternType, Error, Result};

/// Whether what was found can stand for an import; of memories and tables, the minimum found is the
/// current size.
///
/// # Errors
/// `Link` that says what was expected and what was found.
pub(crate) fn fit(
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

    fn fits(wanted: MemoryType, found: MemoryType) -> bool {
        let wanted = CoreExternType::Memory(wanted);
        fit(0, ("", "", &wanted), &CoreExternType::Memory(found)).is_ok()
    }

    #[test]
    fn memories_fit_from_their_current_size_to_the_maximum() {
        let ty = MemoryType::new;
        assert!(fits(ty(1, None), ty(2, Some(3))));
        assert!(fits(ty(1, Some(3)), ty(1, Some(3))));
        assert!(!fits(ty(2, None), ty(1, None)));
        assert!(!fits(ty(1, Some(3)), ty(1, None)));
        assert!(!fits(ty(1, Some(3)), ty(1, Some(4))));
    }

    #[test]
    fn an_error_names_the_import_and_both_types() {
        let wanted = CoreExternType::Memory(MemoryType::new(1, None));
        let found = CoreExternType::Func(Default::default());
        let error = fit(2, ("env", "m", &wanted), &found).map_err(|e| e.to_string());
        let text = "import 2, `env` `m`: expected (memory 1), found (func)";
        assert_eq!(error, Err(text.to_string()));
    }
}
