//! The chart of ratios, as SVG.

use std::fmt::Write;

use super::format::ratio;
use crate::measure::{Compared, Measured};

const LABELS: f64 = 330.0;
const BARS: f64 = 520.0;
const LINE: f64 = 12.0;
const GAP: f64 = 8.0;
const TOP: f64 = 56.0;

/// The ratios at the two ends of the axis. Bars beyond an end are cut off.
const LEAST: f64 = 0.1;
const MOST: f64 = 100.0;

/// Draws a bar for each ratio, and a mark for each goal, over a logarithmic axis.
pub(super) fn ratios(rows: &[Measured]) -> String {
    let mut y = TOP;
    let mut body = String::new();
    for row in rows {
        let middle = y + LINE * (row.subjects.len() as f64) / 2.0 + 4.0;
        let _ = writeln!(
            body,
            r#"<text x="{:.0}" y="{middle:.1}" text-anchor="end">{}</text>"#,
            LABELS - 8.0,
            escaped(&row.row)
        );
        for subject in &row.subjects {
            body.push_str(&bar(subject, y));
            y += LINE;
        }
        y += GAP;
    }
    let (width, height) = (LABELS + BARS + 70.0, y + 12.0);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" \
         font-family=\"sans-serif\" font-size=\"11\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n{}{}{body}</svg>\n",
        legend(),
        axis(height)
    )
}

fn bar(subject: &Compared, y: f64) -> String {
    let (one, end) = (place(1.0), place(subject.ratio.value));
    let (from, to) = (one.min(end), one.max(end));
    let mut text = format!(
        "<rect x=\"{from:.1}\" y=\"{y:.1}\" width=\"{:.1}\" height=\"{:.1}\" fill=\"{}\"/>\n\
         <text x=\"{:.1}\" y=\"{:.1}\" font-size=\"9\" fill=\"#444\">{}</text>\n",
        (to - from).max(1.0),
        LINE - 2.0,
        colour(&subject.name),
        to + 4.0,
        y + LINE - 3.5,
        ratio(subject.ratio.value),
    );
    if let Some(goal) = subject.goal_ratio {
        let _ = writeln!(
            text,
            r#"<rect x="{:.1}" y="{:.1}" width="2" height="{LINE}" fill="black"/>"#,
            place(goal) - 1.0,
            y - 1.0
        );
    }
    text
}

/// The horizontal place of a ratio.
fn place(ratio: f64) -> f64 {
    let share = (ratio.clamp(LEAST, MOST) / LEAST).ln() / (MOST / LEAST).ln();
    LABELS + BARS * share
}

fn colour(subject: &str) -> &'static str {
    match subject {
        name if name.starts_with("wasmi") => "#b5651d",
        name if name.starts_with("wasmtime-layered") => "#4c8c4a",
        _ => "#3b6fb6",
    }
}

fn legend() -> String {
    let names = ["wasmi", "wasmtime-layered", "wasmtime"];
    let mut text = String::from(
        "<text x=\"8\" y=\"18\" font-size=\"13\">seam's time / the engine's own API</text>\n",
    );
    for (index, name) in names.into_iter().enumerate() {
        let x = LABELS + 130.0 * index as f64;
        let _ = writeln!(
            text,
            "<rect x=\"{x}\" y=\"9\" width=\"10\" height=\"10\" fill=\"{}\"/>\
             <text x=\"{}\" y=\"18\">{name}</text>",
            colour(name),
            x + 14.0
        );
    }
    let x = LABELS + 130.0 * names.len() as f64;
    let _ = writeln!(
        text,
        "<rect x=\"{x}\" y=\"8\" width=\"2\" height=\"12\"/><text x=\"{}\" y=\"18\">goal</text>",
        x + 8.0
    );
    text
}

fn axis(height: f64) -> String {
    let mut text = String::new();
    for mark in [0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 100.0] {
        let x = place(mark);
        let shade = if mark == 1.0 { "#666" } else { "#ddd" };
        let _ = writeln!(
            text,
            "<line x1=\"{x:.1}\" y1=\"{}\" x2=\"{x:.1}\" y2=\"{height:.0}\" stroke=\"{shade}\"/>\
             <text x=\"{x:.1}\" y=\"{}\" text-anchor=\"middle\">{mark}</text>",
            TOP - 8.0,
            TOP - 12.0
        );
    }
    text
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_axis_is_logarithmic_and_bounded() {
        assert_eq!(place(LEAST), LABELS);
        assert_eq!(place(MOST * 7.0), LABELS + BARS);
        let decade = place(10.0) - place(1.0);
        assert!((place(100.0) - place(10.0) - decade).abs() < 1e-9);
    }

    #[test]
    fn names_are_escaped() {
        assert_eq!(escaped("list<u8> \"&\""), "list&lt;u8> &quot;&amp;&quot;");
    }
}
