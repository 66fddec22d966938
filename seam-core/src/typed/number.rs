//! Numbers, `bool` and `char`, which are one part each, as lists of numbers are.

use super::{Lift, Liftable, Lower, Numbers, Scalar, Typed, another};
use crate::{List, Result, Type, Value};

macro_rules! scalars {
    ($($rust:ty => $case:ident $lists:tt,)*) => {
        impl Scalar {
            /// Returns the scalar's type.
            #[must_use]
            pub fn ty(self) -> Type {
                match self { $( Scalar::$case(_) => Type::$case, )* }
            }

            /// Returns whether the scalar is of this type.
            #[must_use]
            #[inline]
            pub fn is(self, ty: &Type) -> bool {
                matches!((ty, self), $( (Type::$case, Scalar::$case(_)) )|*)
            }

            /// Returns the scalar as a value.
            #[must_use]
            #[inline]
            pub fn to_value(self) -> Value {
                match self { $( Scalar::$case(scalar) => Value::$case(scalar), )* }
            }

            /// Returns a value as a scalar, or `None` if it is not a scalar.
            #[must_use]
            #[inline]
            pub fn of(value: &Value) -> Option<Self> {
                match value {
                    $( Value::$case(scalar) => Some(Scalar::$case(*scalar)), )*
                    _ => None,
                }
            }
        }

        $(
            impl Typed for $rust {
                fn ty() -> Type {
                    Type::$case
                }

                fn is(ty: &Type) -> bool {
                    matches!(ty, Type::$case)
                }

                #[inline]
                fn lower(&self, to: &mut dyn Lower) -> Result<()> {
                    to.scalar(Scalar::$case(*self))
                }

                scalars! { lower $case $lists }
            }

            impl Liftable for $rust {
                #[inline(always)]
                fn lift(from: &mut dyn Lift) -> Result<Self> {
                    match from.scalar()? {
                        Scalar::$case(value) => Ok(value),
                        other => Err(another(&Type::$case, other.ty().kind())),
                    }
                }

                scalars! { lift $case $lists }
            }
        )*
    };
    (lower $case:ident flat) => {
        fn lower_list(list: &[Self], to: &mut dyn Lower) -> Result<()> {
            to.numbers(Numbers::$case(list))
        }
    };
    (lift $case:ident flat) => {
        fn lift_list(from: &mut dyn Lift) -> Result<Vec<Self>> {
            // One move, from the list to the result.
            match from.numbers() {
                Ok(List::$case(list)) => Ok(list),
                Ok(other) if other.is_empty() => Ok(Vec::new()),
                Err(error) => Err(error),
                Ok(_) => Err(another(&Type::list(Type::$case), "another list")),
            }
        }
    };
    ($way:ident $case:ident each) => {};
}

scalars! {
    bool => Bool each,
    i8 => S8 flat, u8 => U8 flat, i16 => S16 flat, u16 => U16 flat, i32 => S32 flat, u32 => U32 flat,
    i64 => S64 flat, u64 => U64 flat, f32 => F32 flat, f64 => F64 flat,
    char => Char each,
}

macro_rules! numbers {
    ($($case:ident)*) => {
        impl<'a> Numbers<'a> {
            /// Borrows the numbers of a list, or returns `None` for any other list.
            #[must_use]
            pub fn of(list: &'a List) -> Option<Self> {
                match list {
                    $( List::$case(list) => Some(Numbers::$case(list)), )*
                    List::Records(_) | List::Values(_) => None,
                }
            }

            /// Returns the type of the elements.
            #[must_use]
            pub fn ty(self) -> Type {
                match self { $( Numbers::$case(_) => Type::$case, )* }
            }

            /// Returns the number of elements.
            #[must_use]
            pub fn len(self) -> usize {
                match self { $( Numbers::$case(list) => list.len(), )* }
            }

            /// Returns whether the list is empty.
            #[must_use]
            pub fn is_empty(self) -> bool {
                self.len() == 0
            }

            /// Copies the numbers into a list.
            #[must_use]
            pub fn to_list(self) -> List {
                match self { $( Numbers::$case(list) => List::$case(list.to_vec()), )* }
            }
        }
    };
}

numbers! { S8 U8 S16 U16 S32 U32 S64 U64 F32 F64 }
