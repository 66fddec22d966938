//! Linking inside a component: captures, subtyping, resource types.

use seam_core::{CanonTrap, Capability, ErrorKind, InstanceExt, Trap, Value, World};

use crate::{builds, instance, try_instance};

#[test]
fn outer_aliases_reach_through_every_level() {
    // A module, a type and a component of the root, used three levels down, from two instances.
    let text = r#"(component $root
      (core module $m (func (export "f") (param i32) (result i32)
        (i32.add (local.get 0) (i32.const 1))))
      (type $t (func (param "n" u32) (result u32)))
      (component $leaf
        (core instance $i (instantiate $m))
        (func (export "f") (type $t) (canon lift (core func $i "f"))))
      (component $one
        (component $two
          (component $three
            (alias outer $root $leaf (component $l))
            (alias outer $root $m (core module $m2))
            (instance $i (instantiate $l))
            (core instance $c (instantiate $m2))
            (type $u (func (param "n" u32) (result u32)))
            (func (export "g") (type $t) (canon lift (core func $c "f")))
            (export "f" (func $i "f")))
          (instance $i (instantiate $three))
          (export "i" (instance $i)))
        (instance $i (instantiate $two))
        (export "i" (instance $i)))
      (instance $a (instantiate $one))
      (instance $b (instantiate $one))
      (alias export $a "i" (instance $ai))
      (alias export $ai "i" (instance $aii))
      (alias export $b "i" (instance $bi))
      (alias export $bi "i" (instance $bii))
      (export "f" (func $aii "f"))
      (export "g" (func $bii "g")))"#;
    for backend in builds() {
        let mut guest = instance(&backend, text);
        for name in ["f", "g"] {
            let result = guest.invoke(name, &[41u32.into()]).unwrap();
            assert_eq!(result, Some(Value::U32(42)), "{name}");
        }
    }
}

#[test]
fn an_instance_may_export_more_than_is_imported() {
    let text = r#"(component
      (component $gives
        (core module $m
          (func (export "a") (result i32) (i32.const 1))
          (func (export "b") (result i32) (i32.const 2)))
        (core instance $m (instantiate $m))
        (type $r' (record (field "x" u8)))
        (export $r "r" (type $r'))
        (func (export "a") (result u32) (canon lift (core func $m "a")))
        (func (export "b") (result u32) (canon lift (core func $m "b"))))
      (component $takes
        (import "i" (instance $i (export "b" (func (result u32)))))
        (export "b" (func $i "b")))
      (instance $gives (instantiate $gives))
      (instance $takes (instantiate $takes (with "i" (instance $gives))))
      (export "b" (func $takes "b")))"#;
    for backend in builds() {
        let mut guest = instance(&backend, text);
        assert_eq!(guest.invoke("b", &[]).unwrap(), Some(Value::U32(2)));
    }
}

#[test]
fn two_instances_of_one_component_have_two_resource_types() {
    let part = r#"(component $part
        (type $r' (resource (rep i32)))
        (export $r "r" (type $r'))
        (core func $new (canon resource.new $r'))
        (core func $rep (canon resource.rep $r'))
        (core module $m
          (import "" "new" (func $new (param i32) (result i32)))
          (import "" "rep" (func $rep (param i32) (result i32)))
          (func (export "make") (result i32) (call $new (i32.const 5)))
          (func (export "rep") (param i32) (result i32) (local.get 0)))
        (core instance $m (instantiate $m (with "" (instance
          (export "new" (func $new)) (export "rep" (func $rep))))))
        (func (export "make") (result (own $r)) (canon lift (core func $m "make")))
        (func (export "rep") (param "r" (borrow $r)) (result u32)
          (canon lift (core func $m "rep"))))"#;
    let text = format!(
        r#"(component {part}
      (instance $a (instantiate $part))
      (instance $b (instantiate $part))
      (core func $make (canon lower (func $a "make")))
      (core func $rep-a (canon lower (func $a "rep")))
      (core func $rep-b (canon lower (func $b "rep")))
      (core module $m
        (import "" "make" (func $make (result i32)))
        (import "" "rep-a" (func $rep-a (param i32) (result i32)))
        (import "" "rep-b" (func $rep-b (param i32) (result i32)))
        (func (export "same") (result i32) (call $rep-a (call $make)))
        (func (export "other") (result i32) (call $rep-b (call $make))))
      (core instance $m (instantiate $m (with "" (instance
        (export "make" (func $make)) (export "rep-a" (func $rep-a))
        (export "rep-b" (func $rep-b))))))
      (func (export "same") (result u32) (canon lift (core func $m "same")))
      (func (export "other") (result u32) (canon lift (core func $m "other"))))"#
    );
    for backend in builds() {
        let mut guest = instance(&backend, &text);
        assert_eq!(guest.invoke("same", &[]).unwrap(), Some(Value::U32(5)));
        let error = guest.invoke("other", &[]).unwrap_err();
        let trap = Trap::Canon(CanonTrap::WrongResourceType);
        assert_eq!(error.as_trap(), Some(&trap));
    }
}

#[test]
fn a_64_bit_memory_as_an_option_is_unsupported() {
    let text = r#"(component
      (core module $m
        (memory (export "memory") i64 1)
        (func (export "realloc") (param i64 i64 i64 i64) (result i64) (i64.const 64))
        (func (export "f") (param i64 i64)))
      (core instance $m (instantiate $m))
      (func (export "f") (param "s" string) (canon lift (core func $m "f")
        (memory (core memory $m "memory")) (realloc (core func $m "realloc")))))"#;
    for backend in builds() {
        let error = try_instance(&backend, text, &World::new()).err().unwrap();
        let kind = ErrorKind::Unsupported(Capability::Memory64);
        assert_eq!(*error.error.kind(), kind, "{}", error.error);
    }
}
