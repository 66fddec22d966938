//! The record that witness reads.

use std::collections::BTreeMap;

use serde::Serialize;

/// What an instrumented artifact counted.
///
/// It serializes to the JSON that witness reads from its harness.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Record {
    /// The schema, which decides whether there are rows.
    pub schema: Schema,
    /// How often each branch was taken, by the number of the branch, in all steps together.
    pub counters: BTreeMap<u64, u64>,
    /// One row for each step, in order. Empty for [`Schema::V1`].
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rows: Vec<Row>,
}

/// The schema of a [`Record`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Schema {
    /// Counters only, which is enough for branch coverage.
    #[serde(rename = "witness-harness-v1")]
    V1,
    /// Counters and rows, which MC/DC needs.
    #[serde(rename = "witness-harness-v2")]
    V2,
}

/// What one step did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Row {
    /// The name of the step.
    pub name: String,
    /// The result of the call, if it is a `bool` (0 or 1) or an integer of at most 32 bits that fits an
    /// `i32`.
    pub outcome: Option<i32>,
    /// The last value of each condition, by the number of its branch.
    pub brvals: BTreeMap<u64, u32>,
    /// How often each condition was evaluated, by the number of its branch.
    pub brcnts: BTreeMap<u64, u32>,
    /// The used part of the trace memory, with its header, in padded base64. Empty without a trace.
    pub trace_b64: String,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn a_record_has_the_form_that_witness_reads() {
        let mut record = Record {
            schema: Schema::V1,
            counters: [(0, 3), (12, u64::MAX)].into(),
            rows: Vec::new(),
        };
        assert_eq!(
            serde_json::to_string(&record).unwrap(),
            r#"{"schema":"witness-harness-v1","counters":{"0":3,"12":18446744073709551615}}"#
        );
        record.schema = Schema::V2;
        record.rows.push(Row {
            name: "f(1)".into(),
            outcome: None,
            brvals: [(0, 1)].into(),
            brcnts: [(0, 2)].into(),
            trace_b64: String::new(),
        });
        assert!(serde_json::to_string(&record).unwrap().ends_with(
            r#""rows":[{"name":"f(1)","outcome":null,"brvals":{"0":1},"brcnts":{"0":2},"trace_b64":""}]}"#
        ));
    }
}
