//! Maps and fixed-length lists.

use std::collections::{BTreeMap, HashMap};

use seam_core::{InstanceExt, List, Value, World};

use crate::{check_echo, of_text};

/// Functions that return their argument, or the parts of it that they name.
pub(crate) const ECHO: &str = r#"(component
  (core module $m
    (memory (export "memory") 1)
    (global $next (mut i32) (i32.const 1024))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (local $at i32)
      (local.set $at (i32.and (i32.add (global.get $next) (i32.const 7)) (i32.const -8)))
      (global.set $next (i32.add (local.get $at) (local.get 3)))
      (local.get $at))
    (func (export "range") (param i32 i32) (result i32)
      (i32.store (i32.const 0) (local.get 0))
      (i32.store (i32.const 4) (local.get 1))
      (i32.const 0))
    (func (export "three") (param i32 i32 i32) (result i32)
      (i32.store16 (i32.const 0) (local.get 0))
      (i32.store16 (i32.const 2) (local.get 1))
      (i32.store16 (i32.const 4) (local.get 2))
      (i32.const 0))
    (func (export "two") (param i32 i32 i32 i32) (result i32)
      (i32.store (i32.const 0) (local.get 0))
      (i32.store (i32.const 4) (local.get 1))
      (i32.store (i32.const 8) (local.get 2))
      (i32.store (i32.const 12) (local.get 3))
      (i32.const 0))
    (func (export "same") (param i32) (result i32) (local.get 0))
    ;; The list of the entry's key, twice: a map in which a key occurs twice.
    (func (export "twice") (param i32 i32) (result i32)
      (memory.copy (i32.const 16) (local.get 0) (i32.const 12))
      (memory.copy (i32.const 28) (local.get 0) (i32.const 12))
      (i32.store (i32.const 36) (i32.const 99))
      (i32.store (i32.const 0) (i32.const 16))
      (i32.store (i32.const 4) (i32.const 2))
      (i32.const 0)))
  (core instance $i (instantiate $m))
  (func (export "map") (param "v" (map string u32)) (result (map string u32))
    (canon lift (core func $i "range") (memory (core memory $i "memory"))
      (realloc (core func $i "realloc"))))
  (func (export "twice") (param "v" (map string u32)) (result (map string u32))
    (canon lift (core func $i "twice") (memory (core memory $i "memory"))
      (realloc (core func $i "realloc"))))
  (func (export "entries") (param "v" (map string u32)) (result (list (tuple string u32)))
    (canon lift (core func $i "range") (memory (core memory $i "memory"))
      (realloc (core func $i "realloc"))))
  (func (export "nested") (param "v" (list (map u8 (list u64))))
    (result (list (map u8 (list u64))))
    (canon lift (core func $i "range") (memory (core memory $i "memory"))
      (realloc (core func $i "realloc"))))
  (func (export "flat") (param "v" (list u16 3)) (result (list u16 3))
    (canon lift (core func $i "three") (memory (core memory $i "memory"))))
  (func (export "spilled") (param "v" (list u64 20)) (result (list u64 20))
    (canon lift (core func $i "same") (memory (core memory $i "memory"))
      (realloc (core func $i "realloc"))))
  (func (export "texts") (param "v" (list string 2)) (result (list string 2))
    (canon lift (core func $i "two") (memory (core memory $i "memory"))
      (realloc (core func $i "realloc"))))
  (func (export "rows") (param "v" (list (list bool 3))) (result (list (list bool 3)))
    (canon lift (core func $i "range") (memory (core memory $i "memory"))
      (realloc (core func $i "realloc")))))"#;

#[test]
fn maps_round_trip() {
    let mut echo = of_text(ECHO, &World::new());
    let entries = [("one", 1u32), ("", 0), ("zwei", 2)];
    let sorted: BTreeMap<String, u32> = entries.map(|(k, v)| (k.into(), v)).into();
    let hashed: HashMap<String, u32> = entries.map(|(k, v)| (k.into(), v)).into();
    check_echo(&mut echo, "map", &sorted);
    check_echo(&mut echo, "map", &hashed);
    check_echo(&mut echo, "map", &BTreeMap::<String, u32>::new());
    let nested = vec![
        BTreeMap::from([(1u8, vec![1u64, 2]), (0, vec![])]),
        BTreeMap::new(),
        BTreeMap::from([(255, vec![u64::MAX])]),
    ];
    check_echo(&mut echo, "nested", &nested);
}

#[test]
fn entries_are_passed_in_the_order_of_their_keys() {
    let hashed: HashMap<String, u32> = (0..20).map(|n| (format!("k{n:02}"), n)).collect();
    let sorted: Vec<(String, u32)> = (0..20).map(|n| (format!("k{n:02}"), n)).collect();
    for mut echo in of_text(ECHO, &World::new()) {
        let found: Vec<(String, u32)> = echo.call_typed_blocking("entries", (&hashed,)).unwrap();
        assert_eq!(found, sorted);
    }
}

#[test]
fn the_last_value_of_a_key_counts() {
    for mut echo in of_text(ECHO, &World::new()) {
        let entry = || BTreeMap::from([("k", 1u32)]);
        let value = Value::Map(vec![("k".into(), Value::U32(1))]);
        let both = echo.call_blocking("twice", &[value]).unwrap();
        let twice = vec![("k".into(), Value::U32(1)), ("k".into(), Value::U32(99))];
        assert_eq!(both, Some(Value::Map(twice)));
        let found: HashMap<String, u32> = echo.call_typed_blocking("twice", (entry(),)).unwrap();
        assert_eq!(found, HashMap::from([("k".into(), 99)]));
    }
}

#[test]
fn fixed_length_lists_round_trip() {
    let mut echo = of_text(ECHO, &World::new());
    check_echo(&mut echo, "flat", &[1u16, 2, u16::MAX]);
    let mut numbers = [0u64; 20];
    for (number, n) in numbers.iter_mut().zip(0..) {
        *number = n << 33;
    }
    check_echo(&mut echo, "spilled", &numbers);
    check_echo(&mut echo, "texts", &["a".to_string(), String::new()]);
    let rows = vec![[true, false, true], [false, false, true]];
    check_echo(&mut echo, "rows", &rows);
}

#[test]
fn fixed_length_lists_are_the_same_as_by_value() {
    for mut echo in of_text(ECHO, &World::new()) {
        let value = Value::List(List::U16(vec![1, 2, 3]));
        let found = echo.call_blocking("flat", std::slice::from_ref(&value));
        assert_eq!(found.unwrap(), Some(value));
    }
}
