//! Strings, lists, options and results.

use super::named::no_case;
use super::{Lift, Liftable, Lower, Results, Typed};
use crate::{Result, Type};

impl Typed for str {
    fn ty() -> Type {
        Type::String
    }

    fn is(ty: &Type) -> bool {
        matches!(ty, Type::String)
    }

    fn lower(&self, to: &mut dyn Lower) -> Result<()> {
        to.string(self)
    }
}

impl Typed for String {
    fn ty() -> Type {
        str::ty()
    }

    fn is(ty: &Type) -> bool {
        str::is(ty)
    }

    fn lower(&self, to: &mut dyn Lower) -> Result<()> {
        to.string(self)
    }
}

impl Liftable for String {
    fn lift(from: &mut dyn Lift) -> Result<Self> {
        from.string()
    }
}

impl<T: Typed> Typed for [T] {
    fn ty() -> Type {
        Type::list(T::ty())
    }

    fn is(ty: &Type) -> bool {
        matches!(ty, Type::List(element) if T::is(element))
    }

    fn lower(&self, to: &mut dyn Lower) -> Result<()> {
        T::lower_list(self, to)
    }
}

impl<T: Typed> Typed for Vec<T> {
    fn ty() -> Type {
        <[T]>::ty()
    }

    fn is(ty: &Type) -> bool {
        <[T]>::is(ty)
    }

    fn lower(&self, to: &mut dyn Lower) -> Result<()> {
        T::lower_list(self, to)
    }
}

impl<T: Liftable> Liftable for Vec<T> {
    fn lift(from: &mut dyn Lift) -> Result<Self> {
        T::lift_list(from)
    }
}

impl<T: Typed> Typed for Option<T> {
    fn ty() -> Type {
        Type::option(T::ty())
    }

    fn is(ty: &Type) -> bool {
        matches!(ty, Type::Option(some) if T::is(some))
    }

    fn lower(&self, to: &mut dyn Lower) -> Result<()> {
        match self {
            None => to.case(0),
            Some(value) => {
                to.case(1)?;
                value.lower(to)
            }
        }
    }
}

impl<T: Liftable> Liftable for Option<T> {
    fn lift(from: &mut dyn Lift) -> Result<Self> {
        match from.case()? {
            0 => Ok(None),
            1 => T::lift(from).map(Some),
            other => Err(no_case(2, other)),
        }
    }
}

/// `()` stands for no payload.
impl<T: Results, E: Results> Typed for Result<T, E> {
    fn ty() -> Type {
        Type::result(T::result(), E::result())
    }

    fn is(ty: &Type) -> bool {
        matches!(ty, Type::Result(ty) if T::result_is(ty.ok.as_ref()) && E::result_is(ty.err.as_ref()))
    }

    fn lower(&self, to: &mut dyn Lower) -> Result<()> {
        match self {
            Ok(ok) => {
                to.case(0)?;
                ok.lower_result(to)
            }
            Err(err) => {
                to.case(1)?;
                err.lower_result(to)
            }
        }
    }
}

impl<T: Results, E: Results> Liftable for Result<T, E> {
    fn lift(from: &mut dyn Lift) -> Result<Self> {
        match from.case()? {
            0 => T::lift_result(from).map(Ok),
            1 => E::lift_result(from).map(Err),
            other => Err(no_case(2, other)),
        }
    }
}
