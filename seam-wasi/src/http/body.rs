//! `outgoing-body`: everything written to it is discarded.

use seam_core::{Result, Value};

use super::fields::{Fields, INTERFACE};
use super::passed::Passed;
use crate::func::{Funcs, own, rep, state};
use crate::io::output::Output;
use crate::state::State;

pub(super) const FUNCS: Funcs = Funcs {
    interface: INTERFACE,
    funcs: &[
        ("[method]outgoing-body.write", |call, args| {
            let state = state(call)?;
            let body = state.table.at::<Body>(args.rep(0)?)?;
            if std::mem::replace(&mut body.taken, true) {
                return Ok(Some(Value::err(None)));
            }
            let rep = state.table.add(Output::Discarded)?;
            let stream = own("wasi:io/streams", "output-stream", rep);
            Ok(Some(Value::ok(Some(stream))))
        }),
        ("[static]outgoing-body.finish", |call, args| {
            let state = state(call)?;
            state.table.take::<Body>(args.rep(0)?)?;
            if let Some(trailers) = args.option(1)? {
                state.table.take::<Fields>(rep(trailers)?)?;
            }
            Ok(Some(Value::ok(None)))
        }),
    ],
};

/// The resource `outgoing-body`.
struct Body {
    /// Whether the guest has already taken the stream.
    taken: bool,
}

/// The body of a request or response that a guest builds.
pub(crate) enum Content {
    /// In 0.2, it is a resource. The flag says whether the guest has asked for it.
    Asked(bool),
    /// In 0.3, the guest passes it.
    Passed(Passed),
}

impl Content {
    /// Returns the resource of the body on the first call only.
    pub(super) fn once(&mut self) -> Asked {
        let first = match self {
            Content::Asked(asked) => !std::mem::replace(asked, true),
            Content::Passed(_) => false,
        };
        Asked(first.then_some(Body { taken: false }))
    }
}

/// The body, if this was the first request for it.
pub(super) struct Asked(Option<Body>);

impl Asked {
    /// Builds the result of type `result<outgoing-body>`.
    pub(super) fn add(self, state: &mut State) -> Result<Option<Value>> {
        let Some(body) = self.0 else {
            return Ok(Some(Value::err(None)));
        };
        let rep = state.table.add(body)?;
        let body = own(INTERFACE, "outgoing-body", rep);
        Ok(Some(Value::ok(Some(body))))
    }
}
