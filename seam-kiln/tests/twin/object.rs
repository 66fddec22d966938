//! Memories, tables and globals from outside.

use seam_kiln::{KilnError, KilnGlobal, KilnMemory, KilnResult, KilnTable, KilnValue};
use wasmi::{Global, Memory, Nullable, Ref, Store, Table, Val};

use super::refs::{Refs, to_kiln, to_wasmi};
use super::{SharedStore, lock};

fn refused(message: &'static str) -> KilnError {
    KilnError::new(KilnError::RUNTIME, 1005, message)
}

pub(crate) struct TwinMemory(pub(crate) SharedStore, pub(crate) Memory);

impl KilnMemory for TwinMemory {
    fn size(&self) -> u64 {
        self.1.data_size(&*lock(&self.0)) as u64
    }

    fn read(&self, offset: u32, out: &mut [u8]) -> KilnResult<()> {
        let read = self.1.read(&*lock(&self.0), offset as usize, out);
        read.map_err(|_| refused("Read out of bounds"))
    }

    fn write(&self, offset: u32, bytes: &[u8]) -> KilnResult<()> {
        let written = self.1.write(&mut *lock(&self.0), offset as usize, bytes);
        written.map_err(|_| refused("out of bounds memory access"))
    }

    fn grow(&self, pages: u32) -> KilnResult<u32> {
        let grown = self.1.grow(&mut *lock(&self.0), u64::from(pages));
        let pages = grown.ok().and_then(|pages| u32::try_from(pages).ok());
        pages.ok_or(KilnError::new(
            KilnError::RESOURCE,
            3001,
            "Memory limit exceeded",
        ))
    }
}

pub(crate) struct TwinTable(pub(crate) SharedStore, pub(crate) Table);

impl KilnTable for TwinTable {
    fn size(&self) -> u32 {
        u32::try_from(self.1.size(&*lock(&self.0))).unwrap_or(u32::MAX)
    }

    fn get(&self, index: u32) -> KilnResult<Option<KilnValue>> {
        let mut store = lock(&self.0);
        let found = self.1.get(&*store, u64::from(index));
        let found = found.ok_or(KilnError::new(
            KilnError::RESOURCE,
            2000,
            "Table access out of bounds",
        ))?;
        Ok(match to_kiln(&mut store, &Val::from(found)) {
            KilnValue::FuncRef(None) | KilnValue::ExternRef(None) => None,
            value => Some(value),
        })
    }

    fn set(&self, index: u32, value: Option<KilnValue>) -> KilnResult<()> {
        let mut store = lock(&self.0);
        let value = match value {
            None => Ref::null(self.1.ty(&*store).element()),
            Some(value) => match to_wasmi(&mut store, &value)? {
                Val::FuncRef(Nullable::Val(func)) => Ref::from(Nullable::Val(func)),
                Val::ExternRef(Nullable::Val(host)) => Ref::from(Nullable::Val(host)),
                _ => return Err(refused("Element value type doesn't match")),
            },
        };
        let set = self.1.set(&mut *store, u64::from(index), value);
        set.map_err(|_| refused("Table access out of bounds"))
    }
}

/// Returns the elements of tables.
pub(crate) fn elements(store: &Store<Refs>, tables: &[Table]) -> Vec<(Table, u64, Ref)> {
    let mut found = Vec::new();
    for table in tables {
        for index in 0..table.size(store) {
            found.extend(table.get(store, index).map(|value| (*table, index, value)));
        }
    }
    found
}

/// Writes elements back to their tables.
pub(crate) fn restore(store: &mut Store<Refs>, elements: Vec<(Table, u64, Ref)>) {
    for (table, index, value) in elements {
        table.set(&mut *store, index, value).unwrap();
    }
}

pub(crate) struct TwinGlobal(pub(crate) SharedStore, pub(crate) Global);

impl KilnGlobal for TwinGlobal {
    fn get(&self) -> KilnResult<KilnValue> {
        let mut store = lock(&self.0);
        let value = self.1.get(&*store);
        Ok(to_kiln(&mut store, &value))
    }

    fn set(&self, value: KilnValue) -> KilnResult<()> {
        let mut store = lock(&self.0);
        let value = to_wasmi(&mut store, &value)?;
        let set = self.1.set(&mut *store, value);
        set.map_err(|_| refused("immutable global, or a value of another type"))
    }
}
