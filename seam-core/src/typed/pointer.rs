//! Smart pointers, which stand for the type that they point to.

use std::borrow::Cow;
use std::sync::Arc;

use super::{Lift, Liftable, Lower, Typed};
use crate::{Result, Type};

macro_rules! pointers {
    ($( $pointer:ty $(, $owned:ident)?; )*) => {$(
        impl<T: Typed + ?Sized $(+ $owned)?> Typed for $pointer {
            fn ty() -> Type {
                T::ty()
            }

            fn is(ty: &Type) -> bool {
                T::is(ty)
            }

            fn lower(&self, to: &mut dyn Lower) -> Result<()> {
                T::lower(self, to)
            }
        }
    )*};
}

pointers! {
    &T;
    Box<T>;
    Arc<T>;
    Cow<'_, T>, ToOwned;
}

impl<T: Liftable> Liftable for Box<T> {
    fn lift(from: &mut dyn Lift) -> Result<Self> {
        T::lift(from).map(Box::new)
    }
}

impl<T: Liftable> Liftable for Arc<T> {
    fn lift(from: &mut dyn Lift) -> Result<Self> {
        T::lift(from).map(Arc::new)
    }
}

/// Lifts the owned form.
impl<T: Typed + ToOwned<Owned: Liftable> + ?Sized> Liftable for Cow<'_, T> {
    fn lift(from: &mut dyn Lift) -> Result<Self> {
        Liftable::lift(from).map(Cow::Owned)
    }
}

macro_rules! unsized_pointers {
    ($($pointer:ident)*) => {$(
        impl Liftable for $pointer<str> {
            fn lift(from: &mut dyn Lift) -> Result<Self> {
                from.string().map(Into::into)
            }
        }

        impl<T: Liftable> Liftable for $pointer<[T]> {
            fn lift(from: &mut dyn Lift) -> Result<Self> {
                T::lift_list(from).map(Into::into)
            }
        }
    )*};
}

unsized_pointers!(Box Arc);
