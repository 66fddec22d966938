//! Tuples, as values and as the parameters of functions.

use super::{Lift, Liftable, Lower, Typed, TypedArgs, TypedParams};
use crate::{FuncType, Result, Type};

impl TypedArgs for () {
    fn types() -> Vec<Type> {
        Vec::new()
    }

    fn fit(ty: &FuncType) -> bool {
        ty.params.is_empty()
    }

    fn lower_args(&self, _: &mut dyn Lower) -> Result<()> {
        Ok(())
    }
}

impl TypedParams for () {
    fn lift_args(_: &mut dyn Lift) -> Result<Self> {
        Ok(())
    }
}

macro_rules! tuples {
    ($($name:ident $index:tt),+) => {
        impl<$($name: Typed),+> Typed for ($($name,)+) {
            fn ty() -> Type {
                Type::tuple([$($name::ty()),+])
            }

            fn is(ty: &Type) -> bool {
                let Type::Tuple(types) = ty else {
                    return false;
                };
                let mut types = types.iter();
                $( types.next().is_some_and($name::is) && )+ types.next().is_none()
            }

            #[inline]
            fn lower(&self, to: &mut dyn Lower) -> Result<()> {
                $( self.$index.lower(to)?; )+
                Ok(())
            }
        }

        impl<$($name: Liftable),+> Liftable for ($($name,)+) {
            #[inline]
            fn lift(from: &mut dyn Lift) -> Result<Self> {
                // Tuple expressions are evaluated from left to right.
                Ok(($( $name::lift(from)?, )+))
            }
        }

        impl<$($name: Typed),+> TypedArgs for ($($name,)+) {
            fn types() -> Vec<Type> {
                vec![$($name::ty()),+]
            }

            fn fit(ty: &FuncType) -> bool {
                let mut types = ty.params.iter().map(|(_, ty)| ty);
                $( types.next().is_some_and($name::is) && )+ types.next().is_none()
            }

            #[inline]
            fn lower_args(&self, to: &mut dyn Lower) -> Result<()> {
                self.lower(to)
            }
        }

        impl<$($name: Liftable),+> TypedParams for ($($name,)+) {
            // Where the source is known, this compiles to a few instructions.
            #[inline(always)]
            fn lift_args(from: &mut dyn Lift) -> Result<Self> {
                Ok(($( $name::lift(from)?, )+))
            }
        }
    };
}

tuples!(A 0);
tuples!(A 0, B 1);
tuples!(A 0, B 1, C 2);
tuples!(A 0, B 1, C 2, D 3);
tuples!(A 0, B 1, C 2, D 3, E 4);
tuples!(A 0, B 1, C 2, D 3, E 4, F 5);
tuples!(A 0, B 1, C 2, D 3, E 4, F 5, G 6);
tuples!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7);
tuples!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8);
tuples!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9);
tuples!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10);
tuples!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11);
tuples!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11, M 12);
tuples!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11, M 12, N 13);
tuples!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11, M 12, N 13, O 14);
tuples!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11, M 12, N 13, O 14, P 15);
