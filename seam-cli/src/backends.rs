//! `seam backends`: lists the backends and their capabilities.

use std::collections::BTreeMap;

use seam_core::{Backend, Capabilities, Capability};
use seam_diff::build::has;
use serde::Serialize;

use crate::args;
use crate::output::{Output, Tone};
use crate::select::{Backends, named};
use crate::status::{Failure, Status};

#[derive(Serialize)]
struct Document<'a> {
    backends: Vec<Entry<'a>>,
}

#[derive(Serialize)]
struct Entry<'a> {
    name: &'a str,
    version: &'a str,
    /// Whether the engine itself validates modules.
    validates: bool,
    capabilities: BTreeMap<&'static str, Support>,
}

/// How a backend supports a capability.
#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Support {
    Yes,
    /// Another build of the backend supports it.
    OnRequest,
    No,
}

impl Support {
    fn of(backend: &dyn Backend, capability: Capability) -> Self {
        if has(backend, capability) {
            return Support::Yes;
        }
        let wanted = Capabilities::from([capability]);
        match backend.rebuilt_with(&wanted) {
            Some(Ok(built)) if has(&*built, capability) => Support::OnRequest,
            _ => Support::No,
        }
    }

    fn text(self) -> &'static str {
        match self {
            Support::Yes => "yes",
            Support::OnRequest => "on request",
            Support::No => "-",
        }
    }
}

pub(crate) fn execute(
    args: &args::Backends,
    backends: &Backends,
    out: &mut Output,
) -> Result<Status, Failure> {
    let chosen = named(backends, &args.backend)?;
    let entries: Vec<Entry<'_>> = chosen.iter().map(|backend| entry(*backend)).collect();
    print(&entries, out);
    out.document(&Document { backends: entries });
    Ok(Status::Fine)
}

fn entry(backend: &dyn Backend) -> Entry<'_> {
    let info = backend.info();
    let supports = Capability::ALL
        .iter()
        .map(|capability| (capability.name(), Support::of(backend, *capability)));
    Entry {
        name: &info.name,
        version: &info.version,
        validates: info.validates,
        capabilities: supports.collect(),
    }
}

/// Prints a column for each backend, with a row for whether it validates and one for each capability.
fn print(entries: &[Entry<'_>], out: &mut Output) {
    let mut columns = vec![first_column()];
    for entry in entries {
        let supports = Capability::ALL.iter().map(|capability| {
            let support = entry.capabilities.get(capability.name());
            support.map_or("", |support| support.text()).to_string()
        });
        let head = format!("{} {}", entry.name, entry.version);
        let validates = if entry.validates { "yes" } else { "-" };
        let before = [head, validates.to_string()];
        columns.push(before.into_iter().chain(supports).collect());
    }
    let widths: Vec<usize> = columns
        .iter()
        .map(|column| column.iter().map(String::len).max().unwrap_or_default())
        .collect();
    for row in 0..Capability::ALL.len() + 2 {
        let cells = columns.iter().zip(&widths).map(|(column, width)| {
            let cell = column.get(row).map_or("", String::as_str);
            let padded = format!("{cell:width$}");
            match cell {
                "yes" => out.paint(Tone::Good, &padded),
                "-" => out.paint(Tone::Faint, &padded),
                _ => padded,
            }
        });
        let line = cells.collect::<Vec<_>>().join("  ");
        out.line(line.trim_end());
    }
}

fn first_column() -> Vec<String> {
    let names = Capability::ALL.iter().map(|capability| capability.name());
    ["capability", "validates"]
        .into_iter()
        .chain(names)
        .map(String::from)
        .collect()
}
