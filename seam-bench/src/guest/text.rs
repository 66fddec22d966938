//! The text of artifacts.

use seam_core::Artifact;

use crate::failure::Failure;

/// A memory with a `realloc` that never frees. It starts after `reserved` bytes, and `reset`
/// releases everything.
///
/// The address of the next allocation is in the global `$next`.
pub(super) fn bump(reserved: u32) -> String {
    let pages = reserved / 65536 + 1;
    format!(
        r#"
        (memory $memory (export "memory") {pages})
        (global $next (mut i32) (i32.const {reserved}))
        (func $reset (export "reset") (global.set $next (i32.const {reserved})))
        (func (export "realloc")
            (param $old i32) (param $old-size i32) (param $align i32) (param $size i32) (result i32)
            (local $at i32)
            (local $end i32)
            (local.set $at
                (i32.and
                    (i32.add (global.get $next) (i32.sub (local.get $align) (i32.const 1)))
                    (i32.sub (i32.const 0) (local.get $align))))
            (local.set $end (i32.add (local.get $at) (local.get $size)))
            (if (i32.gt_u (local.get $end) (i32.mul (memory.size) (i32.const 65536)))
                (then
                    (if (i32.eq (i32.const -1)
                            (memory.grow
                                (i32.sub
                                    (i32.div_u
                                        (i32.add (local.get $end) (i32.const 65535))
                                        (i32.const 65536))
                                    (memory.size))))
                        (then unreachable))))
            (if (local.get $old)
                (then (memory.copy (local.get $at) (local.get $old) (local.get $old-size))))
            (global.set $next (local.get $end))
            (local.get $at))"#
    )
}

/// Reads an artifact from text.
pub(super) fn from_text(name: &str, text: &str) -> Result<Artifact, Failure> {
    Ok(Artifact::from_wat(name, text)?)
}
