//! Components of a case's own, whose core modules call asynchronous built-ins.

use std::fmt::Write;

use seam_core::{Artifact, Instance, World};

use super::expect::wat;
use super::{Failure, Subject};

/// A component with one core module. Everything around the module's code is generated.
///
/// The core module imports the memory `m`, a table `$table` of 8 functions, each lowered function and
/// each built-in, whose arguments can name this table. It has the helper functions and constants of
/// [`PRELUDE`], and must export each function that is lifted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Guest {
    /// Definitions of component-level types.
    pub(super) types: &'static str,
    /// Arguments of its instantiation other than functions.
    pub(super) with: &'static str,
    /// The functions that it imports from an earlier guest or from the host.
    pub(super) imports: &'static [Import],
    /// The built-ins: `name`, or `name arguments`. A second one of a name has an alias:
    /// `alias = name arguments`.
    pub(super) builtins: &'static [&'static str],
    /// The functions and globals of the core module.
    pub(super) code: &'static str,
    /// The functions that it exports.
    pub(super) exports: &'static [Export],
}

/// A function that a guest imports.
#[derive(Clone, Copy, Debug)]
pub(super) struct Import {
    pub(super) name: &'static str,
    /// Its component-level type.
    pub(super) ty: &'static str,
    /// `async`, if it is lowered so.
    pub(super) option: &'static str,
    /// Its type as a core function.
    pub(super) core: &'static str,
}

/// A function that a guest exports.
#[derive(Clone, Copy, Debug)]
pub(super) struct Export {
    pub(super) name: &'static str,
    /// Its component-level type.
    pub(super) ty: &'static str,
    pub(super) lift: Lift,
}

/// The three ways in which functions are lifted.
#[derive(Clone, Copy, Debug)]
pub(super) enum Lift {
    /// Without the option `async`.
    Sync,
    /// With the option `async`, without a callback.
    Stackful,
    /// With the option `async` and the callback `<name>-event`.
    Callback,
}

/// A function that is lowered with the option `async`.
pub(super) const fn lowered(name: &'static str, ty: &'static str, core: &'static str) -> Import {
    let option = "async";
    Import {
        name,
        ty,
        option,
        core,
    }
}

/// A function that is lowered without the option `async`.
pub(super) const fn lowered_sync(
    name: &'static str,
    ty: &'static str,
    core: &'static str,
) -> Import {
    let option = "";
    Import {
        name,
        ty,
        option,
        core,
    }
}

/// A function that is lifted with a callback.
pub(super) const fn callback(name: &'static str, ty: &'static str) -> Export {
    let lift = Lift::Callback;
    Export { name, ty, lift }
}

/// A function that is lifted with the option `async` alone.
pub(super) const fn stackful(name: &'static str, ty: &'static str) -> Export {
    let lift = Lift::Stackful;
    Export { name, ty, lift }
}

/// A function that is lifted without the option `async`.
pub(super) const fn lifted_sync(name: &'static str, ty: &'static str) -> Export {
    let lift = Lift::Sync;
    Export { name, ty, lift }
}

const MEMORY: &str = r#"
    (core module $memory
      (memory (export "m") 1)
      (table (export "table") 8 funcref)
      (global $next (mut i32) (i32.const 4096))
      (func (export "realloc") (param i32 i32 i32 i32) (result i32)
        (global.set $next (i32.and (i32.add (global.get $next) (i32.const 7)) (i32.const -8)))
        (global.get $next)
        (global.set $next (i32.add (global.get $next) (local.get 3)))))
    (core instance $memory (instantiate $memory))
    (alias core export $memory "table" (core table $table))
"#;

/// The option that names the memory, and the one that names `realloc`.
const WITH_MEMORY: &str = r#"(memory (core memory $memory "m"))"#;
const WITH_REALLOC: &str = r#"(realloc (core func $memory "realloc"))"#;

/// What the code of every guest can use.
const PRELUDE: &str = r#"
      (global $EXIT i32 (i32.const 0))
      (global $YIELD i32 (i32.const 1))
      (global $BLOCKED i32 (i32.const -1))
      ;; States of subtasks
      (global $STARTING i32 (i32.const 0))
      (global $STARTED i32 (i32.const 1))
      (global $RETURNED i32 (i32.const 2))
      (global $CANCELLED_BEFORE_STARTED i32 (i32.const 3))
      (global $CANCELLED_BEFORE_RETURNED i32 (i32.const 4))
      ;; Events
      (global $NONE i32 (i32.const 0))
      (global $SUBTASK i32 (i32.const 1))
      (global $STREAM_READ i32 (i32.const 2))
      (global $STREAM_WRITE i32 (i32.const 3))
      (global $FUTURE_READ i32 (i32.const 4))
      (global $FUTURE_WRITE i32 (i32.const 5))
      (global $TASK_CANCELLED i32 (i32.const 6))
      ;; How copies end; a stream adds sixteen times the number of elements
      (global $COMPLETED i32 (i32.const 0))
      (global $DROPPED i32 (i32.const 1))
      (global $CANCELLED i32 (i32.const 2))

      (func $is (param $found i32) (param $expected i32)
        (if (i32.ne (local.get $found) (local.get $expected)) (then unreachable)))
      ;; Returns the subtask of a call that has this state.
      (func $subtask (param $called i32) (param $state i32) (result i32)
        (call $is (i32.and (local.get $called) (i32.const 15)) (local.get $state))
        (i32.shr_u (local.get $called) (i32.const 4)))
      ;; Returns the result of a callback that waits for a set.
      (func $wait (param $set i32) (result i32)
        (i32.or (i32.const 2) (i32.shl (local.get $set) (i32.const 4))))
      (func $readable (param $ends i64) (result i32) (i32.wrap_i64 (local.get $ends)))
      (func $writable (param $ends i64) (result i32)
        (i32.wrap_i64 (i64.shr_u (local.get $ends) (i64.const 32))))
      ;; The digits that were noted, as a decimal number
      (global $noted (mut i32) (i32.const 0))
      (func $note (param $digit i32)
        (global.set $noted
          (i32.add (i32.mul (global.get $noted) (i32.const 10)) (local.get $digit))))
"#;

/// Returns a component of these guests, each with its name. Imports of a guest are the exports of
/// earlier ones, or else imports of the whole. The last guest's exports are those of the whole.
pub(super) fn component(guests: &[(&str, Guest)]) -> Result<Artifact, Failure> {
    let name = guests.last().map_or("guest", |(name, _)| name);
    wat(name, &text(guests))
}

/// Returns a new instance of the [component] of these guests, in an empty world.
pub(super) fn instantiated(
    subject: &Subject,
    guests: &[(&str, Guest)],
) -> Result<Box<dyn Instance>, Failure> {
    subject.instantiate(&component(guests)?, &World::new())
}

fn text(guests: &[(&str, Guest)]) -> String {
    let mut text = String::from("(component\n");
    let mut instances = String::new();
    for (index, (name, guest)) in guests.iter().enumerate() {
        text += &guest.text(name);
        let with = guest.imports.iter().map(|import| {
            let earlier = guests.iter().take(index);
            let mut from = earlier.filter(|(_, guest)| guest.has(import.name));
            let import = import.name;
            match from.next() {
                Some((from, _)) => format!(r#"(with "{import}" (func ${from} "{import}"))"#),
                None => format!(r#"(with "{import}" (func ${import}))"#),
            }
        });
        let with: String = with.chain([guest.with.to_string()]).collect();
        let _ = writeln!(instances, "(instance ${name} (instantiate ${name} {with}))");
    }
    for import in guests.iter().flat_map(|(_, guest)| guest.imports) {
        if !guests.iter().any(|(_, guest)| guest.has(import.name)) {
            let Import { name, ty, .. } = import;
            let _ = writeln!(text, r#"(import "{name}" (func ${name} {ty}))"#);
        }
    }
    text += &instances;
    if let Some((name, guest)) = guests.last() {
        for export in guest.exports {
            let export = export.name;
            let _ = writeln!(text, r#"(export "{export}" (func ${name} "{export}"))"#);
        }
    }
    text + ")"
}

impl Guest {
    /// A component without anything.
    pub(super) const EMPTY: Self = Self {
        types: "",
        with: "",
        imports: &[],
        builtins: &[],
        code: "",
        exports: &[],
    };

    fn has(&self, name: &str) -> bool {
        self.exports.iter().any(|export| export.name == name)
    }

    fn text(&self, name: &str) -> String {
        let (mut text, mut core, mut with) = (String::new(), String::new(), String::new());
        let mut add = |name: &str, ty: &str, canon: &str| {
            let _ = writeln!(text, "(core func ${name} (canon {canon}))");
            let _ = writeln!(core, r#"(import "" "{name}" (func ${name} {ty}))"#);
            let _ = writeln!(with, r#"(export "{name}" (func ${name}))"#);
        };
        for import in self.imports {
            let Import {
                name, option, core, ..
            } = import;
            let canon = format!("lower (func ${name}) {option} {WITH_MEMORY} {WITH_REALLOC}");
            add(name, core, &canon);
        }
        for builtin in self.builtins {
            let name = builtin.split([' ', '=']).next().unwrap_or_default();
            let builtin = builtin.split_once(" = ").map_or(*builtin, |(_, it)| it);
            let canon = format!("{builtin} {}", options(op(builtin)));
            add(name, core_type(builtin), &canon);
        }
        let imports: String = self.imports.iter().map(Import::text).collect();
        let exports: String = self.exports.iter().map(Export::text).collect();
        let (types, code) = (self.types, self.code);
        format!(
            r#"(component ${name}
            {types} {imports} {MEMORY} {text}
            (core module $m
              {core}
              (import "" "m" (memory 1))
              (import "" "table" (table $table 8 funcref))
              {PRELUDE} {code})
            (core instance $m (instantiate $m (with "" (instance
              {with}
              (export "m" (memory $memory "m"))
              (export "table" (table $table))))))
            {exports})
            "#
        )
    }
}

impl Import {
    fn text(&self) -> String {
        let Self { name, ty, .. } = self;
        format!(r#"(import "{name}" (func ${name} {ty}))"#)
    }
}

impl Export {
    fn text(&self) -> String {
        let Self { name, ty, lift } = self;
        let options = match lift {
            Lift::Sync => String::new(),
            Lift::Stackful => String::from("async"),
            Lift::Callback => format!(r#"async (callback (core func $m "{name}-event"))"#),
        };
        format!(
            r#"(func (export "{name}") {ty}
              (canon lift (core func $m "{name}") {options} {WITH_MEMORY} {WITH_REALLOC}))
            "#
        )
    }
}

/// Returns the name of a built-in without its arguments.
fn op(builtin: &str) -> &str {
    builtin.split(' ').next().unwrap_or(builtin)
}

/// Returns the options of a built-in that uses the memory.
fn options(op: &str) -> String {
    match op {
        "task.return" | "waitable-set.wait" | "waitable-set.poll" | "error-context.new" => {
            WITH_MEMORY.to_string()
        }
        "stream.read"
        | "stream.write"
        | "future.read"
        | "future.write"
        | "error-context.debug-message" => {
            format!("{WITH_MEMORY} {WITH_REALLOC}")
        }
        _ => String::new(),
    }
}

/// Returns the type of a built-in as a core function.
fn core_type(builtin: &str) -> &'static str {
    match op(builtin) {
        "task.return" => match builtin.split_once(' ').map(|(_, result)| result) {
            None => "",
            Some("(result string)") => "(param i32 i32)",
            Some(_) => "(param i32)",
        },
        "task.cancel" | "backpressure.inc" | "backpressure.dec" => "",
        "waitable-set.new" | "thread.index" | "thread.yield" | "thread.suspend" | "context.get" => {
            "(result i32)"
        }
        "stream.new" | "future.new" => "(result i64)",
        "subtask.cancel"
        | "thread.suspend-then-resume"
        | "thread.yield-then-resume"
        | "thread.suspend-then-promote"
        | "thread.yield-then-promote"
        | "stream.cancel-read"
        | "stream.cancel-write"
        | "future.cancel-read"
        | "future.cancel-write" => "(param i32) (result i32)",
        "waitable-set.wait"
        | "waitable-set.poll"
        | "future.read"
        | "future.write"
        | "error-context.new"
        | "thread.new-indirect" => "(param i32 i32) (result i32)",
        "resource.new" => "(param i32) (result i32)",
        "stream.read" | "stream.write" => "(param i32 i32 i32) (result i32)",
        "waitable.join" | "error-context.debug-message" => "(param i32 i32)",
        // What drops a handle, sets the context or resumes a thread.
        _ => "(param i32)",
    }
}
