//! `wasi:filesystem/preopens`.

use seam_core::Value;

use crate::files::{Access, FileRef, Kind};
use crate::filesystem::descriptor::{Descriptor, INTERFACE};
use crate::func::{Funcs, own, state};

pub(crate) const FUNCS: Funcs = Funcs {
    interface: "wasi:filesystem/preopens",
    funcs: &[("get-directories", |call, _| {
        let state = state(call)?;
        let mut list = Vec::new();
        for (index, mount) in state.files.mounts.clone() {
            let Ok(volume) = state.files.volume(index) else {
                continue;
            };
            let node = volume.root();
            let writable = mount.access == Access::ReadWrite;
            let rep = state.table.add(Descriptor {
                file: FileRef {
                    volume: index,
                    node,
                },
                kind: Kind::Folder,
                read: true,
                write: false,
                mutate: writable,
                writable,
            })?;
            let descriptor = own(INTERFACE, "descriptor", rep);
            list.push(Value::Tuple(vec![descriptor, mount.guest.into()]));
        }
        Ok(Some(Value::list(list)))
    })],
};
