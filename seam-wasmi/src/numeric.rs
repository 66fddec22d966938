//! Calls over bits, for the signatures that the canonical ABI uses most.
//!
//! The engine checks types and allocates for each call with dynamic values, in both directions.
//! With static types it does neither. So functions over `i32` have static types here. All other
//! signatures take the way over dynamic values.

use seam_core::{CoreFuncType, CoreType, check_core_bits};
use wasmi::{AsContext, AsContextMut, Caller, Func, TypedFunc, ValType};

use crate::error::carried;

/// The bits of an `i32`, which are those of its slot's low half.
fn narrow(bits: u64) -> i32 {
    let [a, b, c, d, ..] = bits.to_le_bytes();
    i32::from_le_bytes([a, b, c, d])
}

fn widen(value: i32) -> u64 {
    u32::from_le_bytes(value.to_le_bytes()).into()
}

/// Returns the first arguments.
///
/// # Errors
/// `Misuse` if there are fewer, or no room for a result.
#[inline]
fn args<const N: usize>(bits: &[u64], result: bool) -> Result<[i32; N], wasmi::Error> {
    check_core_bits(N.max(result.into()), bits).map_err(carried)?;
    Ok(bits.first_chunk().map_or([0; N], |bits| bits.map(narrow)))
}

/// Stands for the type of a parameter.
macro_rules! i32_of {
    ($param:ident) => {
        i32
    };
}

macro_rules! shapes {
    ($( $count:literal $without:ident $with:ident $( $param:ident )*; )*) => {
        /// A function whose parameters are `i32`s, with an `i32` as its result or without a result.
        #[derive(Clone, Copy)]
        pub(crate) enum Typed {
            $(
                $without(TypedFunc<($( i32_of!($param), )*), ()>),
                $with(TypedFunc<($( i32_of!($param), )*), i32>),
            )*
        }

        impl Typed {
            /// Returns the function with its static type, or `None` if it has another shape.
            pub(crate) fn of(ctx: &impl AsContext, func: Func) -> Option<Self> {
                let ty = func.ty(ctx);
                Some(match shape(ty.params(), ty.results(), &ValType::I32)? {
                    $(
                        ($count, false) => Typed::$without(func.typed(ctx).ok()?),
                        ($count, true) => Typed::$with(func.typed(ctx).ok()?),
                    )*
                    _ => return None,
                })
            }

            /// Calls the function.
            ///
            /// # Errors
            /// Those of the engine; `Misuse` for a slice that is too short.
            #[inline]
            pub(crate) fn call(
                self,
                ctx: impl AsContextMut,
                bits: &mut [u64],
            ) -> Result<(), wasmi::Error> {
                match self {
                    $(
                        Typed::$without(func) => {
                            let [$( $param ),*] = args(bits, false)?;
                            func.call(ctx, ($( $param, )*))
                        }
                        Typed::$with(func) => {
                            let [$( $param ),*] = args(bits, true)?;
                            let result = func.call(ctx, ($( $param, )*))?;
                            if let Some(bits) = bits.first_mut() {
                                *bits = widen(result);
                            }
                            Ok(())
                        }
                    )*
                }
            }
        }

        /// Creates a host function with a static type, or returns `None` if it has another shape.
        ///
        /// `call` gets the arguments and leaves the result at the beginning of the slice.
        pub(crate) fn host_func<T: 'static>(
            ctx: impl AsContextMut<Data = T>,
            ty: &CoreFuncType,
            call: impl Fn(Caller<'_, T>, &mut [u64]) -> Result<(), wasmi::Error>
                + Send
                + Sync
                + 'static,
        ) -> Option<Func> {
            Some(match shape(&ty.params, &ty.results, &CoreType::I32)? {
                $(
                    ($count, false) => {
                        Func::wrap(ctx, move |caller: Caller<'_, T>, $( $param: i32 ),*| {
                            call(caller, &mut [$( widen($param) ),*])
                        })
                    }
                    ($count, true) => {
                        Func::wrap(ctx, move |caller: Caller<'_, T>, $( $param: i32 ),*| {
                            let args: [i32; $count] = [$( $param ),*];
                            let mut bits = [0; if $count == 0 { 1 } else { $count }];
                            for (bits, arg) in bits.iter_mut().zip(args) {
                                *bits = widen(arg);
                            }
                            call(caller, &mut bits)?;
                            let [result, ..] = bits;
                            Ok::<i32, wasmi::Error>(narrow(result))
                        })
                    }
                )*
                _ => return None,
            })
        }
    };
}

shapes! {
    0usize P0 R0;
    1usize P1 R1 a;
    2usize P2 R2 a b;
    3usize P3 R3 a b c;
    4usize P4 R4 a b c d;
    5usize P5 R5 a b c d e;
    6usize P6 R6 a b c d e f;
    7usize P7 R7 a b c d e f g;
    8usize P8 R8 a b c d e f g h;
}

/// Returns the number of parameters, and whether there is a result, if all are of the type `i32`.
fn shape<T: PartialEq>(params: &[T], results: &[T], i32: &T) -> Option<(usize, bool)> {
    let mut types = params.iter().chain(results);
    let is_shape = results.len() <= 1 && types.all(|ty| ty == i32);
    is_shape.then_some((params.len(), !results.is_empty()))
}
