//! Checks whether an item of the world fits an import.

use super::CoreItemKind;
use super::fault::{Fault, shortened};
use crate::{CoreExternType, ExportName};

/// Checks that an item of the world can satisfy an import of this type.
///
/// # Errors
/// A fault that names the import and both types.
pub(super) fn fit(
    name: &ExportName,
    wanted: &CoreExternType,
    kind: &CoreItemKind,
) -> Result<(), Fault> {
    let found = match kind {
        CoreItemKind::Func(func) => CoreExternType::Func(func.ty().clone()),
        CoreItemKind::Memory(ty) => CoreExternType::Memory(*ty),
        CoreItemKind::Table(ty) => CoreExternType::Table(*ty),
        CoreItemKind::Global(ty, _) => CoreExternType::Global(*ty),
    };
    if found.provides(wanted) {
        return Ok(());
    }
    let (wanted, found) = (shortened(wanted), shortened(found));
    Err(Fault::Mismatched(format!(
        "import `{name}`: expected {wanted}, found {found} in the world"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CoreType, CoreValue, GlobalType, MemoryType};

    fn memory_fits(wanted: MemoryType, found: MemoryType) -> bool {
        let name = ExportName::in_instance("env", "memory");
        let wanted = CoreExternType::Memory(wanted);
        fit(&name, &wanted, &CoreItemKind::Memory(found)).is_ok()
    }

    #[test]
    fn limits_fit_from_the_minimum_to_the_maximum() {
        let ty = MemoryType::new;
        for (wanted, found, fits) in [
            (ty(1, None), ty(1, None), true),
            (ty(1, None), ty(2, Some(3)), true),
            (ty(2, None), ty(1, None), false),
            (ty(1, Some(3)), ty(1, Some(3)), true),
            (ty(1, Some(3)), ty(1, Some(4)), false),
            (ty(1, Some(3)), ty(1, None), false),
        ] {
            assert_eq!(memory_fits(wanted, found), fits, "{wanted:?} {found:?}");
        }
    }

    #[test]
    fn kinds_and_index_types_must_be_equal() {
        let (plain, mut wide) = (MemoryType::new(1, None), MemoryType::new(1, None));
        wide.memory64 = true;
        assert!(!memory_fits(plain, wide));
        let global = CoreItemKind::Global(GlobalType::new(CoreType::I32, true), CoreValue::I32(0));
        let name = ExportName::in_instance("env", "memory");
        let error = fit(&name, &CoreExternType::Memory(plain), &global);
        let text = error.map_err(|e| e.to_string());
        let expected =
            "import `env#memory`: expected (memory 1), found (global (mut i32)) in the world";
        assert_eq!(text, Err(expected.to_string()));
    }
}
