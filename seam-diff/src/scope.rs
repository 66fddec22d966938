//! What the variables in calls stand for, before any call is made.

use std::collections::HashMap;
use std::sync::Arc;

use seam_core::{Error, FuncType, Resource, ResourceType, Result, Type, Value};

/// The variables that calls have named so far, for checks before any call is made.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// The call that took the resource away, if one did.
    taken_by: HashMap<Arc<str>, Option<String>>,
}

impl Scope {
    /// Checks the variables of a call, and takes note of those that it names.
    pub(crate) fn call(
        &mut self,
        call: &str,
        args: &[Value],
        ty: &FuncType,
        results: &[Arc<str>],
    ) -> Result<()> {
        let lent = args.iter().flat_map(Value::borrowed);
        for name in lent.filter_map(Resource::as_variable) {
            self.look_up(name)?;
        }
        let moved = args.iter().flat_map(Value::owned);
        for name in moved.filter_map(Resource::as_variable) {
            self.take(name, call)?;
        }
        if !results.is_empty() && ty.result.iter().all(|ty| owned_types(ty).is_empty()) {
            let found = match &ty.result {
                Some(ty) => format!("the result {ty}"),
                None => "no result".to_owned(),
            };
            return Err(Error::misuse(format!(
                "expected a result with a resource, found {found}"
            )));
        }
        for name in results {
            if self.taken_by.insert(name.clone(), None).is_some() {
                return Err(Error::misuse(format!(
                    "expected a new variable, found `${name}`, which an earlier call named"
                )));
            }
        }
        Ok(())
    }

    fn look_up(&self, name: &Arc<str>) -> Result<()> {
        match self.taken_by.get(name) {
            Some(None) => Ok(()),
            Some(Some(call)) => Err(Error::misuse(format!(
                "expected a resource, found `${name}`, which `{call}` took away"
            ))),
            None => Err(Error::misuse(format!(
                "expected a variable that an earlier call named, like in `${name} = f()`, found \
                 `${name}`"
            ))),
        }
    }

    /// Checks that a variable stands for a resource, which this call takes away.
    pub(crate) fn take(&mut self, name: &Arc<str>, call: &str) -> Result<()> {
        self.look_up(name)?;
        self.taken_by.insert(name.clone(), Some(call.to_owned()));
        Ok(())
    }
}

/// Returns the types of the resources that a value of this type can own.
pub(crate) fn owned_types(ty: &Type) -> Vec<&ResourceType> {
    match ty {
        Type::Own(resource) => vec![resource],
        Type::List(ty) | Type::FixedLengthList(ty, _) | Type::Option(ty) => owned_types(ty),
        Type::Map(key, value) => [key, value]
            .into_iter()
            .flat_map(|ty| owned_types(ty))
            .collect(),
        Type::Record(record) => {
            let fields = record.fields.iter();
            fields.flat_map(|(_, ty)| owned_types(ty)).collect()
        }
        Type::Tuple(types) => types.iter().flat_map(owned_types).collect(),
        Type::Variant(variant) => {
            let payloads = variant.cases.iter().filter_map(|(_, ty)| ty.as_ref());
            payloads.flat_map(owned_types).collect()
        }
        Type::Result(result) => {
            let payloads = result.ok.iter().chain(&result.err);
            payloads.flat_map(owned_types).collect()
        }
        _ => Vec::new(),
    }
}
