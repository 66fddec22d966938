//! What the imports and exports of a core module with component-level types use, for `seam inspect`.

use seam_decode::{BoundExport, BoundImport, Chosen, ExportChoice};
use serde::Serialize;

use crate::output::{Output, Tone};

/// The choices that bind a core module to its component-level types.
#[derive(Serialize)]
pub(crate) struct Bindings {
    exports: Vec<Item>,
    imports: Vec<Item>,
}

/// An export or import with what was chosen for it.
#[derive(Serialize)]
struct Item {
    name: String,
    /// The core function behind an export, or module and field of a core import.
    #[serde(skip_serializing_if = "Option::is_none")]
    core: Option<Choice>,
    #[serde(skip_serializing_if = "Option::is_none")]
    memory: Option<Choice>,
    #[serde(skip_serializing_if = "Option::is_none")]
    realloc: Option<Choice>,
    #[serde(skip_serializing_if = "Option::is_none")]
    post_return: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    callback: Option<String>,
    /// Why nothing was chosen.
    #[serde(skip_serializing_if = "Option::is_none")]
    undecided: Option<String>,
}

#[derive(Serialize)]
struct Choice {
    export: String,
    why: String,
}

impl Bindings {
    pub(crate) fn of(module: &seam_decode::TypedModule) -> Self {
        Self {
            exports: module.exports.iter().map(Item::of_export).collect(),
            imports: module.imports.iter().map(Item::of_import).collect(),
        }
    }

    pub(crate) fn print(&self, out: &mut Output) {
        let lists = [
            ("// what the exports use", &self.exports),
            ("// what the imports use", &self.imports),
        ];
        for (head, items) in lists.into_iter().filter(|(_, items)| !items.is_empty()) {
            out.line("");
            out.line(&out.paint(Tone::Faint, head));
            items.iter().for_each(|item| item.print(out));
        }
    }
}

impl Item {
    fn of_export(export: &BoundExport) -> Self {
        let name = export.name.to_string();
        match &export.chosen {
            Ok(ExportChoice {
                func,
                memory,
                realloc,
                post_return,
                callback,
            }) => Self {
                name,
                core: Some(Choice::of(func)),
                memory: memory.as_ref().map(Choice::of),
                realloc: realloc.as_ref().map(Choice::of),
                post_return: post_return.clone(),
                callback: callback.clone(),
                undecided: None,
            },
            Err(message) => Self {
                name,
                core: None,
                memory: None,
                realloc: None,
                post_return: None,
                callback: None,
                undecided: Some(message.clone()),
            },
        }
    }

    fn of_import(import: &BoundImport) -> Self {
        let (module, field) = &import.core;
        Self {
            name: format!("{module}#{field}"),
            core: None,
            memory: import.memory.as_ref().map(Choice::of),
            realloc: import.realloc.as_ref().map(Choice::of),
            post_return: None,
            callback: None,
            undecided: None,
        }
    }

    fn print(&self, out: &mut Output) {
        out.line(&self.name);
        let choices = [
            ("function", &self.core),
            ("memory", &self.memory),
            ("realloc", &self.realloc),
        ];
        for (what, choice) in choices {
            if let Some(Choice { export, why }) = choice {
                let why = out.paint(Tone::Faint, &format!("({why})"));
                out.line(&format!("  {what:<11}  {export}  {why}"));
            }
        }
        let after = [
            ("post-return", &self.post_return),
            ("callback", &self.callback),
        ];
        for (what, export) in after {
            if let Some(export) = export {
                out.line(&format!("  {what:<11}  {export}"));
            }
        }
        if let Some(message) = &self.undecided {
            out.line(&out.paint(Tone::Bad, &format!("  undecided: {message}")));
        }
    }
}

impl Choice {
    fn of(chosen: &Chosen) -> Self {
        Self {
            export: chosen.export.clone(),
            why: chosen.reason.to_string(),
        }
    }
}
