//! Reports as one HTML page: matrices of words, with details on a click.
//!
//! The page needs no other file and no network. A click on a cell that has details shows them below its
//! row. The page fits a phone: wide matrices scroll inside the page.

use std::fmt::{self, Write};

/// A page.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// The heading.
    pub title: String,
    /// Sentences below it, a paragraph each.
    pub summary: Vec<String>,
    /// The matrices.
    pub matrices: Vec<Matrix>,
}

/// A table whose cells are words.
#[derive(Clone, Debug, Default)]
pub struct Matrix {
    /// Its heading. Empty if the table has no heading.
    pub title: String,
    /// The headings of the columns that name a row, and then of the others.
    pub columns: Vec<String>,
    /// The rows.
    pub rows: Vec<Row>,
}

/// A row of a matrix.
#[derive(Clone, Debug, Default)]
pub struct Row {
    /// What names the row, for the first columns.
    pub names: Vec<String>,
    /// The other columns. `None` is an empty cell.
    pub cells: Vec<Option<Cell>>,
}

/// A cell of a matrix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// Its meaning, which is its colour.
    pub tone: Tone,
    /// The word that it shows.
    pub word: String,
    /// What a click shows. Empty if a click shows no details.
    pub details: String,
}

/// The meaning of a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// As it should be.
    Good,
    /// Wrong.
    Bad,
    /// Undecided.
    Open,
    /// Of no importance.
    Faint,
}

impl Cell {
    /// Creates a cell without details.
    #[must_use]
    pub fn new(tone: Tone, word: impl Into<String>) -> Self {
        Self {
            tone,
            word: word.into(),
            details: String::new(),
        }
    }

    /// Sets what a click shows.
    #[must_use]
    pub fn with_details(mut self, details: impl Into<String>) -> Self {
        self.details = details.into();
        self
    }
}

impl Tone {
    fn class(self) -> &'static str {
        match self {
            Tone::Good => "good",
            Tone::Bad => "bad",
            Tone::Open => "open",
            Tone::Faint => "faint",
        }
    }
}

impl Page {
    /// Returns the page as HTML.
    #[must_use]
    pub fn to_html(&self) -> String {
        let mut html = String::new();
        // Writing to a string cannot fail.
        let _ = self.write(&mut html);
        html
    }

    fn write(&self, html: &mut String) -> fmt::Result {
        let title = Escaped(&self.title);
        writeln!(
            html,
            "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" \
             content=\"width=device-width, initial-scale=1\">\n<title>{title}</title>\n<style>\n\
             {STYLE}</style>\n<h1>{title}</h1>"
        )?;
        for sentence in &self.summary {
            writeln!(html, "<p>{}</p>", Escaped(sentence))?;
        }
        html.push_str(
            "<p><label><input type=\"checkbox\" id=\"all\" checked> Show rows without differences</label></p>\n",
        );
        for (index, matrix) in self.matrices.iter().enumerate() {
            matrix.write(html, index)?;
        }
        writeln!(html, "<script>\n{SCRIPT}</script>")
    }
}

impl Matrix {
    fn write(&self, html: &mut String, number: usize) -> fmt::Result {
        if !self.title.is_empty() {
            writeln!(html, "<h2>{}</h2>", Escaped(&self.title))?;
        }
        html.push_str("<div class=\"scroll\"><table>\n<thead><tr>");
        for column in &self.columns {
            write!(html, "<th scope=\"col\">{}</th>", Escaped(column))?;
        }
        html.push_str("</tr></thead>\n<tbody>\n");
        for (index, row) in self.rows.iter().enumerate() {
            row.write(html, &format!("d{number}-{index}"), self.columns.len())?;
        }
        html.push_str("</tbody></table></div>\n");
        Ok(())
    }
}

impl Row {
    /// Writes the row, and a hidden row for the details of each cell.
    fn write(&self, html: &mut String, id: &str, columns: usize) -> fmt::Result {
        let well = |cell: &Cell| matches!(cell.tone, Tone::Good | Tone::Faint);
        let class = match self.cells.iter().flatten().all(well) {
            true => " class=\"well\"",
            false => "",
        };
        write!(html, "<tr{class}>")?;
        for name in &self.names {
            write!(html, "<th scope=\"row\">{}</th>", Escaped(name))?;
        }
        let mut hidden = String::new();
        for (index, cell) in self.cells.iter().enumerate() {
            let Some(Cell {
                tone,
                word,
                details,
            }) = cell
            else {
                html.push_str("<td></td>");
                continue;
            };
            let (tone, word) = (tone.class(), Escaped(word));
            if details.is_empty() {
                write!(html, "<td class=\"{tone}\">{word}</td>")?;
                continue;
            }
            write!(
                html,
                "<td class=\"{tone}\"><button aria-expanded=\"false\" aria-controls=\"{id}-{index}\"\
                 >{word}</button></td>"
            )?;
            writeln!(
                hidden,
                "<tr class=\"details\" id=\"{id}-{index}\" hidden><td colspan=\"{columns}\"\
                 ><pre>{}</pre></td></tr>",
                Escaped(details)
            )?;
        }
        writeln!(html, "</tr>")?;
        html.push_str(&hidden);
        Ok(())
    }
}

const STYLE: &str = "\
:root { color-scheme: light dark; --good: #d9f2dc; --bad: #ffd6d6; --open: #fff0c2; --line: #ccc; }
@media (prefers-color-scheme: dark) {
  :root { --good: #17401d; --bad: #5c1c1c; --open: #4d3f0d; --line: #555; }
}
body { font: 15px/1.4 system-ui, sans-serif; margin: 1.5em; max-width: 80em; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; margin-bottom: 1.5em; }
th, td { padding: .25em .6em; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); }
tbody th { font-weight: normal; overflow-wrap: anywhere; min-width: 7em; }
.good { background: var(--good); }
.bad { background: var(--bad); font-weight: 600; }
.open { background: var(--open); }
.faint { opacity: .65; }
button { all: unset; cursor: pointer; text-decoration: underline dotted; }
button:focus-visible { outline: 2px solid; }
pre { margin: .3em 0; white-space: pre-wrap; overflow-wrap: anywhere; font-size: 13px; }
/* Details do not make the table wider, and stay in view if it scrolls. */
.details pre { contain: inline-size; position: sticky; left: .6em; max-width: calc(100vw - 5em); }
.bad-only tr.well { display: none; }
@media (max-width: 600px) {
  body { margin: .7em; font-size: 13px; }
  th, td { padding: .2em .35em; }
  tbody th { min-width: 5.5em; }
  .details pre { left: .35em; max-width: calc(100vw - 2.2em); }
}
";

const SCRIPT: &str = "\
document.addEventListener('click', event => {
  const button = event.target.closest('button');
  if (!button) return;
  const row = document.getElementById(button.getAttribute('aria-controls'));
  row.hidden = !row.hidden;
  button.setAttribute('aria-expanded', String(!row.hidden));
});
document.getElementById('all').addEventListener('change', event => {
  document.body.classList.toggle('bad-only', !event.target.checked);
});
";

/// Text with all markup escaped.
struct Escaped<'a>(&'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|character| match character {
            '&' => f.write_str("&amp;"),
            '<' => f.write_str("&lt;"),
            '>' => f.write_str("&gt;"),
            '"' => f.write_str("&quot;"),
            other => f.write_char(other),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(cell: Cell) -> String {
        let row = Row {
            names: vec!["a<b>".to_string()],
            cells: vec![Some(cell), None],
        };
        let matrix = Matrix {
            title: "t".to_string(),
            columns: ["case", "one", "two"].map(String::from).to_vec(),
            rows: vec![row],
        };
        let page = Page {
            title: "A & B".to_string(),
            summary: vec!["1 < 2".to_string()],
            matrices: vec![matrix],
        };
        page.to_html()
    }

    #[test]
    fn text_is_escaped_and_nothing_is_loaded() {
        let html = page(Cell::new(Tone::Bad, "\"x\"").with_details("<script>"));
        for part in [
            "<h1>A &amp; B</h1>",
            "<p>1 &lt; 2</p>",
            "a&lt;b&gt;",
            "&quot;x&quot;",
            "<pre>&lt;script&gt;",
        ] {
            assert!(html.contains(part), "{part}\n{html}");
        }
        assert!(!html.contains("http"), "{html}");
        assert!(!html.contains("src="), "{html}");
    }

    #[test]
    fn a_cell_with_details_has_a_button_for_its_own_row() {
        let html = page(Cell::new(Tone::Bad, "differs").with_details("why"));
        assert!(html.contains("<tr><th scope=\"row\">"), "{html}");
        assert!(
            html.contains("aria-controls=\"d0-0-0\">differs</button></td><td></td></tr>"),
            "{html}"
        );
        let details = "<tr class=\"details\" id=\"d0-0-0\" hidden><td colspan=\"3\"><pre>why";
        assert!(html.contains(details), "{html}");
        let html = page(Cell::new(Tone::Good, "match"));
        assert!(html.contains("<tr class=\"well\">"), "{html}");
        assert!(html.contains("<td class=\"good\">match</td>"), "{html}");
        assert!(!html.contains("<button"), "{html}");
    }
}
