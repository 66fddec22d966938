//! Observations of an instance.

use std::collections::BTreeMap;

use serde::ser::{SerializeMap, Serializer};

use crate::{Error, ExportName, Limit, Result, Value};

/// Everything that was observed of an instance since its instantiation began.
///
/// Reports show output as text, with replacement characters for invalid UTF-8.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Observed {
    /// Captured standard output.
    #[serde(serialize_with = "text")]
    pub stdout: Vec<u8>,
    /// Captured standard error.
    #[serde(serialize_with = "text")]
    pub stderr: Vec<u8>,
    /// The output of both streams, in the order in which it was written.
    #[serde(skip)]
    pub interleaved: Vec<(OutputStream, Vec<u8>)>,
    /// Calls of host functions in order, if the world records them.
    pub host_calls: Vec<HostCallRecord>,
    /// Full names of the stubbed imports that were never called.
    pub unused_stubs: Vec<ExportName>,
    /// Parts of the host's state that the world shows with
    /// [`World::artefact`](crate::World::artefact), e.g. a file system's tree, by name.
    pub artefacts: BTreeMap<String, Value>,
}

/// One of a guest's output streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum OutputStream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// A function that gets each piece of output as the guest writes it.
pub type OutputHook = dyn Fn(OutputStream, &[u8]) + Send + Sync;

/// The record of one call of a host function.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct HostCallRecord {
    /// The import's full name, as the guest spells it.
    pub name: ExportName,
    /// The arguments.
    pub args: Vec<Value>,
    /// The result, or the error's message. Reports show `{"ok": ..}` or `{"err": ..}`.
    #[serde(serialize_with = "outcome")]
    pub result: Result<Option<Value>, String>,
}

fn text<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&String::from_utf8_lossy(bytes))
}

fn outcome<S: Serializer>(
    result: &Result<Option<Value>, String>,
    to: S,
) -> Result<S::Ok, S::Error> {
    let mut map = to.serialize_map(Some(1))?;
    match result {
        Ok(value) => map.serialize_entry("ok", value)?,
        Err(message) => map.serialize_entry("err", message)?,
    }
    map.end()
}

impl Observed {
    /// Appends captured output.
    ///
    /// # Errors
    /// `Limit(Output)` if both streams together would exceed `limit` bytes. Nothing is appended in
    /// this case.
    pub fn output(&mut self, stream: OutputStream, bytes: &[u8], limit: u64) -> Result<()> {
        let total = self.stdout.len() as u64 + self.stderr.len() as u64 + bytes.len() as u64;
        if total > limit {
            return Err(Error::limit(Limit::Output));
        }
        match stream {
            OutputStream::Stdout => self.stdout.extend_from_slice(bytes),
            OutputStream::Stderr => self.stderr.extend_from_slice(bytes),
        }
        match self.interleaved.last_mut() {
            Some((last, written)) if *last == stream => written.extend_from_slice(bytes),
            _ => self.interleaved.push((stream, bytes.to_vec())),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_is_kept_in_order_up_to_the_limit() {
        let mut observed = Observed::default();
        let streams = [OutputStream::Stdout, OutputStream::Stderr];
        let [out, err] = streams;
        for (stream, bytes) in [(out, "a"), (out, "b"), (err, "c"), (out, "d")] {
            assert!(observed.output(stream, bytes.as_bytes(), 4).is_ok());
        }
        assert_eq!(
            (&*observed.stdout, &*observed.stderr),
            (&b"abd"[..], &b"c"[..])
        );
        let expected = [
            (out, b"ab".to_vec()),
            (err, b"c".to_vec()),
            (out, b"d".to_vec()),
        ];
        assert_eq!(observed.interleaved, expected);
        let full = observed.clone();
        let error = observed.output(err, b"e", 4);
        assert_eq!(
            error.map_err(|e| e.kind().clone()),
            Err(crate::ErrorKind::Limit(Limit::Output))
        );
        assert_eq!(observed, full);
    }

    #[test]
    fn observations_serialize_for_reports() {
        let call = |result| HostCallRecord {
            name: ExportName::in_instance("a:b/c", "f"),
            args: vec![Value::U8(1)],
            result,
        };
        let observed = Observed {
            stdout: b"a\xff".to_vec(),
            host_calls: vec![call(Ok(None)), call(Err("no".into()))],
            ..Observed::default()
        };
        let expected = serde_json::json!({
            "stdout": "a\u{fffd}",
            "stderr": "",
            "host_calls": [
                {"name": "a:b/c#f", "args": [1], "result": {"ok": null}},
                {"name": "a:b/c#f", "args": [1], "result": {"err": "no"}},
            ],
            "unused_stubs": [],
            "artefacts": {},
        });
        assert_eq!(serde_json::to_value(&observed).ok(), Some(expected));
    }
}
