//! A component with a resource.

use seam_core::Artifact;

use super::text::from_text;
use crate::failure::Failure;

/// A component with the resource `counter`, whose representation is the number it was made with.
pub(crate) fn resource() -> Result<Artifact, Failure> {
    let text = r#"(component
        (type $counter (resource (rep i32)))
        (core func $new (canon resource.new $counter))
        (core module $m
            (import "counter" "new" (func $new (param i32) (result i32)))
            (func (export "new") (param i32) (result i32) (call $new (local.get 0)))
            (func (export "get") (param i32) (result i32) (local.get 0)))
        (core instance $m (instantiate $m
            (with "counter" (instance (export "new" (func $new))))))
        (export $counter' "counter" (type $counter))
        (func (export "[constructor]counter") (param "start" u32) (result (own $counter'))
            (canon lift (core func $m "new")))
        (func (export "[method]counter.get") (param "self" (borrow $counter')) (result u32)
            (canon lift (core func $m "get"))))"#;
    from_text("resource", text)
}
