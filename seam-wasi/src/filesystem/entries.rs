//! `directory-entry-stream`: the sorted names of a folder at the time the stream was created.

use seam_core::{HostCall, Result, Value};

use crate::files::{Code, Kind, answer};
use crate::filesystem::descriptor::{Descriptor, INTERFACE};
use crate::func::{Args, Funcs, own, state};
use crate::meter::Charge;
use crate::state::State;

pub(crate) const FUNCS: Funcs = Funcs {
    interface: INTERFACE,
    funcs: &[
        ("[method]descriptor.read-directory", read_directory),
        (
            "[method]directory-entry-stream.read-directory-entry",
            |call, args| {
                let entries = state(call)?.table.at::<Entries>(args.rep(0)?)?;
                let entry = entries.rest.next().map(|(name, kind)| {
                    let kind = Value::enumeration(kind.name());
                    Box::new(Value::record([("type", kind), ("name", name.into())]))
                });
                Ok(Some(Value::ok(Some(Value::Option(entry)))))
            },
        ),
    ],
};

/// The resource `directory-entry-stream`.
struct Entries {
    rest: std::vec::IntoIter<(String, Kind)>,
    _charge: Charge,
}

/// The names in a folder with their kinds, and what keeping them costs.
pub(crate) type Listed = (Vec<(String, Kind)>, Charge);

/// Lists the folder that the first argument refers to. The charge counts the names while it is kept.
///
/// # Errors
/// `Limit` if the host already keeps too much.
pub(crate) fn list(state: &mut State, args: Args<'_>) -> Result<Result<Listed, Code>> {
    let descriptor = Descriptor::of(state, args, 0)?;
    let files = &mut state.files;
    let listed = descriptor.folder().and_then(|folder| {
        let volume = files.volume(folder.volume)?;
        volume.list(&folder.node)
    });
    let listed = match listed {
        Ok(listed) => listed,
        Err(code) => return Ok(Err(code)),
    };
    let mut charge = state.meter.open();
    let entry = size_of::<(String, Kind)>();
    charge.set(listed.iter().map(|(name, _)| entry + name.len()).sum())?;
    Ok(Ok((listed, charge)))
}

fn read_directory(call: &mut HostCall<'_>, args: Args<'_>) -> Result<Option<Value>> {
    let state = state(call)?;
    let (listed, charge) = match list(state, args)? {
        Ok(listed) => listed,
        Err(code) => return answer::<()>(Err(code), |()| None),
    };
    let rep = state.table.add(Entries {
        rest: listed.into_iter(),
        _charge: charge,
    })?;
    let stream = own(INTERFACE, "directory-entry-stream", rep);
    Ok(Some(Value::ok(Some(stream))))
}
