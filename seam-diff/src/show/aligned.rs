//! Texts one below the other, with the differing part marked.

/// Most characters of a text that are shown.
const WIDTH: usize = 100;

/// The characters before a difference that are shown in a long text.
const BEFORE: usize = 30;

/// Returns the parts of the texts around their first difference, and a line that marks the differing
/// parts, which is empty if the texts have nothing in common.
///
/// Short texts are whole. `..` stands for what is left out.
pub(crate) fn aligned(texts: &[&str]) -> (Vec<String>, String) {
    let chars: Vec<Vec<char>> = texts.iter().map(|text| text.chars().collect()).collect();
    let (head, tail) = (common_head(&chars), common_tail(&chars));
    let longest = chars.iter().map(Vec::len).max().unwrap_or_default();
    let from = match longest > WIDTH {
        true => head.saturating_sub(BEFORE),
        false => 0,
    };
    let cut = |text: &Vec<char>| {
        let start = if from > 0 { ".." } else { "" };
        let shown: String = text.iter().skip(from).take(WIDTH).collect();
        let end = if text.len() > from + WIDTH { ".." } else { "" };
        format!("{start}{shown}{end}")
    };
    let shown = chars.iter().map(cut).collect();
    if head + tail == 0 {
        return (shown, String::new());
    }
    let start = head - from + if from > 0 { 2 } else { 0 };
    let widest = longest.saturating_sub(head + tail).max(1);
    let width = widest.min(WIDTH.saturating_sub(head - from)).max(1);
    let mark = format!("{}{}", " ".repeat(start), "^".repeat(width));
    (shown, mark)
}

/// Returns how many characters all texts start with.
fn common_head(texts: &[Vec<char>]) -> usize {
    let Some((first, others)) = texts.split_first() else {
        return 0;
    };
    let same = |(at, c): &(usize, &char)| others.iter().all(|text| text.get(*at) == Some(*c));
    let head = first.iter().enumerate().take_while(same).count();
    // A number is marked as a whole.
    let digit = |at: usize| first.get(at).is_some_and(char::is_ascii_digit);
    let mut head = head;
    while head > 0
        && digit(head - 1)
        && texts
            .iter()
            .any(|text| text.get(head).is_some_and(char::is_ascii_digit))
    {
        head -= 1;
    }
    head
}

/// Returns how many characters all texts end with, after those that they start with.
fn common_tail(texts: &[Vec<char>]) -> usize {
    let head = common_head(texts);
    let reversed: Vec<Vec<char>> = (texts.iter())
        .map(|text| text.iter().skip(head).rev().copied().collect())
        .collect();
    common_head_plain(&reversed)
}

fn common_head_plain(texts: &[Vec<char>]) -> usize {
    let Some((first, others)) = texts.split_first() else {
        return 0;
    };
    let same = |(at, c): &(usize, &char)| others.iter().all(|text| text.get(*at) == Some(*c));
    first.iter().enumerate().take_while(same).count()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::indexing_slicing, clippy::panic, reason = "tests")]

    use super::*;

    fn lines(left: &str, right: &str) -> String {
        let (mut lines, mark) = aligned(&[left, right]);
        lines.push(mark);
        lines.join("\n")
    }

    #[test]
    fn the_differing_part_is_marked() {
        assert_eq!(
            lines("{n: 7, name: \"héllo\"}", "{n: 7, name: \"h??llo\"}"),
            "{n: 7, name: \"héllo\"}\n{n: 7, name: \"h??llo\"}\n               ^^"
        );
        assert_eq!(lines("[1, 128]", "[1, 129]"), "[1, 128]\n[1, 129]\n    ^^^");
        assert_eq!(lines("some(1)", "some()"), "some(1)\nsome()\n     ^");
        assert_eq!(lines("()", "trap: unreachable"), "()\ntrap: unreachable\n");
    }

    #[test]
    fn long_texts_are_cut_around_the_difference() {
        let long = |c: char| format!("\"{}{c}{}\"", "x".repeat(500), "y".repeat(500));
        let text = lines(&long('a'), &long('b'));
        let lines: Vec<&str> = text.lines().collect();
        let ["..xxx", "^"] = [lines[0].get(..5).unwrap_or_default(), lines[2].trim_start()] else {
            panic!("{text}")
        };
        assert_eq!(lines[0].find('a'), Some(32));
        assert_eq!(lines[2].find('^'), Some(32));
        assert!(lines[0].ends_with("yy.."), "{text}");
        assert_eq!(lines[0].chars().count(), WIDTH + 4);
    }
}
