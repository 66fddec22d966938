//! What an instance was seen to do.

use std::collections::BTreeMap;

use serde::ser::{SerializeMap, Serializer};

use crate::{Error, ExportName, Limit, Result, Value};

/// What an instance was seen to do, from instantiation on.
///
/// In reports output is text, with replacement characters for what is not UTF-8.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Observed {
    /// Captured standard output.
    #[serde(serialize_with = "text")]
    pub stdout: Vec<u8>,
    /// Captured standard error.
    #[serde(serialize_with = "text")]
    pub stderr: Vec<u8>,
    /// Both streams in the order they were written.
    #[serde(skip)]
    pub interleaved: Vec<(OutputStream, Vec<u8>)>,
    /// Calls of host functions in order, if the world records them.
    pub host_calls: Vec<HostCallRecord>,
    /// Stubbed imports that were not called, by full name.
    pub unused_stubs: Vec<ExportName>,
    /// What the host's side of the instance has come to, by name: what the world shows of its state
    /// with [`World::artefact`](crate::World::artefact), e.g. a file system's tree.
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

/// A call of a host function.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct HostCallRecord {
    /// The import's full name, as the guest has it.
    pub name: ExportName,
    /// The arguments.
    pub args: Vec<Value>,
    /// The result, or the error's message; `{"ok": ..}` or `{"err": ..}` in reports.
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
    /// `Limit(Output)` if that would be more than `limit` bytes of both streams together; nothing
    /// is appended then.
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
    fn what_was_observed_is_data_for_reports() {
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
