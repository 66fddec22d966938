//! Generates components, as text, that echo values of one type.
//!
//! A value travels in three ways: through linear memory, flat through a host function, and through
//! a second component with another string encoding.

use std::collections::HashMap;
use std::fmt::Write;

use seam_core::Type;

use crate::flat::flatten;

/// The string encodings, as canonical options.
pub(crate) const ENCODINGS: [&str; 3] = ["utf8", "utf16", "latin1+utf16"];

/// The number of parameters after the echoed value. It exceeds what can be passed flat.
pub(crate) const PADDING: usize = 16;

/// Definitions of a component's types, in dependency order. Types that need a name have one.
#[derive(Default)]
struct Types {
    text: String,
    known: HashMap<Type, String>,
}

impl Types {
    /// Returns the reference to a type in the text format.
    fn of(&mut self, ty: &Type) -> String {
        if let Some(known) = self.known.get(ty) {
            return known.clone();
        }
        let body = match ty {
            Type::List(element) => format!("(list {})", self.of(element)),
            Type::FixedLengthList(element, len) => format!("(list {} {len})", self.of(element)),
            Type::Map(key, value) => format!("(map {} {})", self.of(key), self.of(value)),
            Type::Record(ty) => {
                let fields = ty.fields.iter();
                let fields = fields.map(|(name, ty)| format!("(field \"{name}\" {})", self.of(ty)));
                format!("(record {})", fields.collect::<String>())
            }
            Type::Tuple(types) => {
                let types: Vec<String> = types.iter().map(|ty| self.of(ty)).collect();
                format!("(tuple {})", types.join(" "))
            }
            Type::Variant(ty) => {
                let cases = ty.cases.iter().map(|(name, ty)| match ty {
                    Some(ty) => format!("(case \"{name}\" {})", self.of(ty)),
                    None => format!("(case \"{name}\")"),
                });
                format!("(variant {})", cases.collect::<String>())
            }
            Type::Enum(names) => format!("(enum {})", quoted(names)),
            Type::Flags(names) => format!("(flags {})", quoted(names)),
            Type::Option(ty) => format!("(option {})", self.of(ty)),
            Type::Result(ty) => {
                let ok = ty.ok.as_ref().map(|ty| self.of(ty)).unwrap_or_default();
                let err = ty.err.as_ref().map(|ty| format!("(error {})", self.of(ty)));
                format!("(result {ok} {})", err.unwrap_or_default())
            }
            simple => return simple.to_string(),
        };
        let index = self.known.len();
        let named = matches!(
            ty,
            Type::Record(_) | Type::Variant(_) | Type::Enum(_) | Type::Flags(_)
        );
        let name = format!("$t{index}");
        if named {
            // A type in the signature of an export needs a name, which the import gives it.
            let (text, import) = (
                format!("(type $d{index} {body})"),
                format!("(import \"t{index}\" (type {name} (eq $d{index})))"),
            );
            writeln!(self.text, "  {text} {import}").unwrap();
        } else {
            writeln!(self.text, "  (type {name} {body})").unwrap();
        }
        self.known.insert(ty.clone(), name.clone());
        name
    }
}

fn quoted(names: &[std::sync::Arc<str>]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("\"{name}\"")).collect();
    names.join(" ")
}

/// The memory and allocator of every guest. The memory grows, and the allocator never frees.
const MEMORY: &str = r#"
  (core module $memory
    (memory (export "memory") 2)
    (global $next (mut i32) (i32.const 8))
    (func (export "realloc") (param $old i32) (param $old-len i32) (param $align i32) (param $len i32) (result i32)
      (local $ptr i32)
      (local.set $ptr (i32.and
        (i32.add (global.get $next) (i32.sub (local.get $align) (i32.const 1)))
        (i32.sub (i32.const 0) (local.get $align))))
      (global.set $next (i32.add (local.get $ptr) (local.get $len)))
      (block $fits
        (loop $grow
          (br_if $fits (i32.le_u (global.get $next) (i32.mul (memory.size) (i32.const 65536))))
          (br_if $fits (i32.eq (memory.grow (i32.const 16)) (i32.const -1)))
          (br $grow)))
      (memory.copy (local.get $ptr) (local.get $old) (local.get $old-len))
      (local.get $ptr))
  )
  (core instance $memory (instantiate $memory))
  (alias core export $memory "memory" (core memory $mem))
  (alias core export $memory "realloc" (core func $realloc))"#;

/// Generates the component for a type.
///
/// It imports `host` and exports `through-memory`, `through-host` and `through-guest`. The last one
/// calls a component whose strings have the encoding `inner`.
///
/// The two components are siblings, because in wasmtime 48 no component can call a nested one.
pub(crate) fn echo(ty: &Type, outer: &str, inner: &str) -> String {
    let mut types = Types::default();
    let name = types.of(ty);
    let padded = types.of(&Type::tuple([ty.clone(), Type::U32]));
    let options = |encoding| format!("(memory $mem) (realloc $realloc) string-encoding={encoding}");
    let padding: String = (0..PADDING)
        .map(|n| format!("(param \"p{n}\" u32)"))
        .collect();
    let memory_sig = format!("(param \"x\" {padded}) {padding} (result {padded})");
    let flat = flatten(ty);
    let spills = flat.len() > 1;
    let params = if flat.len() > 16 {
        vec!["i32"]
    } else {
        flat.clone()
    };
    let result = if spills { "i32" } else { flat[0] };
    let import = if spills {
        format!("(param {} i32)", params.join(" "))
    } else {
        format!("(param {}) (result {result})", params.join(" "))
    };
    let args: String = (0..params.len())
        .map(|n| format!("(local.get {n}) "))
        .collect();
    // A result that does not fit flat is stored at the caller's address and returned as a pointer.
    let call = if spills {
        let space = "(call $realloc (i32.const 0) (i32.const 0) (i32.const 8) (i32.const 65536))";
        let keep = params.len();
        format!("(local.set {keep} {space}) (call $f {args} (local.get {keep})) (local.get {keep})")
    } else {
        format!("(call $f {args})")
    };
    let through = format!(
        r#"(core module $through
    (import "" "f" (func $f {import}))
    (import "" "realloc" (func $realloc (param i32 i32 i32 i32) (result i32)))
    (func (export "f") (param {}) (result {result}) (local i32) {call}))"#,
        params.join(" ")
    );
    format!(
        r#"(component
{types}  (import "host" (func $host (param "x" {name}) (result {name})))
  (component $inner
{types}{MEMORY}
    (core module $same (func (export "f") (param i32) (result i32) (local.get 0)))
    (core instance $same (instantiate $same))
    (func (export "f") {memory_sig} (canon lift (core func $same "f") {inner_options}))
  )
  (component $outer
{types}
    (import "host" (func $host (param "x" {name}) (result {name})))
    (import "f" (func $inner {memory_sig}))
{MEMORY}
    {through}
    (core func $host' (canon lower (func $host) {outer_options}))
    (core instance $host (instantiate $through (with "" (instance
      (export "f" (func $host')) (export "realloc" (func $realloc))))))
    (func (export "through-host") (param "x" {name}) (result {name})
      (canon lift (core func $host "f") {outer_options}))
    (core module $same (func (export "f") (param i32) (result i32) (local.get 0)))
    (core instance $same (instantiate $same))
    (func (export "through-memory") {memory_sig} (canon lift (core func $same "f") {outer_options}))
    (core func $inner' (canon lower (func $inner) {outer_options}))
    (core module $pass
      (import "" "f" (func $f (param i32 i32)))
      (import "" "realloc" (func $realloc (param i32 i32 i32 i32) (result i32)))
      (func (export "f") (param i32) (result i32) (local i32)
        (local.set 1 (call $realloc (i32.const 0) (i32.const 0) (i32.const 8) (i32.const 65536)))
        (call $f (local.get 0) (local.get 1))
        (local.get 1)))
    (core instance $pass (instantiate $pass (with "" (instance
      (export "f" (func $inner')) (export "realloc" (func $realloc))))))
    (func (export "through-guest") {memory_sig} (canon lift (core func $pass "f") {outer_options}))
  )
  (instance $inner (instantiate $inner {with}))
  (instance $outer (instantiate $outer {with}
    (with "host" (func $host)) (with "f" (func $inner "f"))))
  (export "through-host" (func $outer "through-host"))
  (export "through-memory" (func $outer "through-memory"))
  (export "through-guest" (func $outer "through-guest"))
)"#,
        types = types.text,
        inner_options = options(inner),
        outer_options = options(outer),
        with = arguments(&types),
    )
}

/// Returns the instantiation arguments for the types that the inner component imports.
fn arguments(types: &Types) -> String {
    let mut with: Vec<String> = types
        .known
        .iter()
        .filter(|(ty, _)| {
            matches!(
                ty,
                Type::Record(_) | Type::Variant(_) | Type::Enum(_) | Type::Flags(_)
            )
        })
        .map(|(_, name)| format!("(with \"{}\" (type {name}))", name.trim_start_matches('$')))
        .collect();
    with.sort();
    with.join(" ")
}
