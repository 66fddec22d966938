//! What guests write to the streams and futures that calls return.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use seam_core::{HostCall, Instance, List, Result, Sink, Value};
use serde::{Serialize, Serializer};

use crate::Ended;

/// The most elements of one stream that are read.
const MOST: usize = 1 << 20;

/// How often threads may run without writing an element, until a stream is given up.
const IDLE: u32 = 100;

/// What guests have written to a stream or future that a call has returned.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Written {
    /// The end, written as in a result: `stream<#0>`.
    pub end: String,
    /// The elements, a list. A future has at most one.
    #[serde(serialize_with = "text")]
    pub elements: Value,
    /// Whether nothing follows. If not, the guests wait for something, or there are more than 2^20
    /// elements.
    pub ended: bool,
    /// How the guests ended, if they failed while they were writing.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "failure")]
    pub failed: Option<Ended>,
}

fn text<S: Serializer>(value: &Value, serializer: S) -> std::result::Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

fn failure<S: Serializer>(
    failed: &Option<Ended>,
    serializer: S,
) -> std::result::Result<S::Ok, S::Error> {
    match failed {
        Some(ended) => serializer.collect_str(ended),
        None => serializer.serialize_none(),
    }
}

impl Written {
    /// Returns this as a value, for [`Observation::artefacts`](crate::Observation::artefacts).
    pub(crate) fn value(&self) -> Value {
        let failed = self.failed.as_ref().map(|ended| ended.to_string().into());
        Value::record([
            ("elements", self.elements.clone()),
            ("ended", self.ended.into()),
            ("failed", Value::Option(failed.map(Box::new))),
        ])
    }
}

/// Reads every stream and future in a result, until it ends or no guest goes on.
///
/// `on_elements` gets the end and the elements as they come.
pub fn read_all(
    instance: &mut dyn Instance,
    result: &Value,
    on_elements: &mut dyn FnMut(&str, &Value),
) -> Vec<Written> {
    let ends = result.ends().into_iter();
    ends.map(|end| read(instance, end, on_elements)).collect()
}

fn read(
    instance: &mut dyn Instance,
    end: &Value,
    on_elements: &mut dyn FnMut(&str, &Value),
) -> Written {
    let shared = Shared::default();
    let read = shared.read(instance, end, on_elements);
    let state = shared.lock();
    Written {
        end: end.to_string(),
        elements: Value::List(state.elements.iter().flat_map(List::iter).collect()),
        ended: state.ended,
        failed: read.err().map(|error| Ended::of(&error)),
    }
}

#[derive(Clone, Default)]
struct Shared(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    elements: Vec<List>,
    len: usize,
    ended: bool,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read(
        &self,
        instance: &mut dyn Instance,
        end: &Value,
        on_elements: &mut dyn FnMut(&str, &Value),
    ) -> Result<()> {
        instance.connect(end, Box::new(self.clone()))?;
        let name = end.to_string();
        let (mut shown, mut idle) = (0, 0);
        loop {
            let (new, ended) = {
                let state = self.lock();
                let new = state.elements.get(shown..).unwrap_or_default().to_vec();
                (new, state.ended || state.len >= MOST)
            };
            for elements in &new {
                on_elements(&name, &Value::List(elements.clone()));
            }
            shown += new.len();
            idle = if new.is_empty() { idle + 1 } else { 0 };
            if ended || idle > IDLE || !instance.progress()? {
                return Ok(());
            }
        }
    }
}

impl Sink for Shared {
    fn room(&mut self) -> Option<usize> {
        Some(MOST.saturating_sub(self.lock().len))
    }

    fn accept(&mut self, _: &mut HostCall<'_>, elements: List) -> Result<()> {
        let mut state = self.lock();
        state.len += elements.len();
        state.elements.push(elements);
        Ok(())
    }

    fn end(&mut self, _: &mut HostCall<'_>) -> Result<()> {
        self.lock().ended = true;
        Ok(())
    }
}
