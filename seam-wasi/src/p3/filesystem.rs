//! `wasi:filesystem` 0.3: files and folders as streams.

use seam_core::{HostCall, List, Result, Sink, Supply, Value};

use crate::files::{Code, FileRef, Kind};
use crate::filesystem::{Descriptor, INTERFACE, list};
use crate::func::{Args, Funcs, state};
use crate::io::CHUNK;
use crate::outcome::{Outcome, reading};

pub(super) const FUNCS: [Funcs; 1] = [Funcs {
    interface: INTERFACE,
    funcs: &[
        ("[method]descriptor.read-via-stream", read_via_stream),
        ("[method]descriptor.write-via-stream", |call, args| {
            let offset = args.u64(2)?;
            write(call, args, Some(offset))
        }),
        ("[method]descriptor.append-via-stream", |call, args| {
            write(call, args, None)
        }),
        ("[method]descriptor.read-directory", read_directory),
    ],
}];

fn read_via_stream(call: &mut HostCall<'_>, args: Args<'_>) -> Result<Option<Value>> {
    let mut offset = args.u64(1)?;
    let descriptor = Descriptor::of(state(call)?, args, 0)?;
    let stream = reading(call, move |call, outcome, max| {
        let bytes = match descriptor.readable() {
            Ok(file) => {
                let len = max.clamp(1, CHUNK);
                state(call)?.files.read(file, offset, len)
            }
            Err(code) => Err(code),
        };
        Ok(match bytes {
            Ok(bytes) if bytes.is_empty() => Supply::End,
            Ok(bytes) => {
                offset = offset.saturating_add(bytes.len() as u64);
                Supply::Elements(List::U8(bytes))
            }
            Err(code) => {
                outcome.fail(code);
                Supply::End
            }
        })
    });
    Ok(Some(stream))
}

/// Writes what a guest writes to a file.
struct Writing {
    file: Result<FileRef, Code>,
    /// Where the next byte goes. `None` is the end of the file.
    offset: Option<u64>,
    outcome: Outcome,
}

impl Sink for Writing {
    fn room(&mut self) -> Option<usize> {
        self.file.is_ok().then_some(usize::MAX)
    }

    fn accept(&mut self, call: &mut HostCall<'_>, elements: List) -> Result<()> {
        let (Ok(file), List::U8(bytes)) = (&self.file, elements) else {
            return Ok(());
        };
        match state(call)?.files.write(file, self.offset, &bytes) {
            Ok(()) => {
                let written = bytes.len() as u64;
                self.offset = self.offset.map(|at| at.saturating_add(written));
            }
            Err(code) => {
                self.outcome.fail(code);
                self.file = Err(code);
            }
        }
        Ok(())
    }
}

fn write(call: &mut HostCall<'_>, args: Args<'_>, offset: Option<u64>) -> Result<Option<Value>> {
    let descriptor = Descriptor::of(state(call)?, args, 0)?;
    let file = descriptor.written().cloned();
    let (outcome, future) = Outcome::new(call);
    if let Err(code) = &file {
        outcome.fail(*code);
    }
    let sink = Writing {
        file,
        offset,
        outcome,
    };
    call.connect(args.value(1)?, sink)?;
    Ok(Some(future))
}

fn read_directory(call: &mut HostCall<'_>, args: Args<'_>) -> Result<Option<Value>> {
    let listed = list(state(call)?, args)?;
    let mut listed = listed.map(|(listed, charge)| (listed.into_iter(), charge));
    let stream = reading(call, move |_, outcome, max| {
        let entries = match &mut listed {
            Ok((listed, _)) => listed.by_ref().take(max.max(1)).map(entry).collect(),
            Err(code) => {
                outcome.fail(*code);
                Vec::new()
            }
        };
        Ok(match entries.is_empty() {
            true => Supply::End,
            false => Supply::Elements(List::Values(entries)),
        })
    });
    Ok(Some(stream))
}

/// Returns the `directory-entry` record of a name.
fn entry((name, kind): (String, Kind)) -> Value {
    let kind = match kind {
        Kind::Other => Value::variant("other", Some(Value::none())),
        kind => Value::variant(kind.name(), None),
    };
    Value::record([("type", kind), ("name", name.into())])
}
