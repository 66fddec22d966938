//! Opcodes of the instructions that decide which trap occurred.

/// `call_indirect` and `return_call_indirect`.
pub(crate) const CALLS_INDIRECTLY: [u8; 2] = [0x11, 0x13];
