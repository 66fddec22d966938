//! Functions over numbers, whose arguments and results are bits in one slice.

use std::sync::Arc;

use crate::{
    CoreFunc, CoreFuncType, CoreStore, CoreType, CoreValue, Error, HostFn, NumericFn, Result,
};

/// The most values that a call converts without an allocation.
const INLINE: usize = 17;

/// A function over numbers, with its signature.
///
/// [`CoreStore::call_numeric`] calls it. The signature is checked once, when the function is
/// resolved, so a call need not check the types of its arguments.
///
/// # Bits
/// The arguments and results of a call share a slice. Each number occupies one `u64`: an `i64` or
/// `f64` with all its bits, an `i32` or `f32` with its bits in the low half. The high half of these
/// is ignored when it is read, and has any value when it was written.
#[derive(Clone, Debug)]
pub struct NumericFunc {
    func: CoreFunc,
    ty: Arc<CoreFuncType>,
}

impl NumericFunc {
    /// Resolves a function of a store that must have this signature.
    ///
    /// # Errors
    /// `Misuse` if the function has another type, if a parameter or result is not a number, or for
    /// a foreign handle.
    pub fn resolve(
        store: &mut dyn CoreStore,
        func: CoreFunc,
        ty: impl Into<Arc<CoreFuncType>>,
    ) -> Result<Self> {
        let ty = ty.into();
        let found = store.func_type(func)?;
        if found != *ty {
            return Err(Error::misuse(format!(
                "expected a function of type {ty}, found one of type {found}"
            )));
        }
        Self::new(func, ty)
    }

    /// Wraps a function that is known to have this signature.
    ///
    /// # Errors
    /// `Misuse` if a parameter or result is not a number.
    pub fn new(func: CoreFunc, ty: impl Into<Arc<CoreFuncType>>) -> Result<Self> {
        let ty = ty.into();
        match ty.numeric_len() {
            Some(_) => Ok(Self { func, ty }),
            None => Err(not_numeric(&ty)),
        }
    }

    /// Wraps another function that is known to have the same signature.
    #[must_use]
    pub fn with_func(&self, func: CoreFunc) -> Self {
        let ty = self.ty.clone();
        Self { func, ty }
    }

    /// Returns the function's handle.
    #[must_use]
    #[inline]
    pub fn func(&self) -> CoreFunc {
        self.func
    }

    /// Returns the signature.
    #[must_use]
    #[inline]
    pub fn ty(&self) -> &Arc<CoreFuncType> {
        &self.ty
    }

    /// Returns the length that the slice of a call must have at least.
    #[must_use]
    #[inline]
    pub fn len(&self) -> usize {
        self.ty.params.len().max(self.ty.results.len())
    }

    /// Returns whether the function has neither parameters nor results.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl CoreFuncType {
    /// Returns the length of the slice for a call over bits, or `None` if a parameter or result is
    /// not a number.
    #[must_use]
    pub fn numeric_len(&self) -> Option<usize> {
        let mut types = self.params.iter().chain(self.results.iter());
        let numeric = types.all(|ty| {
            matches!(
                ty,
                CoreType::I32 | CoreType::I64 | CoreType::F32 | CoreType::F64
            )
        });
        numeric.then(|| self.params.len().max(self.results.len()))
    }
}

/// Checks that a slice is long enough for a call over bits. All engines use it, so that they report
/// the same message.
///
/// # Errors
/// `Misuse` with both lengths.
#[inline]
pub fn check_core_bits(expected: usize, bits: &[u64]) -> Result<()> {
    match bits.len() >= expected {
        true => Ok(()),
        false => Err(too_few(expected, bits.len())),
    }
}

#[cold]
fn too_few(expected: usize, found: usize) -> Error {
    Error::misuse(format!(
        "expected room for {expected} numbers, found {found}"
    ))
}

/// # For implementors
/// The default of [`CoreStore::call_numeric`]: a call by way of [`CoreStore::call`].
///
/// # Errors
/// Those of [`CoreStore::call_numeric`].
pub fn numeric_call<S: CoreStore + ?Sized>(
    store: &mut S,
    func: &NumericFunc,
    bits: &mut [u64],
) -> Result<()> {
    check_core_bits(func.len(), bits)?;
    let ty = &func.ty;
    with_values(ty, |args, results| {
        read(args, &ty.params, bits);
        store.call(func.func, args, results)?;
        write(results, bits)
    })
}

/// # For implementors
/// A host function over bits as one over core values, for [`CoreStore::host_func`].
///
/// # Errors
/// `Misuse` if a parameter or result is not a number.
pub fn numeric_host_fn(ty: &CoreFuncType, func: NumericFn) -> Result<HostFn> {
    let len = ty.numeric_len().ok_or_else(|| not_numeric(ty))?;
    let types = ty.results.clone();
    Ok(Arc::new(move |caller, args, results| {
        let mut room = [0; INLINE];
        let mut more = Vec::new();
        let bits = match room.get_mut(..len) {
            Some(bits) => bits,
            None => {
                more.resize(len, 0);
                &mut more
            }
        };
        write(args, bits)?;
        func(caller, bits)?;
        read(results, &types, bits);
        Ok(())
    }))
}

fn not_numeric(ty: &CoreFuncType) -> Error {
    Error::misuse(format!(
        "expected a function over numbers, found one of type {ty}"
    ))
}

/// Passes room for the arguments and results of a call.
fn with_values<T>(
    ty: &CoreFuncType,
    call: impl FnOnce(&mut [CoreValue], &mut [CoreValue]) -> T,
) -> T {
    let (params, results) = (ty.params.len(), ty.results.len());
    let mut room = [CoreValue::I32(0); 2 * INLINE];
    match room.get_mut(..params + results) {
        Some(values) => {
            let (args, results) = values.split_at_mut(params);
            call(args, results)
        }
        None => call(
            &mut vec![CoreValue::I32(0); params],
            &mut vec![CoreValue::I32(0); results],
        ),
    }
}

fn read(values: &mut [CoreValue], types: &[CoreType], bits: &[u64]) {
    for ((value, ty), bits) in values.iter_mut().zip(types).zip(bits) {
        *value = CoreValue::of_bits(*ty, *bits).unwrap_or(*value);
    }
}

fn write(values: &[CoreValue], bits: &mut [u64]) -> Result<()> {
    for (value, bits) in values.iter().zip(bits) {
        *bits = value.to_bits().ok_or_else(|| {
            let found = value.kind();
            Error::engine(format!("expected a number, found {found}"))
        })?;
    }
    Ok(())
}

impl CoreValue {
    /// Returns the number of this type with these [bits](NumericFunc#bits), or `None` if values of
    /// the type are not numbers.
    #[must_use]
    pub fn of_bits(ty: CoreType, bits: u64) -> Option<Self> {
        let [a, b, c, d, ..] = bits.to_le_bytes();
        let low = u32::from_le_bytes([a, b, c, d]);
        Some(match ty {
            CoreType::I32 => CoreValue::from(low),
            CoreType::I64 => CoreValue::from(bits),
            CoreType::F32 => CoreValue::F32(low),
            CoreType::F64 => CoreValue::F64(bits),
            _ => return None,
        })
    }

    /// Returns the [bits](NumericFunc#bits) of a number, zero-extended, or `None` for other values.
    #[must_use]
    pub fn to_bits(self) -> Option<u64> {
        Some(match self {
            CoreValue::I32(value) => u32::from_le_bytes(value.to_le_bytes()).into(),
            CoreValue::I64(value) => u64::from_le_bytes(value.to_le_bytes()),
            CoreValue::F32(bits) => bits.into(),
            CoreValue::F64(bits) => bits,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn numbers_are_their_bits() {
        let (signed, nan) = (-2i64, f64::NAN.to_bits() | 1);
        for (value, ty, bits) in [
            (CoreValue::I32(-1), CoreType::I32, 0xffff_ffff),
            (CoreValue::I64(signed), CoreType::I64, u64::MAX - 1),
            (CoreValue::F32(0x7fa0_0001), CoreType::F32, 0x7fa0_0001),
            (CoreValue::F64(nan), CoreType::F64, nan),
        ] {
            assert_eq!(value.to_bits(), Some(bits));
            let again = CoreValue::of_bits(ty, bits).unwrap();
            assert_eq!(again.to_bits(), Some(bits));
            assert_eq!(again.kind(), value.kind());
        }
        let high = CoreValue::of_bits(CoreType::I32, 0xdead_beef_0000_0001);
        assert_eq!(high, Some(CoreValue::I32(1)));
        assert_eq!(CoreValue::V128(1).to_bits(), None);
        assert_eq!(CoreValue::of_bits(CoreType::V128, 1), None);
    }

    #[test]
    fn only_functions_over_numbers_are_numeric() {
        let func = CoreFunc::new(1, 1);
        let ty = CoreFuncType::new([CoreType::I32; 3], [CoreType::F64]);
        assert_eq!(NumericFunc::new(func, ty).unwrap().len(), 3);
        let ty = CoreFuncType::new([CoreType::I32], [CoreType::V128]);
        assert!(NumericFunc::new(func, ty).is_err());
    }

    #[test]
    fn a_short_slice_is_misuse() {
        assert!(check_core_bits(2, &[0; 2]).is_ok());
        assert!(check_core_bits(2, &[0; 1]).is_err());
    }
}
