//! The body of a request or response of WASI 0.3, which a guest passes as streams.

use seam_core::{HostCall, List, Result, Sink, Supply, Value};

use crate::outcome::Outcome;

/// The body of a request or response, as a guest has passed it.
///
/// Nobody reads it, unless the guest takes it back.
pub(crate) struct Passed {
    /// The stream of the contents.
    contents: Option<Value>,
    /// The future of the trailers.
    trailers: Value,
    /// How the transmission has ended. If the body is dropped, it has ended well.
    transmission: Outcome,
}

impl Passed {
    /// Keeps a body. Returns it, and the future of its transmission.
    pub(crate) fn new(
        call: &mut HostCall<'_>,
        contents: Option<&Value>,
        trailers: &Value,
    ) -> (Self, Value) {
        let (transmission, future) = Outcome::new(call);
        let passed = Self {
            contents: contents.cloned(),
            trailers: trailers.clone(),
            transmission,
        };
        (passed, future)
    }

    /// Ends the transmission with this result, and drops the body.
    ///
    /// # Errors
    /// Those of [`Passed::close`].
    pub(crate) fn refuse(self, call: &mut HostCall<'_>, result: Value) -> Result<()> {
        self.transmission.end(result);
        self.close(call)
    }

    /// Drops the readable ends.
    ///
    /// # Errors
    /// `Misuse` if they are none, which backends check.
    pub(crate) fn close(self, call: &mut HostCall<'_>) -> Result<()> {
        for end in self.contents.iter().chain([&self.trailers]) {
            call.connect(end, Closed)?;
        }
        Ok(())
    }

    /// Gives the guest the contents and the trailers back. The value of the future `result` is the
    /// result of the transmission.
    ///
    /// # Errors
    /// `Misuse` if `result` is no future, which backends check.
    pub(crate) fn consume(self, call: &mut HostCall<'_>, result: &Value) -> Result<Value> {
        call.connect(result, Processed(self.transmission))?;
        let contents = match self.contents {
            Some(contents) => contents,
            None => call.stream(|_: &mut HostCall<'_>, _: usize| Ok(Supply::End)),
        };
        Ok(Value::Tuple(vec![contents, self.trailers]))
    }
}

/// A sink that drops the readable end.
struct Closed;

impl Sink for Closed {
    fn room(&mut self) -> Option<usize> {
        None
    }

    fn accept(&mut self, _: &mut HostCall<'_>, _: List) -> Result<()> {
        Ok(())
    }
}

/// Receives the result that a guest has processed a body with.
struct Processed(Outcome);

impl Sink for Processed {
    fn accept(&mut self, _: &mut HostCall<'_>, elements: List) -> Result<()> {
        if let Some(result) = elements.iter().next() {
            self.0.end(result);
        }
        Ok(())
    }
}
