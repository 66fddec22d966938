//! `fields`: headers and trailers.

use seam_core::{HostCall, Result, Value};

use crate::func::{Args, Funcs, bytes, own, state, text};
use crate::meter::{Charge, Meter};
use crate::state::State;

pub(super) const INTERFACE: &str = "wasi:http/types";

pub(super) const FUNCS: Funcs = Funcs {
    interface: INTERFACE,
    funcs: &[
        ("[constructor]fields", |call, _| {
            let fields = Fields::new(&state(call)?.meter);
            Ok(Some(fields.add(state(call)?)?))
        }),
        ("[static]fields.from-list", from_list),
        ("[method]fields.get", |call, args| {
            let fields = state(call)?.table.at::<Fields>(args.rep(0)?)?;
            let values = fields.values(args.text(1)?);
            Ok(Some(Value::list(values.map(|value| value.to_vec().into()))))
        }),
        ("[method]fields.has", |call, args| {
            let fields = state(call)?.table.at::<Fields>(args.rep(0)?)?;
            Ok(Some(fields.values(args.text(1)?).next().is_some().into()))
        }),
        ("[method]fields.set", |call, args| {
            let values = args.list(2)?.iter().map(|value| Ok(bytes(value)?.to_vec()));
            let values = values.collect::<Result<Vec<_>>>()?;
            change(call, args, |fields, name| {
                fields.remove(name);
                let pairs = values.into_iter().map(|value| (name.to_owned(), value));
                fields.pairs.extend(pairs);
                None
            })
        }),
        ("[method]fields.delete", |call, args| {
            change(call, args, |fields, name| {
                fields.remove(name);
                None
            })
        }),
        ("[method]fields.append", |call, args| {
            let value = args.bytes(2)?.to_vec();
            change(call, args, |fields, name| {
                fields.pairs.push((name.to_owned(), value));
                None
            })
        }),
        ("[method]fields.entries", |call, args| {
            let fields = state(call)?.table.at::<Fields>(args.rep(0)?)?;
            let pairs = fields.pairs.iter().map(|(name, value)| {
                Value::Tuple(vec![name.as_str().into(), value.clone().into()])
            });
            Ok(Some(Value::list(pairs)))
        }),
        ("[method]fields.clone", |call, args| {
            let state = state(call)?;
            let mut copy = Fields::new(&state.meter);
            let fields = state.table.at::<Fields>(args.rep(0)?)?;
            copy.set(fields.pairs.clone())?;
            Ok(Some(copy.add(state)?))
        }),
    ],
};

/// The resource `fields`: names and values in their order, with names in their original case.
pub(crate) struct Fields {
    pairs: Vec<(String, Vec<u8>)>,
    immutable: bool,
    charge: Charge,
}

impl Fields {
    pub(super) fn new(meter: &Meter) -> Self {
        Self {
            pairs: Vec::new(),
            immutable: false,
            charge: meter.open(),
        }
    }

    /// Returns an immutable copy.
    pub(super) fn frozen(&self, meter: &Meter) -> Result<Self> {
        let mut copy = Fields::new(meter);
        copy.set(self.pairs.clone())?;
        copy.immutable = true;
        Ok(copy)
    }

    /// Adds the fields to the resource table and returns the guest's handle.
    pub(super) fn add(self, state: &mut State) -> Result<Value> {
        let rep = state.table.add(self)?;
        Ok(own(INTERFACE, "fields", rep))
    }

    fn set(&mut self, pairs: Vec<(String, Vec<u8>)>) -> Result<()> {
        self.pairs = pairs;
        self.recharge()
    }

    fn recharge(&mut self) -> Result<()> {
        let sizes = self.pairs.iter();
        let sizes = sizes.map(|pair| size_of_val(pair) + pair.0.len() + pair.1.len());
        self.charge.set(sizes.sum())
    }

    /// Returns the values of a name.
    pub(crate) fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        let named = self
            .pairs
            .iter()
            .filter(|(known, _)| known.eq_ignore_ascii_case(name));
        named.map(|(_, value)| value.as_slice())
    }

    /// Removes the values of a name.
    pub(crate) fn remove(&mut self, name: &str) {
        self.pairs
            .retain(|(known, _)| !known.eq_ignore_ascii_case(name));
    }
}

fn from_list(call: &mut HostCall<'_>, args: Args<'_>) -> Result<Option<Value>> {
    let mut pairs = Vec::new();
    for pair in args.list(0)? {
        let Value::Tuple(pair) = pair else { continue };
        let [name, value] = pair.as_slice() else {
            continue;
        };
        let (name, value) = (text(name)?, bytes(value)?);
        if let Err(error) = check(name, [value]) {
            return Ok(Some(error));
        }
        pairs.push((name.to_owned(), value.to_vec()));
    }
    let state = state(call)?;
    let mut fields = Fields::new(&state.meter);
    fields.set(pairs)?;
    Ok(Some(Value::ok(Some(fields.add(state)?))))
}

/// Implements a function that changes the values of a name. Argument 1 is the name; argument 2, if
/// any, holds the values. `act` returns the payload of the result.
pub(crate) fn change(
    call: &mut HostCall<'_>,
    args: Args<'_>,
    act: impl FnOnce(&mut Fields, &str) -> Option<Value>,
) -> Result<Option<Value>> {
    let name = args.text(1)?;
    let values = match args.0.get(2) {
        Some(Value::List(seam_core::List::Values(values))) => {
            values.iter().map(bytes).collect::<Result<Vec<_>>>()?
        }
        Some(_) => vec![args.bytes(2)?],
        None => Vec::new(),
    };
    let fields = state(call)?.table.at::<Fields>(args.rep(0)?)?;
    if fields.immutable {
        return Ok(Some(error("immutable")));
    }
    if let Err(error) = check(name, values) {
        return Ok(Some(error));
    }
    let changed = act(fields, name);
    fields.recharge()?;
    Ok(Some(Value::ok(changed)))
}

fn error(case: &str) -> Value {
    Value::err(Some(Value::variant(case, None)))
}

/// Checks that a field may have this name and these values.
fn check<'a>(name: &str, values: impl IntoIterator<Item = &'a [u8]>) -> Result<(), Value> {
    // The host controls the connection, so the guest may not set these (as in
    // wasmtime-wasi-http).
    const FORBIDDEN: [&str; 9] = [
        "connection",
        "keep-alive",
        "host",
        "http2-settings",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "transfer-encoding",
        "upgrade",
    ];
    let is_value = |value: &[u8]| {
        value
            .iter()
            .all(|byte| matches!(byte, b'\t' | 32..=126 | 128..))
    };
    if !is_token(name) || !values.into_iter().all(is_value) {
        return Err(error("invalid-syntax"));
    }
    if FORBIDDEN
        .iter()
        .any(|known| known.eq_ignore_ascii_case(name))
    {
        return Err(error("forbidden"));
    }
    Ok(())
}

/// Returns whether a text is an HTTP [token](https://www.rfc-editor.org/rfc/rfc9110#name-tokens).
pub(super) fn is_token(text: &str) -> bool {
    let is_char = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(is_char)
}
