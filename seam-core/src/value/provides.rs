//! Checks whether a host's declaration can satisfy a guest's import.

use crate::{ExportName, FuncType, List, ResourceType, Type, Value};

impl ResourceType {
    /// Returns whether this is the type `wanted`, possibly in a semver-compatible version of its
    /// interface.
    #[must_use]
    pub fn provides(&self, wanted: &ResourceType) -> bool {
        let name = |ty: &ResourceType| ty.name().parse::<ExportName>();
        self == wanted
            || match (name(self), name(wanted)) {
                (Ok(own), Ok(wanted)) => own.provides(&wanted),
                _ => false,
            }
    }
}

impl FuncType {
    /// Returns whether a host function of this type can satisfy an import of the type `wanted`.
    ///
    /// The types must be equal, except that resource types may be in semver-compatible versions.
    /// Parameter names are ignored. A function that is not declared `async` can satisfy an import that
    /// is: it never waits.
    #[must_use]
    pub fn provides(&self, wanted: &FuncType) -> bool {
        (wanted.is_async || !self.is_async)
            && self.params.len() == wanted.params.len()
            && self
                .params
                .iter()
                .zip(&wanted.params)
                .all(|((_, a), (_, b))| provides(a, b))
            && optional(self.result.as_ref(), wanted.result.as_ref())
    }
}

fn provides(own: &Type, wanted: &Type) -> bool {
    match (own, wanted) {
        (Type::Own(a), Type::Own(b)) | (Type::Borrow(a), Type::Borrow(b)) => a.provides(b),
        (Type::List(a), Type::List(b)) | (Type::Option(a), Type::Option(b)) => provides(a, b),
        (Type::FixedLengthList(a, m), Type::FixedLengthList(b, n)) => m == n && provides(a, b),
        (Type::Map(k, v), Type::Map(l, w)) => provides(k, l) && provides(v, w),
        (Type::Record(a), Type::Record(b)) => {
            let mut pairs = a.fields.iter().zip(&b.fields);
            a.fields.len() == b.fields.len()
                && pairs.all(|((m, a), (n, b))| m == n && provides(a, b))
        }
        (Type::Tuple(a), Type::Tuple(b)) => {
            a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| provides(a, b))
        }
        (Type::Variant(a), Type::Variant(b)) => {
            let mut pairs = a.cases.iter().zip(&b.cases);
            a.cases.len() == b.cases.len()
                && pairs.all(|((m, a), (n, b))| m == n && optional(a.as_ref(), b.as_ref()))
        }
        (Type::Result(a), Type::Result(b)) => {
            optional(a.ok.as_ref(), b.ok.as_ref()) && optional(a.err.as_ref(), b.err.as_ref())
        }
        (Type::Stream(a), Type::Stream(b)) | (Type::Future(a), Type::Future(b)) => {
            optional(a.as_deref(), b.as_deref())
        }
        (own, wanted) => own == wanted,
    }
}

fn optional(own: Option<&Type>, wanted: Option<&Type>) -> bool {
    match (own, wanted) {
        (Some(own), Some(wanted)) => provides(own, wanted),
        (own, wanted) => own.is_none() && wanted.is_none(),
    }
}

/// Renames the host's resources in a value to the names that the type `wanted` has for them.
///
/// A host function uses the names of the interface version that it was written for.
pub(crate) fn rename(wanted: &Type, value: &mut Value) {
    let payload = |ty: Option<&Type>, value: Option<&mut Value>| {
        if let (Some(ty), Some(value)) = (ty, value) {
            rename(ty, value);
        }
    };
    match (wanted, value) {
        (Type::Own(ty), Value::Own(found)) | (Type::Borrow(ty), Value::Borrow(found))
            if found.handle().is_none() && found.ty() != ty && found.ty().provides(ty) =>
        {
            found.rename(ty.clone());
        }
        (Type::List(ty) | Type::FixedLengthList(ty, _), Value::List(list)) => match (&**ty, list) {
            (Type::Record(ty), List::Records(records)) => {
                let types = ty.fields.iter().map(|(_, ty)| ty).cycle();
                let pairs = types.zip(records.values_mut());
                pairs.for_each(|(ty, value)| rename(ty, value));
            }
            (ty, List::Values(values)) => values.iter_mut().for_each(|value| rename(ty, value)),
            _ => {}
        },
        (Type::Record(ty), Value::Record(fields)) => {
            let pairs = ty.fields.iter().zip(fields);
            pairs.for_each(|((_, ty), (_, value))| rename(ty, value));
        }
        (Type::Tuple(types), Value::Tuple(values)) => {
            let pairs = types.iter().zip(values);
            pairs.for_each(|(ty, value)| rename(ty, value));
        }
        (Type::Variant(ty), Value::Variant(case, value)) => {
            let case = ty.cases.iter().find(|(name, _)| name == case);
            payload(case.and_then(|(_, ty)| ty.as_ref()), value.as_deref_mut());
        }
        (Type::Option(ty), Value::Option(value)) => payload(Some(ty), value.as_deref_mut()),
        (Type::Result(ty), Value::Result(Ok(value))) => {
            payload(ty.ok.as_ref(), value.as_deref_mut())
        }
        (Type::Result(ty), Value::Result(Err(value))) => {
            payload(ty.err.as_ref(), value.as_deref_mut());
        }
        (Type::Map(key, ty), Value::Map(entries)) => entries.iter_mut().for_each(|(k, v)| {
            rename(key, k);
            rename(ty, v);
        }),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Resource;

    fn stream(version: &str) -> ResourceType {
        ResourceType::new(format!("wasi:io/streams@{version}#input-stream"))
    }

    fn maker(version: &str) -> FuncType {
        let pair = Type::tuple([Type::U8, Type::Own(stream(version))]);
        FuncType::new(
            [Type::Borrow(stream(version))],
            Some(Type::result(Some(Type::option(pair)), None)),
        )
    }

    #[test]
    fn versions_of_one_track_satisfy_each_other() {
        assert!(maker("0.2.12").provides(&maker("0.2.0")));
        assert!(maker("0.2.0").provides(&maker("0.2.12")));
        assert!(!maker("0.2.12").provides(&maker("0.3.0")));
        let other = FuncType::new([Type::Borrow(stream("0.2.0"))], None);
        assert!(!maker("0.2.0").provides(&other));
    }

    #[test]
    fn resources_in_lists_of_records_get_other_names() {
        let list = |version| {
            let own = |rep| Value::Own(Resource::host(stream(version), rep));
            let entry = |rep| Value::record([("id", Value::U8(1)), ("stream", own(rep))]);
            [
                Value::list([entry(1), entry(2)]),
                Value::List(List::Values(vec![entry(1)])),
            ]
        };
        let fields = [("id", Type::U8), ("stream", Type::Own(stream("0.2.3")))];
        let wanted = Type::list(Type::record(fields));
        for mut value in list("0.2.12") {
            assert!(wanted.check(&value).is_err());
            rename(&wanted, &mut value);
            assert!(wanted.check(&value).is_ok());
        }
    }

    #[test]
    fn a_result_gets_the_resource_names_of_the_import() {
        let result = |version| {
            let stream = Value::Own(Resource::host(stream(version), 3));
            let pair = Value::Tuple(vec![Value::U8(1), stream]);
            Value::ok(Some(Value::some(pair)))
        };
        let mut value = result("0.2.12");
        let wanted = maker("0.2.3").result.unwrap_or(Type::Bool);
        assert!(wanted.check(&value).is_err());
        rename(&wanted, &mut value);
        assert!(wanted.check(&value).is_ok());
        let mut foreign = result("0.3.0");
        rename(&wanted, &mut foreign);
        assert!(wanted.check(&foreign).is_err());
    }
}
