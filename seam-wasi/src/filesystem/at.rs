//! `descriptor`: operations on a path below an open folder.

use seam_core::{HostCall, Result, Value};

use crate::files::{
    Code, FileRef, Files, Kind, Node, Place, Volume, answer, find, free, resolve, used,
};
use crate::filesystem::descriptor::{Descriptor, INTERFACE, hash, new_times};
use crate::func::{Args, Funcs, own, state};

pub(crate) const FUNCS: Funcs = Funcs {
    interface: INTERFACE,
    funcs: &[
        ("[method]descriptor.create-directory-at", |call, args| {
            let path = args.text(1)?;
            change(call, args, |volume, folder| {
                let name = free(volume, folder, path)?;
                Ok(move |volume: &mut dyn Volume| volume.make_folder(&name.folder, &name.name))
            })
        }),
        ("[method]descriptor.stat-at", |call, args| {
            let (follow, path) = (args.flag(1, FOLLOW)?, args.text(2)?);
            look(call, args, |volume, folder| {
                let (node, _) = find(volume, folder, path, follow)?;
                Ok(volume.stat(&node)?.value())
            })
        }),
        ("[method]descriptor.set-times-at", |call, args| {
            let (follow, path) = (args.flag(1, FOLLOW)?, args.text(2)?);
            let times = new_times(args, 3, state(call)?.files.wall)?;
            change(call, args, |volume, folder| {
                let [access, modification] = times?;
                let (node, _) = find(volume, folder, path, follow)?;
                Ok(move |volume: &mut dyn Volume| volume.set_times(&node, access, modification))
            })
        }),
        ("[method]descriptor.link-at", link_at),
        ("[method]descriptor.open-at", open_at),
        ("[method]descriptor.readlink-at", |call, args| {
            let path = args.text(1)?;
            look(call, args, |volume, folder| {
                let (node, kind) = find(volume, folder, path, false)?;
                if kind != Kind::Link {
                    return Err(Code::Invalid);
                }
                let target = volume.target(&node)?;
                if target.starts_with('/') {
                    return Err(Code::NotPermitted);
                }
                Ok(target.into())
            })
        }),
        ("[method]descriptor.remove-directory-at", |call, args| {
            let path = args.text(1)?;
            change(call, args, |volume, folder| {
                let (name, kind) = used(volume, folder, path, Code::Invalid)?;
                if kind != Kind::Folder {
                    return Err(Code::NotDirectory);
                }
                Ok(move |volume: &mut dyn Volume| volume.remove_folder(&name.folder, &name.name))
            })
        }),
        ("[method]descriptor.rename-at", rename_at),
        ("[method]descriptor.symlink-at", |call, args| {
            let (target, path) = (args.text(1)?, args.text(2)?);
            change(call, args, |volume, folder| {
                if target.starts_with('/') {
                    return Err(Code::NotPermitted);
                }
                if target.is_empty() {
                    return Err(Code::NoEntry);
                }
                let name = free(volume, folder, path)?;
                if name.slash {
                    return Err(Code::NoEntry);
                }
                let target = target.to_owned();
                Ok(move |volume: &mut dyn Volume| {
                    volume.make_link(&name.folder, &name.name, &target)
                })
            })
        }),
        ("[method]descriptor.unlink-file-at", |call, args| {
            let path = args.text(1)?;
            change(call, args, |volume, folder| {
                let (name, kind) = used(volume, folder, path, Code::IsDirectory)?;
                if kind == Kind::Folder {
                    return Err(Code::IsDirectory);
                }
                Ok(move |volume: &mut dyn Volume| volume.remove(&name.folder, &name.name))
            })
        }),
        ("[method]descriptor.metadata-hash-at", |call, args| {
            let (follow, path) = (args.flag(1, FOLLOW)?, args.text(2)?);
            let state = state(call)?;
            let descriptor = Descriptor::of(state, args, 0)?;
            let files = &mut state.files;
            let file = on(files, &descriptor, |volume, folder| {
                Ok(find(volume, folder, path, follow)?.0)
            });
            let volume = descriptor.file.volume;
            let hash = file.and_then(|node| hash(files, &FileRef { volume, node }));
            answer(hash, Some)
        }),
    ],
};

const FOLLOW: &str = "symlink-follow";

/// Calls `act` with the volume and folder of a descriptor.
fn on<T>(
    files: &mut Files,
    descriptor: &Descriptor,
    act: impl FnOnce(&mut dyn Volume, &Node) -> Result<T, Code>,
) -> Result<T, Code> {
    let FileRef { volume, node } = descriptor.folder()?;
    act(files.volume(*volume)?, node)
}

/// Implements a function that changes nothing.
fn look(
    call: &mut HostCall<'_>,
    args: Args<'_>,
    act: impl FnOnce(&mut dyn Volume, &Node) -> Result<Value, Code>,
) -> Result<Option<Value>> {
    let state = state(call)?;
    let descriptor = Descriptor::of(state, args, 0)?;
    answer(on(&mut state.files, &descriptor, act), Some)
}

/// Implements a function that changes the file system.
///
/// `prepare` makes all other checks first, so that `read-only` is reported only for calls that
/// would otherwise succeed. Then the function that it returned makes the change.
fn change<F>(
    call: &mut HostCall<'_>,
    args: Args<'_>,
    prepare: impl FnOnce(&mut dyn Volume, &Node) -> Result<F, Code>,
) -> Result<Option<Value>>
where
    F: FnOnce(&mut dyn Volume) -> Result<(), Code>,
{
    let state = state(call)?;
    let descriptor = Descriptor::of(state, args, 0)?;
    let done = on(&mut state.files, &descriptor, |volume, folder| {
        let act = prepare(volume, folder)?;
        descriptor.check_writable()?;
        act(volume)
    });
    answer(done, |()| None)
}

/// Returns the two folders of a function on two descriptors, which must be in one file system.
///
/// The `bool` says whether both are writable.
fn both(
    call: &mut HostCall<'_>,
    args: Args<'_>,
    new: usize,
) -> Result<Result<(Node, Node, bool), Code>> {
    let state = state(call)?;
    let (old, new) = (
        Descriptor::of(state, args, 0)?,
        Descriptor::of(state, args, new)?,
    );
    let folders = old
        .folder()
        .and_then(|old| Ok((old.clone(), new.folder()?.clone())));
    Ok(match folders {
        Ok((a, b)) if a.volume == b.volume => Ok((a.node, b.node, old.writable && new.writable)),
        Ok(_) => Err(Code::CrossDevice),
        Err(code) => Err(code),
    })
}

fn link_at(call: &mut HostCall<'_>, args: Args<'_>) -> Result<Option<Value>> {
    let (follow, path) = (args.flag(1, FOLLOW)?, args.text(2)?);
    let new_path = args.text(4)?;
    let folders = both(call, args, 3)?;
    change(call, args, |volume, _| {
        let (old, new, writable) = folders?;
        if follow {
            return Err(Code::Invalid);
        }
        let (file, kind) = find(volume, &old, path, false)?;
        if kind == Kind::Folder {
            return Err(Code::NotPermitted);
        }
        let name = free(volume, &new, new_path)?;
        if name.slash {
            return Err(Code::NoEntry);
        }
        if !writable {
            return Err(Code::ReadOnly);
        }
        Ok(move |volume: &mut dyn Volume| volume.link(&file, &name.folder, &name.name))
    })
}

fn rename_at(call: &mut HostCall<'_>, args: Args<'_>) -> Result<Option<Value>> {
    let (path, new_path) = (args.text(1)?, args.text(3)?);
    let folders = both(call, args, 2)?;
    change(call, args, |volume, _| {
        let (old, new, writable) = folders?;
        let (from, kind) = used(volume, &old, path, Code::Busy)?;
        let to = match resolve(volume, &new, new_path, false)? {
            Place::Folder(_) => return Err(Code::Busy),
            Place::Name(name) => name,
        };
        if to.slash && kind != Kind::Folder {
            return Err(Code::NotDirectory);
        }
        if !writable {
            return Err(Code::ReadOnly);
        }
        Ok(move |volume: &mut dyn Volume| {
            volume.rename(&from.folder, &from.name, &to.folder, &to.name)
        })
    })
}

fn open_at(call: &mut HostCall<'_>, args: Args<'_>) -> Result<Option<Value>> {
    let path = args.text(2)?;
    let how = Open {
        follow: args.flag(1, FOLLOW)?,
        create: args.flag(3, "create")?,
        directory: args.flag(3, "directory")?,
        exclusive: args.flag(3, "exclusive")?,
        truncate: args.flag(3, "truncate")?,
        read: args.flag(4, "read")?,
        write: args.flag(4, "write")?,
        mutate: args.flag(4, "mutate-directory")?,
    };
    let sync = [
        "file-integrity-sync",
        "data-integrity-sync",
        "requested-write-sync",
    ];
    for flag in sync {
        if args.flag(4, flag)? {
            return answer::<()>(Err(Code::Unsupported), |()| None);
        }
    }
    let state = state(call)?;
    let base = Descriptor::of(state, args, 0)?;
    let opened = on(&mut state.files, &base, |volume, folder| {
        how.open(volume, folder, path, base.writable)
    });
    let (node, kind) = match opened {
        Ok(opened) => opened,
        Err(code) => return answer::<()>(Err(code), |()| None),
    };
    let rep = state.table.add(Descriptor {
        file: FileRef {
            volume: base.file.volume,
            node,
        },
        kind,
        read: how.read || !how.write,
        write: kind != Kind::Folder && how.changes(),
        mutate: kind == Kind::Folder && how.mutate,
        writable: base.writable,
    })?;
    Ok(Some(Value::ok(Some(own(INTERFACE, "descriptor", rep)))))
}

/// The flags that a path is opened with.
struct Open {
    follow: bool,
    create: bool,
    directory: bool,
    exclusive: bool,
    truncate: bool,
    read: bool,
    write: bool,
    mutate: bool,
}

impl Open {
    /// Returns whether the file is opened for a change.
    fn changes(&self) -> bool {
        self.write || self.create || self.truncate
    }

    fn open(
        &self,
        volume: &mut dyn Volume,
        folder: &Node,
        path: &str,
        writable: bool,
    ) -> Result<(Node, Kind), Code> {
        if self.directory && (self.create || self.exclusive || self.truncate) {
            return Err(Code::Invalid);
        }
        let changes = self.changes();
        let permitted = writable || !(changes || self.mutate);
        let check_permitted = || {
            if permitted {
                Ok(())
            } else {
                Err(Code::ReadOnly)
            }
        };
        let only_new = self.create && self.exclusive;
        let (node, kind) = match resolve(volume, folder, path, self.follow && !only_new)? {
            Place::Folder(node) => (node, Kind::Folder),
            Place::Name(name) => match name.found {
                Some(found) => found,
                None if !self.create => return Err(Code::NoEntry),
                None if name.slash => return Err(Code::IsDirectory),
                None => {
                    check_permitted()?;
                    let file = volume.make_file(&name.folder, &name.name)?;
                    return Ok((file, Kind::File));
                }
            },
        };
        match kind {
            _ if only_new => return Err(Code::Exist),
            Kind::Folder if changes => return Err(Code::IsDirectory),
            Kind::Folder => {}
            _ if self.directory => return Err(Code::NotDirectory),
            Kind::Link => return Err(Code::Loop),
            Kind::File => {}
            Kind::Other => return Err(Code::Unsupported),
        }
        check_permitted()?;
        if kind == Kind::File {
            volume.open(&node, changes)?;
            if self.truncate {
                volume.set_size(&node, 0)?;
            }
        }
        Ok((node, kind))
    }
}
