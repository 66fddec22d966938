//! `outgoing-request`, `request-options`, and a handler that refuses every request.

use seam_core::{HostCall, Result, Value};

use super::body::Content;
use super::fields::{Fields, INTERFACE, is_token};
use crate::func::{Args, Funcs, own, state, text};

pub(super) const FUNCS: Funcs = Funcs {
    interface: INTERFACE,
    funcs: &[
        ("[constructor]outgoing-request", |call, args| {
            let state = state(call)?;
            let headers = state.table.take::<Fields>(args.rep(0)?)?;
            let request = Request::new(headers, None, Content::Asked(false));
            let rep = state.table.add(request)?;
            Ok(Some(own(INTERFACE, "outgoing-request", rep)))
        }),
        ("[method]outgoing-request.body", |call, args| {
            let state = state(call)?;
            let request = state.table.at::<Request>(args.rep(0)?)?;
            request.content.once().add(state)
        }),
        ("[method]outgoing-request.method", |call, args| {
            Ok(Some(request(call, args)?.method.clone()))
        }),
        ("[method]outgoing-request.set-method", |call, args| {
            let (case, payload) = args.case(1)?;
            let valid = case != "other" || is_token(text(payload.unwrap_or(&"".into()))?);
            let method = args.value(1)?.clone();
            set(call, args, valid, |request| request.method = method)
        }),
        ("[method]outgoing-request.path-with-query", |call, args| {
            Ok(Some(option(&request(call, args)?.path_with_query)))
        }),
        (
            "[method]outgoing-request.set-path-with-query",
            |call, args| {
                let path = optional_text(args)?;
                let valid = is_visible(path.as_deref());
                set(call, args, valid, |request| request.path_with_query = path)
            },
        ),
        ("[method]outgoing-request.scheme", |call, args| {
            let scheme = request(call, args)?.scheme.clone();
            Ok(Some(Value::Option(scheme.map(Box::new))))
        }),
        ("[method]outgoing-request.set-scheme", |call, args| {
            let scheme = args.option(1)?.cloned();
            let valid = match &scheme {
                Some(Value::Variant(_, Some(other))) => is_token(text(other)?),
                _ => true,
            };
            set(call, args, valid, |request| request.scheme = scheme)
        }),
        ("[method]outgoing-request.authority", |call, args| {
            Ok(Some(option(&request(call, args)?.authority)))
        }),
        ("[method]outgoing-request.set-authority", |call, args| {
            let authority = optional_text(args)?;
            let valid = is_visible(authority.as_deref());
            set(call, args, valid, |request| request.authority = authority)
        }),
        ("[method]outgoing-request.headers", |call, args| {
            let state = state(call)?;
            let request = state.table.at::<Request>(args.rep(0)?)?;
            let headers = request.headers.frozen(&state.meter)?;
            Ok(Some(headers.add(state)?))
        }),
        // An HTTP request never causes an error of a stream.
        ("http-error-code", |_, _| Ok(Some(Value::none()))),
    ],
};

/// The resource `outgoing-request`, or `request` in 0.3.
pub(crate) struct Request {
    headers: Fields,
    /// Of 0.3. In 0.2, they are passed when the request is sent.
    pub(crate) options: Option<Options>,
    /// The variant `method`.
    method: Value,
    path_with_query: Option<String>,
    /// The variant `scheme`.
    scheme: Option<Value>,
    authority: Option<String>,
    pub(crate) content: Content,
}

impl Request {
    pub(crate) fn new(headers: Fields, options: Option<Options>, content: Content) -> Self {
        Self {
            headers,
            options,
            method: Value::variant("get", None),
            path_with_query: None,
            scheme: None,
            authority: None,
            content,
        }
    }
}

/// Longest text in a request, in bytes.
const LONGEST: usize = 8192;

fn request<'a>(call: &'a mut HostCall<'_>, args: Args<'_>) -> Result<&'a mut Request> {
    state(call)?.table.at(args.rep(0)?)
}

fn set(
    call: &mut HostCall<'_>,
    args: Args<'_>,
    valid: bool,
    act: impl FnOnce(&mut Request),
) -> Result<Option<Value>> {
    let request = request(call, args)?;
    if !valid {
        return Ok(Some(Value::err(None)));
    }
    act(request);
    Ok(Some(Value::ok(None)))
}

fn option(text: &Option<String>) -> Value {
    Value::Option(text.as_deref().map(|text| Box::new(text.into())))
}

fn optional_text(args: Args<'_>) -> Result<Option<String>> {
    args.option(1)?
        .map(|value| text(value).map(str::to_owned))
        .transpose()
}

/// Returns whether a text is valid in the first line of a request.
fn is_visible(text: Option<&str>) -> bool {
    text.is_none_or(|text| {
        text.len() <= LONGEST && text.bytes().all(|byte| byte.is_ascii_graphic())
    })
}

pub(super) const OPTIONS: Funcs = Funcs {
    interface: INTERFACE,
    funcs: &[
        ("[constructor]request-options", |call, _| {
            let rep = state(call)?.table.add(Options::default())?;
            Ok(Some(own(INTERFACE, "request-options", rep)))
        }),
        ("[method]request-options.connect-timeout", |call, args| {
            timeout(call, args, |options| options.connect)
        }),
        (
            "[method]request-options.set-connect-timeout",
            |call, args| set_timeout(call, args, |options, to| options.connect = to),
        ),
        (
            "[method]request-options.first-byte-timeout",
            |call, args| timeout(call, args, |options| options.first_byte),
        ),
        (
            "[method]request-options.set-first-byte-timeout",
            |call, args| set_timeout(call, args, |options, to| options.first_byte = to),
        ),
        (
            "[method]request-options.between-bytes-timeout",
            |call, args| timeout(call, args, |options| options.between_bytes),
        ),
        (
            "[method]request-options.set-between-bytes-timeout",
            |call, args| set_timeout(call, args, |options, to| options.between_bytes = to),
        ),
    ],
};

/// The resource `request-options`: durations in nanoseconds.
#[derive(Clone, Default)]
pub(crate) struct Options {
    /// Only in 0.3.
    pub(crate) immutable: bool,
    connect: Option<u64>,
    first_byte: Option<u64>,
    between_bytes: Option<u64>,
}

fn timeout(
    call: &mut HostCall<'_>,
    args: Args<'_>,
    of: impl FnOnce(&Options) -> Option<u64>,
) -> Result<Option<Value>> {
    let timeout = of(state(call)?.table.at::<Options>(args.rep(0)?)?);
    Ok(Some(Value::Option(
        timeout.map(|timeout| Box::new(timeout.into())),
    )))
}

fn set_timeout(
    call: &mut HostCall<'_>,
    args: Args<'_>,
    set: impl FnOnce(&mut Options, Option<u64>),
) -> Result<Option<Value>> {
    let timeout = match args.option(1)? {
        Some(Value::U64(timeout)) => Some(*timeout),
        _ => None,
    };
    let options = state(call)?.table.at::<Options>(args.rep(0)?)?;
    if options.immutable {
        let immutable = Value::variant("immutable", None);
        return Ok(Some(Value::err(Some(immutable))));
    }
    set(options, timeout);
    Ok(Some(Value::ok(None)))
}

pub(super) const HANDLER: Funcs = Funcs {
    interface: "wasi:http/outgoing-handler",
    funcs: &[("handle", |call, args| {
        let state = state(call)?;
        // The call transfers ownership of both arguments to the host.
        state.table.take::<Request>(args.rep(0)?)?;
        if let Some(options) = args.option(1)? {
            state.table.take::<Options>(crate::func::rep(options)?)?;
        }
        Ok(Some(denied()))
    })],
};

/// Returns the result of sending a request.
pub(crate) fn denied() -> Value {
    Value::err(Some(Value::variant("HTTP-request-denied", None)))
}
