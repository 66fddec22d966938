//! The names of guest-defined resource types: those that the artifact's interface shows.

use seam_core::{FuncType, ResourceType, Type};

use super::state::Running;
use crate::handle::ResourceImpl;
use crate::types::{FuncTy, RecordTy, ResourceId, Ty, VariantTy};

/// Gives the guest-defined resource types in a function's type the names that its interface has
/// for them. The two types are of the same shape.
pub(super) fn name_resources(running: &mut Running, func: &FuncTy, interface: &FuncType) {
    let mut names = Names(running);
    let params = interface.params.iter().map(|(_, ty)| ty);
    names.record(&func.params, params);
    names.record(&func.result, interface.result.iter());
}

struct Names<'a>(&'a mut Running);

impl Names<'_> {
    fn of(&mut self, ty: &Ty, named: &Type) {
        if !ty.has_handles() {
            return;
        }
        match (ty, named) {
            (Ty::Own(id), Type::Own(name)) | (Ty::Borrow(id), Type::Borrow(name)) => {
                self.name(*id, name);
            }
            (Ty::List(ty), Type::List(named)) => self.of(ty, named),
            (Ty::FixedLengthList(ty), Type::FixedLengthList(named, _)) => {
                self.of(&ty.element, named);
            }
            (Ty::Map(entry), Type::Map(key, value)) => {
                if let Ty::Tuple(entry) = &**entry {
                    self.record(entry, [&**key, &**value]);
                }
            }
            (Ty::Record(ty), Type::Record(named)) => {
                self.record(ty, named.fields.iter().map(|(_, ty)| ty));
            }
            (Ty::Tuple(ty), Type::Tuple(named)) => self.record(ty, named.iter()),
            (Ty::Variant(ty), Type::Variant(named)) => {
                self.cases(ty, named.cases.iter().map(|(_, ty)| ty.as_ref()));
            }
            (Ty::Option(ty), Type::Option(named)) => self.cases(ty, [None, Some(&**named)]),
            (Ty::Result(ty), Type::Result(named)) => {
                self.cases(ty, [named.ok.as_ref(), named.err.as_ref()]);
            }
            _ => {}
        }
    }

    fn record<'t>(&mut self, ty: &RecordTy, named: impl IntoIterator<Item = &'t Type>) {
        for (field, named) in ty.fields.iter().zip(named) {
            self.of(&field.ty, named);
        }
    }

    fn cases<'t>(&mut self, ty: &VariantTy, named: impl IntoIterator<Item = Option<&'t Type>>) {
        for (case, named) in ty.cases.iter().zip(named) {
            if let (Some(ty), Some(named)) = (&case.ty, named) {
                self.of(ty, named);
            }
        }
    }

    fn name(&mut self, id: ResourceId, name: &ResourceType) {
        let info = self.0.resources.get_mut(id.0 as usize);
        if let Some(info) =
            info.filter(|info| matches!(info.implementation, ResourceImpl::Guest { .. }))
        {
            info.name = name.clone();
        }
    }
}
