//! Values in kiln's shape.

/// A core value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KilnValue {
    /// `Value::I32`
    I32(i32),
    /// `Value::I64`
    I64(i64),
    /// `Value::F32`, as bits.
    F32(u32),
    /// `Value::F64`, as bits.
    F64(u64),
    /// `Value::V128`, as little-endian bytes.
    V128([u8; 16]),
    /// `Value::FuncRef`
    FuncRef(Option<KilnFuncRef>),
    /// `Value::ExternRef`, as its index.
    ExternRef(Option<u32>),
    /// `Value::I31Ref`
    I31Ref(Option<i32>),
    /// `Value::ExnRef`
    ExnRef(Option<u32>),
    /// A value that the seam does not carry, as kiln's word for its kind.
    Other(&'static str),
}

/// A function reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct KilnFuncRef {
    /// The index in the function index space of its instance.
    pub index: u32,
    /// The [`instance_id`](crate::Kiln::instance_id) of its instance. `None` means the instance that
    /// holds the reference.
    pub instance: Option<u32>,
}

impl KilnValue {
    /// Returns the word for the value's kind.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            KilnValue::I32(_) => "i32",
            KilnValue::I64(_) => "i64",
            KilnValue::F32(_) => "f32",
            KilnValue::F64(_) => "f64",
            KilnValue::V128(_) => "v128",
            KilnValue::FuncRef(_) => "funcref",
            KilnValue::ExternRef(_) => "externref",
            KilnValue::I31Ref(_) => "i31ref",
            KilnValue::ExnRef(_) => "exnref",
            KilnValue::Other(kind) => kind,
        }
    }
}
