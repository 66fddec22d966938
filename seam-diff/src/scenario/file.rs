//! A scenario file: what it says, with the places where it says so.

use std::path::{Path, PathBuf};

use seam_core::{Limits, Result};
use toml::de::{DeTable, DeValue};

use super::check::check;
use super::limit;
use super::read::{Table, TextOr};
use super::shape::{SCENARIO, SCHEMA};
use super::text::{At, Text};

/// The end of the name of every scenario file.
pub const SUFFIX: &str = ".scenario.toml";

/// A scenario as its file states it. Nothing but this file has been read.
#[derive(Clone, Debug)]
pub struct Scenario {
    pub(super) text: Text,
    pub(super) path: PathBuf,
    pub(super) about: Option<String>,
    pub(super) artifacts: Vec<ArtifactFile>,
    pub(super) world: Surroundings,
    pub(super) limits: Limits,
    pub(super) steps: Vec<StepText>,
}

/// An `[[artifact]]`.
#[derive(Clone, Debug)]
pub(super) struct ArtifactFile {
    pub(super) at: usize,
    pub(super) file: Option<At<String>>,
    pub(super) compose: Vec<At<String>>,
    pub(super) name: Option<String>,
    pub(super) interface_of: Option<At<String>>,
    pub(super) bind: Vec<Bind>,
    pub(super) core_types: bool,
}

/// An entry of `bind`.
#[derive(Clone, Debug)]
pub(super) struct Bind {
    pub(super) name: At<String>,
    pub(super) func: Option<String>,
    pub(super) memory: Option<String>,
    pub(super) realloc: Option<String>,
    pub(super) post_return: Option<String>,
}

/// The table `[world]`.
#[derive(Clone, Debug, Default)]
pub(super) struct Surroundings {
    pub(super) program: Option<String>,
    pub(super) args: Vec<String>,
    pub(super) env: Vec<(String, String)>,
    pub(super) cwd: Option<String>,
    pub(super) stdin: Option<Content>,
    pub(super) files: Vec<(At<String>, Content)>,
    pub(super) read_only: bool,
    pub(super) seed: Option<u64>,
    pub(super) schedule_seed: Option<u64>,
    pub(super) wall_clock: Option<At<String>>,
    pub(super) monotonic_clock: Option<u64>,
    pub(super) stub: Option<String>,
    pub(super) stubs: Vec<(String, String)>,
    pub(super) funcs: Vec<Canned>,
}

/// What is at a path of the guest, or on its standard input.
#[derive(Clone, Debug)]
pub(super) enum Content {
    Text(String),
    From(At<String>),
    Folder,
    Link(String),
    Mount(At<String>),
}

/// A `[[world.func]]`.
#[derive(Clone, Debug)]
pub(super) struct Canned {
    pub(super) name: At<String>,
    pub(super) does: Does,
}

/// What a canned host function does.
#[derive(Clone, Debug)]
pub(super) enum Does {
    Constant(At<String>),
    Echo(At<usize>),
    Sequence(Vec<At<String>>),
    Trap(String),
}

/// A `[[step]]`.
#[derive(Clone, Debug)]
pub(super) struct StepText {
    pub(super) kind: StepKind,
    pub(super) expected: Option<ExpectedText>,
}

#[derive(Clone, Debug)]
pub(super) enum StepKind {
    Invoke(At<String>),
    /// The call, and the path of the instance.
    Core(At<String>, Option<At<String>>),
    Run,
    Snapshot(String),
    Drop(At<String>),
}

/// What a step must end with. Results are read according to the type of the function.
#[derive(Clone, Debug)]
pub(super) enum ExpectedText {
    Result(At<String>),
    Trap(At<String>),
    Exit(i32),
    Limit(String),
}

impl Scenario {
    /// Reads a scenario file.
    ///
    /// # Errors
    /// `Misuse` with file, line, column, what was expected and what was found.
    pub fn read(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        Self::parse(Text::read(path)?, path)
    }

    /// Returns the path of the golden file beside the scenario with this path.
    #[must_use]
    pub fn golden_path(scenario: &Path) -> PathBuf {
        let name = scenario.file_name().unwrap_or_default().to_string_lossy();
        let stem = name.strip_suffix(SUFFIX).unwrap_or(&name);
        scenario.with_file_name(format!("{stem}.golden.json"))
    }

    pub(super) fn parse(text: Text, path: &Path) -> Result<Self> {
        let document = DeTable::parse(text.as_str()).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            text.fault(at, format!("expected TOML: {}", error.message()))
        })?;
        check_schema(&text, document.get_ref())?;
        check(&text, 0, document.get_ref(), &SCENARIO)?;
        let root = Table::new(0, document.get_ref());
        let world = root
            .table("world")
            .map(Surroundings::of)
            .unwrap_or_default();
        let limits = limit::limits(&text, root.table("limits"))?;
        let steps = root.tables("step").into_iter();
        let steps = steps
            .map(|step| StepText::of(&text, step))
            .collect::<Result<_>>()?;
        Ok(Self {
            path: path.to_path_buf(),
            about: root.text("about").map(|about| about.value),
            artifacts: root
                .tables("artifact")
                .into_iter()
                .map(ArtifactFile::of)
                .collect(),
            world,
            limits,
            steps,
            text,
        })
    }
}

/// Checks the version before everything else, since another version has other keys.
fn check_schema(text: &Text, table: &DeTable<'_>) -> Result<()> {
    let Some(found) = table.get("schema") else {
        return Err(text.fault(
            0,
            format!("expected `schema = {SCHEMA}`, found no `schema`"),
        ));
    };
    match found.get_ref() {
        DeValue::Integer(version) if version.as_str() != SCHEMA.to_string() => Err(text.fault(
            found.span().start,
            format!(
                "expected `schema = {SCHEMA}`, the version that this `seam` reads, found version \
                 {version}: use the `seam` that reads it, or write the file anew"
            ),
        )),
        _ => Ok(()),
    }
}

impl ArtifactFile {
    fn of(table: Table<'_>) -> Self {
        let bind = table
            .entries("bind")
            .into_iter()
            .filter_map(|(name, uses)| {
                let TextOr::Table(uses) = uses else {
                    return None;
                };
                let part = |key: &str| uses.text(key).map(|text| text.value);
                Some(Bind {
                    name,
                    func: part("func"),
                    memory: part("memory"),
                    realloc: part("realloc"),
                    post_return: part("post-return"),
                })
            });
        Self {
            at: table.at,
            file: table.text("file"),
            compose: table.texts("compose"),
            name: table.text("name").map(|name| name.value),
            interface_of: table.text("interface-of"),
            bind: bind.collect(),
            core_types: table.flag("core-types"),
        }
    }
}

impl Surroundings {
    fn of(table: Table<'_>) -> Self {
        let plain = |key: &str| table.text(key).map(|text| text.value);
        let count = |key: &str| table.count(key).and_then(|n| u64::try_from(n.value).ok());
        let pairs = |key: &str| -> Vec<(String, String)> {
            let entries = table.entries(key).into_iter();
            let entries = entries.filter_map(|(key, value)| match value {
                TextOr::Text(text) => Some((key.value, text.value)),
                TextOr::Table(_) => None,
            });
            entries.collect()
        };
        let files = table.entries("files").into_iter();
        let funcs = table.tables("func").into_iter();
        Self {
            program: plain("program"),
            args: table
                .texts("args")
                .into_iter()
                .map(|arg| arg.value)
                .collect(),
            env: pairs("env"),
            cwd: plain("cwd"),
            stdin: table.text_or_table("stdin").and_then(Content::of),
            files: files
                .filter_map(|(path, content)| Some((path, Content::of(content)?)))
                .collect(),
            read_only: table.flag("read-only"),
            seed: count("seed"),
            schedule_seed: count("schedule-seed"),
            wall_clock: table.word("wall-clock"),
            monotonic_clock: count("monotonic-clock"),
            stub: plain("stub"),
            stubs: pairs("stubs"),
            funcs: funcs.filter_map(Canned::of).collect(),
        }
    }
}

impl Content {
    fn of(found: TextOr<'_>) -> Option<Self> {
        let table = match found {
            TextOr::Text(text) => return Some(Content::Text(text.value)),
            TextOr::Table(table) => table,
        };
        let from = table.text("from").map(Content::From);
        let link = table.text("link").map(|link| Content::Link(link.value));
        let mount = table.text("mount").map(Content::Mount);
        let folder = table.flag("folder").then_some(Content::Folder);
        from.or(link).or(mount).or(folder)
    }
}

impl Canned {
    fn of(table: Table<'_>) -> Option<Self> {
        let echo = table.count("echo").and_then(|echo| {
            let position = usize::try_from(echo.value).ok()?;
            Some(Does::Echo(At::new(echo.at, position)))
        });
        let sequence = Some(table.texts("sequence")).filter(|values| !values.is_empty());
        let does = table.text("constant").map(Does::Constant);
        let does = does.or(echo).or(sequence.map(Does::Sequence));
        let does = does.or_else(|| table.text("trap").map(|text| Does::Trap(text.value)));
        Some(Self {
            name: table.text("name")?,
            // An empty sequence fails at the first call.
            does: does.unwrap_or(Does::Sequence(Vec::new())),
        })
    }
}

impl StepText {
    fn of(text: &Text, table: Table<'_>) -> Result<Self> {
        let at = table.text("at");
        let kind = if let Some(call) = table.text("invoke") {
            StepKind::Invoke(call)
        } else if let Some(call) = table.text("core") {
            StepKind::Core(call, at.clone())
        } else if let Some(prefix) = table.text("snapshot") {
            StepKind::Snapshot(prefix.value)
        } else if let Some(name) = table.text("drop") {
            StepKind::Drop(name)
        } else {
            StepKind::Run
        };
        if let (Some(at), false) = (&at, matches!(kind, StepKind::Core(..))) {
            return Err(text.fault(at.at, "`at`: expected it beside `core`, found another step"));
        }
        let exit = table.count("expect-exit");
        let exit = exit
            .and_then(|code| i32::try_from(code.value).ok())
            .map(ExpectedText::Exit);
        let expected = table.text("expect").map(ExpectedText::Result);
        let expected = expected.or_else(|| table.text("expect-trap").map(ExpectedText::Trap));
        let limit = table
            .text("expect-limit")
            .map(|it| ExpectedText::Limit(it.value));
        let expected = expected.or(exit).or(limit);
        match (&kind, &expected) {
            (StepKind::Invoke(_) | StepKind::Core(..), _) => {}
            (_, Some(ExpectedText::Result(result))) => {
                let message = "`expect`: expected it beside `invoke` or `core`, found another step";
                return Err(text.fault(result.at, message));
            }
            _ => {}
        }
        match &expected {
            Some(ExpectedText::Trap(trap)) if trap.value.trim().is_empty() => {
                let message = "`expect-trap`: expected a text, found an empty one";
                return Err(text.fault(trap.at, message));
            }
            _ => {}
        }
        Ok(Self { kind, expected })
    }
}
