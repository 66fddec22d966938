//! Streams and futures as typed handles.

use std::fmt;
use std::marker::PhantomData;

use super::{Lift, Liftable, Lower, Results, Typed};
use crate::{Error, Result, Type, Value};

/// The readable end of a stream with elements of type `T`: `stream<T>`.
///
/// `()` stands for elements without a type.
///
/// [`InstanceExt::stream`](crate::InstanceExt::stream) and
/// [`HostCall::stream_writer`](crate::HostCall::stream_writer) create an end that a guest reads. One
/// that a guest has passed is read after [`InstanceExt::stream_reader`](crate::InstanceExt::stream_reader)
/// or [`HostCall::stream_reader`](crate::HostCall::stream_reader) has connected it, and dropped with
/// [`Instance::drop_end`](crate::Instance::drop_end).
///
/// Passing an end in a call gives it away. Rust only sees this if the handle itself is passed: after
/// `(&end,)`, using `end` again is `Misuse`.
pub struct StreamEnd<T> {
    end: Value,
    of: PhantomData<fn() -> T>,
}

/// The readable end of a future whose value is of type `T`: `future<T>`.
///
/// Like [`StreamEnd`]; `()` stands for a value without a type.
pub struct FutureEnd<T> {
    end: Value,
    of: PhantomData<fn() -> T>,
}

/// Defines what the two kinds of ends have in common.
macro_rules! end {
    ($name:ident, $kind:literal, $variant:ident) => {
        impl<T> $name<T> {
            #[doc = concat!("Makes a typed handle of the readable end of a ", $kind, ".")]
            ///
            /// The type of the elements is checked when the end is passed or an element is read.
            ///
            /// # Errors
            /// `Misuse` for any other value.
            pub fn new(end: Value) -> Result<Self> {
                match end {
                    Value::$variant(_) => Ok(Self::of(end)),
                    other => Err(Error::misuse(format!(
                        concat!("expected a ", $kind, ", found {}"),
                        other.kind()
                    ))),
                }
            }

            pub(crate) fn of(end: Value) -> Self {
                let of = PhantomData;
                Self { end, of }
            }

            /// Returns the end as a value has it.
            #[must_use]
            pub fn value(&self) -> &Value {
                &self.end
            }

            /// Returns the end as a value, for a call by value.
            #[must_use]
            pub fn into_value(self) -> Value {
                self.end
            }
        }

        impl<T: Results> Typed for $name<T> {
            fn ty() -> Type {
                Type::$variant(T::result().map(Into::into))
            }

            fn is(ty: &Type) -> bool {
                matches!(ty, Type::$variant(element) if T::result_is(element.as_deref()))
            }

            fn lower(&self, to: &mut dyn Lower) -> Result<()> {
                to.end(&self.end)
            }
        }

        impl<T: Results> Liftable for $name<T> {
            fn lift(from: &mut dyn Lift) -> Result<Self> {
                Self::new(from.end()?)
            }
        }

        impl<T> AsRef<Value> for $name<T> {
            fn as_ref(&self) -> &Value {
                &self.end
            }
        }

        impl<T> fmt::Debug for $name<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_tuple(stringify!($name)).field(&self.end).finish()
            }
        }
    };
}

end!(StreamEnd, "stream", Stream);
end!(FutureEnd, "future", Future);
