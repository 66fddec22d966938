//! `wasi:cli`.

use seam_core::{Error, OutputStream, Result, Value};

use crate::func::{Body, Funcs, own, state};
use crate::io::input::Input;
use crate::io::output::Output;
use crate::state::State;

pub(crate) const FUNCS: [Funcs; 8] = [
    Funcs {
        interface: "wasi:cli/environment",
        funcs: &[
            ("get-environment", |call, _| {
                let env = state(call)?.config.env.iter();
                let env = env.map(|(key, value)| {
                    Value::Tuple(vec![key.as_str().into(), value.as_str().into()])
                });
                Ok(Some(Value::list(env)))
            }),
            ("get-arguments", |call, _| {
                let args = state(call)?.config.args.iter();
                Ok(Some(Value::list(args.map(|arg| arg.as_str().into()))))
            }),
            ("initial-cwd", |call, _| {
                Ok(Some(match &state(call)?.config.cwd {
                    Some(cwd) => Value::some(cwd.as_str().into()),
                    None => Value::none(),
                }))
            }),
        ],
    },
    Funcs {
        interface: "wasi:cli/exit",
        funcs: &[
            ("exit", |_, args| {
                let failed = matches!(args.value(0)?, Value::Result(Err(_)));
                Err(Error::exit(i32::from(failed)))
            }),
            ("exit-with-code", |_, args| {
                Err(Error::exit(i32::from(args.u8(0)?)))
            }),
        ],
    },
    Funcs {
        interface: "wasi:cli/stdin",
        funcs: &[("get-stdin", |call, _| {
            let rep = state(call)?.table.add(Input::Stdin)?;
            Ok(Some(own("wasi:io/streams", "input-stream", rep)))
        })],
    },
    Funcs {
        interface: "wasi:cli/stdout",
        funcs: &[("get-stdout", |call, _| {
            captured(state(call)?, OutputStream::Stdout)
        })],
    },
    Funcs {
        interface: "wasi:cli/stderr",
        funcs: &[("get-stderr", |call, _| {
            captured(state(call)?, OutputStream::Stderr)
        })],
    },
    Funcs {
        interface: "wasi:cli/terminal-stdin",
        funcs: &[("get-terminal-stdin", NO_TERMINAL)],
    },
    Funcs {
        interface: "wasi:cli/terminal-stdout",
        funcs: &[("get-terminal-stdout", NO_TERMINAL)],
    },
    Funcs {
        interface: "wasi:cli/terminal-stderr",
        funcs: &[("get-terminal-stderr", NO_TERMINAL)],
    },
];

const NO_TERMINAL: Body = |_, _| Ok(Some(Value::none()));

fn captured(state: &mut State, stream: OutputStream) -> Result<Option<Value>> {
    let rep = state.table.add(Output::Captured(stream))?;
    Ok(Some(own("wasi:io/streams", "output-stream", rep)))
}
