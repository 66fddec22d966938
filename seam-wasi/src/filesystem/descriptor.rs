//! `descriptor`: operations on an open file or folder.

use seam_core::{HostCall, Result, Value};

use crate::files::{Code, FileRef, Files, Kind, Stat, answer};
use crate::func::{Args, Body, Funcs, own, state};
use crate::io::CHUNK;
use crate::io::error::IoError;
use crate::io::input::Input;
use crate::io::output::Output;
use crate::state::State;
use crate::time::Datetime;

pub(crate) const INTERFACE: &str = "wasi:filesystem/types";

pub(crate) const FUNCS: Funcs = Funcs {
    interface: INTERFACE,
    funcs: &[
        ("[method]descriptor.read-via-stream", read_via_stream),
        ("[method]descriptor.write-via-stream", |call, args| {
            let offset = args.u64(1)?;
            write_stream(call, args, Some(offset))
        }),
        ("[method]descriptor.append-via-stream", |call, args| {
            write_stream(call, args, None)
        }),
        ("[method]descriptor.advise", |call, args| {
            let descriptor = Descriptor::of(state(call)?, args, 0)?;
            answer(descriptor.file().map(|_| ()), |()| None)
        }),
        ("[method]descriptor.sync-data", SYNC),
        ("[method]descriptor.sync", SYNC),
        ("[method]descriptor.get-flags", |call, args| {
            let descriptor = Descriptor::of(state(call)?, args, 0)?;
            Ok(Some(Value::ok(Some(descriptor.flags()))))
        }),
        ("[method]descriptor.get-type", |call, args| {
            let descriptor = Descriptor::of(state(call)?, args, 0)?;
            let kind = Value::enumeration(descriptor.kind.name());
            Ok(Some(Value::ok(Some(kind))))
        }),
        ("[method]descriptor.set-size", |call, args| {
            let (state, size) = (state(call)?, args.u64(1)?);
            let descriptor = Descriptor::of(state, args, 0)?;
            answer(set_size(&mut state.files, &descriptor, size), |()| None)
        }),
        ("[method]descriptor.set-times", |call, args| {
            let state = state(call)?;
            let descriptor = Descriptor::of(state, args, 0)?;
            let times = new_times(args, 1, state.files.wall)?;
            let set = times.and_then(|times| set_times(&mut state.files, &descriptor, times));
            answer(set, |()| None)
        }),
        ("[method]descriptor.read", read),
        ("[method]descriptor.write", write),
        ("[method]descriptor.stat", |call, args| {
            let state = state(call)?;
            let descriptor = Descriptor::of(state, args, 0)?;
            answer(descriptor.stat(&mut state.files), |stat| Some(stat.value()))
        }),
        ("[method]descriptor.is-same-object", |call, args| {
            let state = state(call)?;
            let (a, b) = (
                Descriptor::of(state, args, 0)?,
                Descriptor::of(state, args, 1)?,
            );
            Ok(Some((a.file == b.file).into()))
        }),
        ("[method]descriptor.metadata-hash", |call, args| {
            let state = state(call)?;
            let descriptor = Descriptor::of(state, args, 0)?;
            answer(hash(&mut state.files, &descriptor.file), Some)
        }),
        ("filesystem-error-code", |call, args| {
            let error = state(call)?.table.at::<IoError>(args.rep(0)?)?;
            Ok(Some(Value::some(error.0.value())))
        }),
    ],
};

const SYNC: Body = |call, args| {
    let state = state(call)?;
    let Descriptor { file, .. } = Descriptor::of(state, args, 0)?;
    let volume = state.files.volume(file.volume);
    answer(volume.and_then(|volume| volume.sync(&file.node)), |()| None)
};

/// The resource `descriptor`.
#[derive(Clone)]
pub(crate) struct Descriptor {
    pub(crate) file: FileRef,
    pub(crate) kind: Kind,
    pub(crate) read: bool,
    pub(crate) write: bool,
    pub(crate) mutate: bool,
    /// Whether the guest may change the file system that the node is in.
    pub(crate) writable: bool,
}

impl Descriptor {
    /// Returns the descriptor that the argument at `index` refers to.
    pub(crate) fn of(state: &mut State, args: Args<'_>, index: usize) -> Result<Self> {
        Ok(state.table.at::<Self>(args.rep(index)?)?.clone())
    }

    /// Returns the file, or an error code if this is a folder.
    fn file(&self) -> Result<&FileRef, Code> {
        match self.kind {
            Kind::Folder => Err(Code::BadDescriptor),
            _ => Ok(&self.file),
        }
    }

    /// Returns the file to read from.
    pub(crate) fn readable(&self) -> Result<&FileRef, Code> {
        match self.kind {
            Kind::Folder => Err(Code::IsDirectory),
            _ if !self.read => Err(Code::BadDescriptor),
            _ => Ok(&self.file),
        }
    }

    /// Returns the file to write to.
    pub(crate) fn written(&self) -> Result<&FileRef, Code> {
        match self.kind {
            Kind::Folder => Err(Code::BadDescriptor),
            _ if !self.write => Err(Code::BadDescriptor),
            _ => Ok(&self.file),
        }
    }

    /// Returns the folder, or an error code if this is not a folder.
    pub(crate) fn folder(&self) -> Result<&FileRef, Code> {
        match self.kind {
            Kind::Folder => Ok(&self.file),
            _ => Err(Code::NotDirectory),
        }
    }

    /// Fails with `read-only` if the guest may not change the file system.
    pub(crate) fn check_writable(&self) -> Result<(), Code> {
        if self.writable {
            Ok(())
        } else {
            Err(Code::ReadOnly)
        }
    }

    fn flags(&self) -> Value {
        let flags = [
            ("read", self.read),
            ("write", self.write),
            ("mutate-directory", self.mutate),
        ];
        Value::flags(
            flags
                .into_iter()
                .filter(|(_, set)| *set)
                .map(|(name, _)| name),
        )
    }

    fn stat(&self, files: &mut Files) -> Result<Stat, Code> {
        files.volume(self.file.volume)?.stat(&self.file.node)
    }
}

impl Stat {
    /// Returns the stat as a `descriptor-stat` record.
    pub(crate) fn value(&self) -> Value {
        let time = |at: Datetime| Value::some(at.value());
        Value::record([
            ("type", Value::enumeration(self.kind.name())),
            ("link-count", self.links.into()),
            ("size", self.size.into()),
            ("data-access-timestamp", time(self.times.access)),
            ("data-modification-timestamp", time(self.times.modification)),
            ("status-change-timestamp", time(self.times.change)),
        ])
    }
}

fn read_via_stream(call: &mut HostCall<'_>, args: Args<'_>) -> Result<Option<Value>> {
    let (state, offset) = (state(call)?, args.u64(1)?);
    let descriptor = Descriptor::of(state, args, 0)?;
    let file = match descriptor.readable() {
        Ok(file) => file.clone(),
        Err(code) => return answer::<()>(Err(code), |()| None),
    };
    let rep = state.table.add(Input::File { file, offset })?;
    let stream = own("wasi:io/streams", "input-stream", rep);
    Ok(Some(Value::ok(Some(stream))))
}

fn write_stream(
    call: &mut HostCall<'_>,
    args: Args<'_>,
    offset: Option<u64>,
) -> Result<Option<Value>> {
    let state = state(call)?;
    let descriptor = Descriptor::of(state, args, 0)?;
    let file = match descriptor.written() {
        Ok(file) => file.clone(),
        Err(code) => return answer::<()>(Err(code), |()| None),
    };
    let rep = state.table.add(Output::File { file, offset })?;
    let stream = own("wasi:io/streams", "output-stream", rep);
    Ok(Some(Value::ok(Some(stream))))
}

fn read(call: &mut HostCall<'_>, args: Args<'_>) -> Result<Option<Value>> {
    let (state, len, offset) = (state(call)?, args.u64(1)?, args.u64(2)?);
    let descriptor = Descriptor::of(state, args, 0)?;
    let len = usize::try_from(len).unwrap_or(CHUNK).min(CHUNK);
    let bytes = match descriptor.file() {
        Ok(file) if descriptor.read => state.files.read(file, offset, len),
        Ok(_) => Err(Code::BadDescriptor),
        Err(code) => Err(code),
    };
    answer(bytes, |bytes| {
        let at_end = bytes.is_empty();
        Some(Value::Tuple(vec![bytes.into(), at_end.into()]))
    })
}

fn write(call: &mut HostCall<'_>, args: Args<'_>) -> Result<Option<Value>> {
    let (state, bytes, offset) = (state(call)?, args.bytes(1)?, args.u64(2)?);
    let descriptor = Descriptor::of(state, args, 0)?;
    let written = match descriptor.file() {
        Ok(file) if descriptor.write => state.files.write(file, Some(offset), bytes),
        Ok(_) => Err(Code::BadDescriptor),
        Err(code) => Err(code),
    };
    answer(written, |()| Some((bytes.len() as u64).into()))
}

fn set_size(files: &mut Files, descriptor: &Descriptor, size: u64) -> Result<(), Code> {
    let file = descriptor.file()?;
    descriptor.check_writable()?;
    if !descriptor.write {
        return Err(Code::Invalid);
    }
    files.volume(file.volume)?.set_size(&file.node, size)
}

/// Reads two `new-timestamp` arguments from `index` on: access time, then modification time.
pub(crate) fn new_times(
    args: Args<'_>,
    index: usize,
    now: Datetime,
) -> Result<Result<[Option<Datetime>; 2], Code>> {
    let (access, modification) = (args.case(index)?, args.case(index + 1)?);
    let times = new_time(access, now).and_then(|access| Ok([access, new_time(modification, now)?]));
    Ok(times)
}

/// Reads a `new-timestamp`. Returns `None` for `no-change`.
fn new_time((case, time): (&str, Option<&Value>), now: Datetime) -> Result<Option<Datetime>, Code> {
    match (case, time.and_then(Datetime::of)) {
        ("now", _) => Ok(Some(now)),
        (_, Some(at)) => at.normal().map(Some).ok_or(Code::Overflow),
        (_, None) => Ok(None),
    }
}

fn set_times(
    files: &mut Files,
    descriptor: &Descriptor,
    [access, modification]: [Option<Datetime>; 2],
) -> Result<(), Code> {
    descriptor.check_writable()?;
    let FileRef { volume, node } = &descriptor.file;
    files.volume(*volume)?.set_times(node, access, modification)
}

/// Returns the `metadata-hash-value` record of a file.
pub(crate) fn hash(files: &mut Files, file: &FileRef) -> Result<Value, Code> {
    let (lower, upper) = files.volume(file.volume)?.identity(&file.node);
    Ok(Value::record([
        ("lower", lower.into()),
        ("upper", upper.wrapping_add(file.volume as u64).into()),
    ]))
}
