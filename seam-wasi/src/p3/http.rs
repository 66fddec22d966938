//! `wasi:http` 0.3: a guest can build requests and responses, but sending them is refused.

use std::borrow::Cow;

use seam_core::{HostCall, Result, Value};

use crate::func::{Args, Funcs, own, rep, state};
use crate::http::{Content, Fields, Options, Passed, Request, Response, change, denied};

const INTERFACE: &str = "wasi:http/types";

pub(super) const FUNCS: [Funcs; 2] = [
    Funcs {
        interface: INTERFACE,
        funcs: &[
            ("[method]fields.get-and-delete", |call, args| {
                change(call, args, |fields, name| {
                    let values = fields.values(name).map(|value| value.to_vec().into());
                    let values = Value::list(values);
                    fields.remove(name);
                    Some(values)
                })
            }),
            ("[static]request.new", new_request),
            ("[method]request.get-options", |call, args| {
                let state = state(call)?;
                let request = state.table.at::<Request>(args.rep(0)?)?;
                let Some(mut options) = request.options.clone() else {
                    return Ok(Some(Value::none()));
                };
                options.immutable = true;
                let rep = state.table.add(options)?;
                Ok(Some(Value::some(own(INTERFACE, "request-options", rep))))
            }),
            ("[static]request.consume-body", |call, args| {
                let request = state(call)?.table.take::<Request>(args.rep(0)?)?;
                consume(call, request.content, args)
            }),
            ("[method]request-options.clone", |call, args| {
                let state = state(call)?;
                let mut options = state.table.at::<Options>(args.rep(0)?)?.clone();
                options.immutable = false;
                let rep = state.table.add(options)?;
                Ok(Some(own(INTERFACE, "request-options", rep)))
            }),
            ("[static]response.new", |call, args| {
                let (passed, transmission) = Passed::new(call, args.option(1)?, args.value(2)?);
                let state = state(call)?;
                let headers = state.table.take::<Fields>(args.rep(0)?)?;
                let response = Response::new(headers, Content::Passed(passed));
                let response = own(INTERFACE, "response", state.table.add(response)?);
                Ok(Some(Value::Tuple(vec![response, transmission])))
            }),
            ("[static]response.consume-body", |call, args| {
                let response = state(call)?.table.take::<Response>(args.rep(0)?)?;
                consume(call, response.content, args)
            }),
        ],
    },
    Funcs {
        interface: "wasi:http/client",
        funcs: &[("send", |call, args| {
            let request = state(call)?.table.take::<Request>(args.rep(0)?)?;
            if let Content::Passed(passed) = request.content {
                passed.refuse(call, denied())?;
            }
            Ok(Some(denied()))
        })],
    },
];

fn new_request(call: &mut HostCall<'_>, args: Args<'_>) -> Result<Option<Value>> {
    let (passed, transmission) = Passed::new(call, args.option(1)?, args.value(2)?);
    let table = &mut state(call)?.table;
    let headers = table.take::<Fields>(args.rep(0)?)?;
    let options = match args.option(3)? {
        Some(options) => Some(table.take::<Options>(rep(options)?)?),
        None => None,
    };
    let request = Request::new(headers, options, Content::Passed(passed));
    let request = own(INTERFACE, "request", table.add(request)?);
    Ok(Some(Value::Tuple(vec![request, transmission])))
}

fn consume(call: &mut HostCall<'_>, content: Content, args: Args<'_>) -> Result<Option<Value>> {
    match content {
        Content::Passed(passed) => Ok(Some(passed.consume(call, args.value(1)?)?)),
        Content::Asked(_) => Err(crate::table::unknown()),
    }
}

/// Returns the name of the function of 0.2 that does the same.
pub(super) fn same(name: &str) -> Cow<'_, str> {
    if name == "[method]fields.copy-all" {
        return "[method]fields.entries".into();
    }
    let Some((resource, method)) = name
        .strip_prefix("[method]")
        .and_then(|name| name.split_once('.'))
    else {
        return name.into();
    };
    let outgoing = match resource {
        "request" | "response" => "outgoing-",
        "request-options" => "",
        _ => return name.into(),
    };
    let method = method.strip_prefix("get-").unwrap_or(method);
    format!("[method]{outgoing}{resource}.{method}").into()
}
