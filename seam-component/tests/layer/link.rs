//! Linking inside a component: captures, subtyping, resource types.

use seam_core::{
    CanonTrap, Capability, ErrorKind, HostCall, InstanceExt, Resource, ResourceType, Trap, Value,
    World,
};

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
            let result = guest.call_blocking(name, &[41u32.into()]).unwrap();
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
        assert_eq!(guest.call_blocking("b", &[]).unwrap(), Some(Value::U32(2)));
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
          (func (export "rep") (param i32) (result i32) (local.get 0))
          (func (export "take") (param i32) (result i32) (call $rep (local.get 0))))
        (core instance $m (instantiate $m (with "" (instance
          (export "new" (func $new)) (export "rep" (func $rep))))))
        (func (export "take") (param "r" (own $r)) (result u32)
          (canon lift (core func $m "take")))
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
      (core func $take-a (canon lower (func $a "take")))
      (core func $take-b (canon lower (func $b "take")))
      (core module $m
        (import "" "make" (func $make (result i32)))
        (import "" "take-a" (func $take-a (param i32) (result i32)))
        (import "" "take-b" (func $take-b (param i32) (result i32)))
        (import "" "rep-a" (func $rep-a (param i32) (result i32)))
        (import "" "rep-b" (func $rep-b (param i32) (result i32)))
        (func (export "same-owned") (result i32) (call $take-a (call $make)))
        (func (export "other-owned") (result i32) (call $take-b (call $make)))
        (func (export "same") (result i32) (call $rep-a (call $make)))
        (func (export "other") (result i32) (call $rep-b (call $make))))
      (core instance $m (instantiate $m (with "" (instance
        (export "make" (func $make)) (export "rep-a" (func $rep-a))
        (export "rep-b" (func $rep-b))
        (export "take-a" (func $take-a)) (export "take-b" (func $take-b))))))
      (func (export "same-owned") (result u32) (canon lift (core func $m "same-owned")))
      (func (export "other-owned") (result u32) (canon lift (core func $m "other-owned")))
      (func (export "same") (result u32) (canon lift (core func $m "same")))
      (func (export "other") (result u32) (canon lift (core func $m "other"))))"#
    );
    for backend in builds() {
        for (same, other) in [("same", "other"), ("same-owned", "other-owned")] {
            let mut guest = instance(&backend, &text);
            let found = guest.call_blocking(same, &[]).unwrap();
            assert_eq!(found, Some(Value::U32(5)));
            let error = guest.call_blocking(other, &[]).unwrap_err();
            let trap = Trap::Canon(CanonTrap::WrongResourceType);
            assert_eq!(error.as_trap(), Some(&trap));
        }
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

/// Makes a component that passes a resource from `make` to `take`. The types of both are parameters.
fn passing(imports: &str) -> String {
    format!(
        r#"(component {imports}
        (core func $make (canon lower (func $make)))
        (core func $take (canon lower (func $take)))
        (core module $m
          (import "" "make" (func $make (result i32)))
          (import "" "take" (func $take (param i32) (result i32)))
          (func (export "pass") (result i32) (call $take (call $make))))
        (core instance $m (instantiate $m (with "" (instance
          (export "make" (func $make)) (export "take" (func $take))))))
        (func (export "pass") (result u32) (canon lift (core func $m "pass"))))"#
    )
}

/// The host's `make` and `take`, for resources of these names.
fn passing_world(made: &'static str, taken: &'static str, funcs: [&str; 2]) -> World {
    let make = move |_: &mut HostCall<'_>, _: &[Value]| {
        let made = Resource::host(ResourceType::new(made), 41);
        Ok(Some(Value::Own(made)))
    };
    let take = |_: &mut HostCall<'_>, args: &[Value]| match args {
        [Value::Own(taken)] => Ok(Some(Value::U32(taken.rep()? + 1))),
        other => panic!("{other:?}"),
    };
    let world = World::new().resource(made, |_, _| Ok(()));
    let world = match made == taken {
        true => world,
        false => world.resource(taken, |_, _| Ok(())),
    };
    world
        .func_values(funcs[0], None, make)
        .func_values(funcs[1], None, take)
}

#[test]
fn an_import_that_equals_a_resource_is_that_resource() {
    let text = passing(
        r#"(import "r" (type $r (sub resource)))
        (import "r2" (type $r2 (eq $r)))
        (import "make" (func $make (result (own $r))))
        (import "take" (func $take (param "r" (own $r2)) (result u32)))"#,
    );
    let world = passing_world("r", "r", ["make", "take"]);
    for backend in builds() {
        let mut guest = try_instance(&backend, &text, &world).unwrap();
        let result = guest.call_blocking("pass", &[]).unwrap();
        assert_eq!(result, Some(Value::U32(42)));
    }
}

#[test]
fn imports_are_found_in_any_version_of_their_track() {
    let instance = |version: &str| {
        format!(
            r#"(import "test:shop/goods@{version}" (instance $i
              (export "r" (type $r (sub resource)))
              (export "make" (func (result (own $r))))
              (export "take" (func (param "r" (own $r)) (result u32)))))
            (alias export $i "make" (func $make))
            (alias export $i "take" (func $take))"#
        )
    };
    let name = |version: &str, item: &str| format!("test:shop/goods@{version}#{item}");
    for (wanted, given, found) in [
        ("1.2.0", "1.2.0", true),
        ("1.2.0", "1.3.1", true),
        ("1.4.0", "1.3.1", true),
        ("0.2.0", "0.2.7", true),
        ("0.2.0", "0.3.0", false),
        ("1.2.0", "2.0.0", false),
    ] {
        let text = passing(&instance(wanted));
        let resource: &'static str = name(given, "r").leak();
        let funcs = [name(given, "make"), name(given, "take")];
        let world = passing_world(resource, resource, [&funcs[0], &funcs[1]]);
        for backend in builds() {
            let about = format!("wanted {wanted}, given {given}");
            match try_instance(&backend, &text, &world) {
                Ok(mut guest) if found => {
                    let result = guest.call_blocking("pass", &[]).unwrap();
                    assert_eq!(result, Some(Value::U32(42)), "{about}");
                }
                Err(failed) if !found => assert_eq!(*failed.error.kind(), ErrorKind::Link),
                other => panic!("{about}: {:?}", other.map(drop)),
            }
        }
    }
}
