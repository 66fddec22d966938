//! `outgoing-response`: a guest can build responses, but no request ever receives them.

use super::body::Content;
use super::fields::{Fields, INTERFACE};
use crate::func::{Funcs, own, state};
use seam_core::Value;

pub(super) const FUNCS: Funcs = Funcs {
    interface: INTERFACE,
    funcs: &[
        ("[constructor]outgoing-response", |call, args| {
            let state = state(call)?;
            let headers = state.table.take::<Fields>(args.rep(0)?)?;
            let response = Response::new(headers, Content::Asked(false));
            let rep = state.table.add(response)?;
            Ok(Some(own(INTERFACE, "outgoing-response", rep)))
        }),
        ("[method]outgoing-response.status-code", |call, args| {
            let response = state(call)?.table.at::<Response>(args.rep(0)?)?;
            Ok(Some(response.status.into()))
        }),
        ("[method]outgoing-response.set-status-code", |call, args| {
            let status = args.u16(1)?;
            let response = state(call)?.table.at::<Response>(args.rep(0)?)?;
            if !(100..1000).contains(&status) {
                return Ok(Some(Value::err(None)));
            }
            response.status = status;
            Ok(Some(Value::ok(None)))
        }),
        ("[method]outgoing-response.headers", |call, args| {
            let state = state(call)?;
            let response = state.table.at::<Response>(args.rep(0)?)?;
            let headers = response.headers.frozen(&state.meter)?;
            Ok(Some(headers.add(state)?))
        }),
        ("[method]outgoing-response.body", |call, args| {
            let state = state(call)?;
            let response = state.table.at::<Response>(args.rep(0)?)?;
            response.content.once().add(state)
        }),
    ],
};

/// The resource `outgoing-response`, or `response` in 0.3.
pub(crate) struct Response {
    headers: Fields,
    status: u16,
    pub(crate) content: Content,
}

impl Response {
    pub(crate) fn new(headers: Fields, content: Content) -> Self {
        Self {
            headers,
            status: 200,
            content,
        }
    }
}
