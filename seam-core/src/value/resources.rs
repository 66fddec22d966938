//! The resources in a value, and the ends of streams and futures.

use crate::{Resource, Result, Value};

impl Value {
    /// Returns the resources in the value, in order. Each is a [`Value::Own`] or [`Value::Borrow`].
    #[must_use]
    pub fn resources(&self) -> Vec<&Value> {
        let mut found = Vec::new();
        collect(self, &mut found);
        found.retain(|value| matches!(value, Value::Own(_) | Value::Borrow(_)));
        found
    }

    /// Returns the ends of streams and futures in the value, in order.
    #[must_use]
    pub fn ends(&self) -> Vec<&Value> {
        let mut found = Vec::new();
        collect(self, &mut found);
        found.retain(|value| matches!(value, Value::Stream(_) | Value::Future(_)));
        found
    }

    /// Returns the resources that the value owns, in order.
    #[must_use]
    pub fn owned(&self) -> Vec<&Resource> {
        let found = self.resources().into_iter();
        let owned = found.filter_map(|value| match value {
            Value::Own(resource) => Some(resource),
            _ => None,
        });
        owned.collect()
    }

    /// Returns the resources that the value borrows, in order.
    #[must_use]
    pub fn borrowed(&self) -> Vec<&Resource> {
        let found = self.resources().into_iter();
        let borrowed = found.filter_map(|value| match value {
            Value::Borrow(resource) => Some(resource),
            _ => None,
        });
        borrowed.collect()
    }

    /// Replaces each resource in the value, owned and borrowed ones, in order. `replace` changes an
    /// [`Value::Own`] or [`Value::Borrow`].
    ///
    /// # Errors
    /// The first error of `replace`. The resources before it are replaced.
    pub fn replace_resources(
        &mut self,
        replace: &mut dyn FnMut(&mut Value) -> Result<()>,
    ) -> Result<()> {
        match self {
            Value::Own(_) | Value::Borrow(_) => replace(self),
            Value::List(list) => list
                .values_mut()
                .iter_mut()
                .try_for_each(|value| value.replace_resources(replace)),
            Value::Tuple(values) => values
                .iter_mut()
                .try_for_each(|value| value.replace_resources(replace)),
            Value::Map(entries) => entries.iter_mut().try_for_each(|(key, value)| {
                key.replace_resources(replace)?;
                value.replace_resources(replace)
            }),
            Value::Record(fields) => fields
                .iter_mut()
                .try_for_each(|(_, value)| value.replace_resources(replace)),
            Value::Variant(_, Some(value))
            | Value::Option(Some(value))
            | Value::Result(Ok(Some(value)) | Err(Some(value))) => value.replace_resources(replace),
            _ => Ok(()),
        }
    }
}

/// Adds the resources and the ends of streams and futures in a value, in order.
fn collect<'a>(value: &'a Value, found: &mut Vec<&'a Value>) {
    match value {
        Value::Own(_) | Value::Borrow(_) | Value::Stream(_) | Value::Future(_) => {
            found.push(value);
        }
        Value::List(list) => list.values().iter().for_each(|value| collect(value, found)),
        Value::Tuple(values) => values.iter().for_each(|value| collect(value, found)),
        Value::Map(entries) => entries.iter().for_each(|(key, value)| {
            collect(key, found);
            collect(value, found);
        }),
        Value::Record(fields) => fields.iter().for_each(|(_, value)| collect(value, found)),
        Value::Variant(_, Some(value))
        | Value::Option(Some(value))
        | Value::Result(Ok(Some(value)) | Err(Some(value))) => collect(value, found),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use crate::{Error, Resource, ResourceType, Value};

    fn variable(name: &str) -> Resource {
        Resource::variable(ResourceType::new("r"), name)
    }

    /// A value with the owned variables `a` to `f`, each in another kind of value, and `g` borrowed.
    fn every_kind() -> Value {
        let own = |name: &str| Value::Own(variable(name));
        Value::Tuple(vec![
            Value::list([own("a")]),
            Value::list([
                Value::record([("r", own("a2"))]),
                Value::record([("r", own("a3"))]),
            ]),
            Value::Map(vec![(Value::U8(1), own("b"))]),
            Value::record([("field", own("c"))]),
            Value::variant("case", Some(own("d"))),
            Value::some(own("e")),
            Value::err(Some(own("f"))),
            Value::ok(Some(Value::Borrow(variable("g")))),
        ])
    }

    #[test]
    fn resources_are_found_in_every_kind_of_value_in_order() {
        let names = |found: Vec<&Resource>| {
            let names = found.into_iter().filter_map(Resource::as_variable);
            names.map(|name| name.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(
            names(every_kind().owned()),
            ["a", "a2", "a3", "b", "c", "d", "e", "f"]
        );
        assert_eq!(names(every_kind().borrowed()), ["g"]);
    }

    #[test]
    fn resources_are_replaced_until_an_error() {
        let mut value = every_kind();
        let mut count = 0;
        let mut number = |value: &mut Value| {
            count += 1;
            *value = Value::U8(count);
            match count {
                10 => Err(Error::misuse("enough")),
                _ => Ok(()),
            }
        };
        value.replace_resources(&mut number).unwrap();
        assert_eq!(
            value.to_string(),
            "([1], [{r: 2}, {r: 3}], [(1, 4)], {field: 5}, case(6), some(7), err(8), ok(9))"
        );
        let mut value = every_kind();
        assert!(value.replace_resources(&mut number).is_err());
        assert_eq!(value.owned().len(), 7);
    }
}
