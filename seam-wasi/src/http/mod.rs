//! `wasi:http`: a guest can build requests, but sending them is refused.

mod body;
mod fields;
mod passed;
mod request;
mod response;

use std::any::Any;

use seam_core::{HostCall, Result};

use crate::func::Funcs;

pub(crate) use body::Content;
pub(crate) use fields::{Fields, change};
pub(crate) use passed::Passed;
pub(crate) use request::{Options, Request, denied};
pub(crate) use response::Response;

pub(crate) const FUNCS: [Funcs; 6] = [
    fields::FUNCS,
    request::FUNCS,
    request::OPTIONS,
    request::HANDLER,
    response::FUNCS,
    body::FUNCS,
];

/// Releases what a resource keeps that a guest has dropped.
///
/// # Errors
/// `Engine` if a body is no stream, which backends check.
pub(crate) fn release(call: &mut HostCall<'_>, dropped: Box<dyn Any + Send>) -> Result<()> {
    let content = match dropped.downcast::<Request>() {
        Ok(request) => request.content,
        Err(dropped) => match dropped.downcast::<Response>() {
            Ok(response) => response.content,
            Err(_) => return Ok(()),
        },
    };
    match content {
        Content::Passed(passed) => passed.close(call),
        Content::Asked(_) => Ok(()),
    }
}
