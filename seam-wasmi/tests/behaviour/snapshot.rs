//! Snapshots and memories of an instance.

use seam_core::{CorePath, CoreValue, ErrorKind, InstanceExt, Memories, Query, World};

use crate::{fixture, instance, kind, s32};

#[test]
fn exported_globals_of_every_type_are_seen() {
    let mut globals = instance(&fixture("globals"), &World::new());
    let snapshot = |i: &mut dyn seam_core::Instance| {
        i.snapshot(&Query::new())
            .unwrap()
            .instances
            .remove(0)
            .globals
    };
    let before = snapshot(&mut *globals);
    assert_eq!(before.len(), 17);
    assert_eq!(before.get("i64"), Some(&CoreValue::I64(i64::MIN)));
    assert!(matches!(
        before.get("f32-nan"),
        Some(CoreValue::F32(0x7fa0_0001))
    ));
    assert!(matches!(
        before.get("f64-nan"),
        Some(CoreValue::F64(0xfff4_0000_0000_0001))
    ));
    assert_eq!(before.get("null-func"), Some(&CoreValue::FuncRef(None)));
    assert!(matches!(
        before.get("func"),
        Some(CoreValue::FuncRef(Some(_)))
    ));
    globals.call_blocking("scramble", &[]).unwrap();
    let path = CorePath::new([0]);
    globals
        .call_core(&path, "keep", &[CoreValue::ExternRef(Some(9))])
        .unwrap();
    let after = snapshot(&mut *globals);
    assert_eq!(after.get("mut-i64"), Some(&CoreValue::I64(-2)));
    assert_eq!(after.get("mut-f32"), Some(&CoreValue::F32(1)));
    let bytes = 0x0f0e_0d0c_0b0a_0908_0706_0504_0302_0100;
    assert_eq!(after.get("mut-v128"), Some(&CoreValue::V128(bytes)));
    assert!(matches!(
        after.get("mut-funcref"),
        Some(CoreValue::FuncRef(Some(_)))
    ));
    assert_eq!(
        after.get("mut-externref"),
        Some(&CoreValue::ExternRef(Some(9)))
    );
    let kept = globals.call_core(&path, "kept", &[]).unwrap();
    assert_eq!(kept, [CoreValue::ExternRef(Some(9))]);
}

#[test]
fn counters_and_memories_are_seen_after_a_trap() {
    let mut calc = instance(&fixture("calc"), &World::new());
    calc.call_blocking("add", &[s32(2), s32(3)]).unwrap();
    calc.call_blocking("div_s", &[s32(1), s32(0)]).unwrap_err();
    let query = Query::new()
        .with_prefix("__witness")
        .with_memories(Memories::Bytes);
    let snapshot = calc.snapshot(&query).unwrap();
    let counters: Vec<_> = snapshot
        .counters("__witness_counter_")
        .into_iter()
        .collect();
    assert_eq!(counters, [(0, 1), (1, 1)]);
    let core = &snapshot.instances[0];
    assert_eq!(core.path, CorePath::new([0]));
    assert_eq!(core.module.as_deref(), Some("calc"));
    let memory = &core.memories["memory"];
    assert_eq!(memory.size, 65536);
    assert_eq!(memory.bytes.as_ref().unwrap()[16..27], *b"hello, seam");
}

#[test]
fn memories_are_read_and_written() {
    let mut calc = instance(&fixture("calc"), &World::new());
    let path = CorePath::new([0]);
    calc.write_memory(&path, "memory", 4, &7u32.to_le_bytes())
        .unwrap();
    assert_eq!(calc.call_blocking("load", &[s32(4)]).unwrap(), Some(s32(7)));
    for (at, export, offset, len) in [
        (path.clone(), "memory", 65536, 1),
        (path.clone(), "memory", u64::MAX, 1),
        (path.clone(), "memory", 0, usize::MAX),
        (path.clone(), "add", 0, 1),
        (path.clone(), "nothing", 0, 1),
        (CorePath::new([1]), "memory", 0, 1),
    ] {
        let found = kind(calc.read_memory(&at, export, offset, len));
        assert_eq!(found, ErrorKind::Misuse, "{at} {export} {offset} {len}");
    }
    let cores = calc.cores().unwrap();
    assert_eq!(cores.len(), 1);
    assert_eq!(cores[0].module.as_deref(), Some("calc"));
}
