//! `seam invoke` without a call: lists the exports that can be called.

use seam_core::{Artifact, FuncType, Interface, Type, Value};
use serde::Serialize;

use crate::output::{Output, Tone};
use crate::status::{Failure, Status};

#[derive(Serialize)]
struct Document<'a> {
    artifact: &'a str,
    /// The exports that can be called.
    exports: Vec<Export>,
}

/// An exported function.
#[derive(Serialize)]
struct Export {
    /// A call of the function, with a placeholder for each argument.
    call: String,
    #[serde(rename = "type")]
    ty: String,
}

/// Lists the exported functions of an artifact, each as a call that a person can edit.
pub(crate) fn execute(artifact: &Artifact, out: &mut Output) -> Result<Status, Failure> {
    let exports = exports(&seam_decode::typed_interface(artifact)?);
    let width = exports
        .iter()
        .map(|export| export.call.chars().count())
        .max();
    let width = width.unwrap_or_default().min(48);
    for Export { call, ty } in &exports {
        let ty = out.paint(Tone::Faint, &format!("// {ty}"));
        out.line(&format!("{call:width$}  {ty}"));
    }
    if exports.is_empty() {
        out.line(&format!("// {} exports no function", artifact.name()));
    }
    out.document(&Document {
        artifact: artifact.name(),
        exports,
    });
    Ok(Status::Fine)
}

fn exports(interface: &Interface) -> Vec<Export> {
    let export = |(name, ty): &(_, std::sync::Arc<FuncType>)| {
        let args: Vec<String> = ty.params.iter().map(|(_, ty)| placeholder(ty)).collect();
        Export {
            call: format!("{name}({})", args.join(", ")),
            ty: ty.to_string(),
        }
    };
    interface.export_funcs().iter().map(export).collect()
}

/// Returns an argument of this type in WAVE, or the type in angle brackets if WAVE has no value for
/// it.
fn placeholder(ty: &Type) -> String {
    example(ty).map_or_else(|| format!("<{ty}>"), |value| value.to_string())
}

/// Returns a value that shows the structure of the type: a list has one element, an option is
/// `some`.
fn example(ty: &Type) -> Option<Value> {
    let one = |ty: &Type| example(ty).or_else(|| Value::default_of(ty));
    match ty {
        Type::List(element) => Some(Value::list([one(element)?])),
        Type::Option(inner) => Some(Value::some(one(inner)?)),
        Type::Tuple(types) => {
            let parts: Option<Vec<Value>> = types.iter().map(one).collect();
            parts.map(Value::Tuple)
        }
        Type::Record(record) => {
            let fields = record.fields.iter();
            let fields = fields.map(|(name, ty)| Some((name.clone(), one(ty)?)));
            fields.collect::<Option<Vec<_>>>().map(Value::Record)
        }
        Type::Char => Some(Value::Char('a')),
        _ => Value::default_of(ty),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use seam_core::ResourceType;

    #[test]
    fn a_placeholder_is_a_value_of_the_type() {
        let list = Type::list(Type::record([
            ("a", Type::U8),
            ("b", Type::option(Type::String)),
        ]));
        assert_eq!(placeholder(&list), r#"[{a: 0, b: some("")}]"#);
        for ty in [
            list,
            Type::Char,
            Type::tuple([Type::S64, Type::list(Type::F32)]),
            Type::variant([("a", Some(Type::U8)), ("b", None)]),
            Type::flags(["x"]),
            Type::result(Some(Type::U8), None),
        ] {
            ty.check(&example(&ty).unwrap()).unwrap();
        }
    }

    #[test]
    fn a_handle_is_shown_as_its_type() {
        let ty = Type::Borrow(ResourceType::new("a:b/c#r"));
        assert_eq!(placeholder(&ty), format!("<{ty}>"));
    }
}
