//! Command lines that a person can paste into a shell.

use std::ffi::OsString;

/// Returns the words of a command line without some options, each of which has a value, and with
/// others. What follows `--` is the guest's and stays last.
pub(crate) fn with_options(
    words: impl IntoIterator<Item = OsString>,
    removed: &[&str],
    added: Vec<OsString>,
) -> Vec<OsString> {
    let mut words = words.into_iter();
    let mut kept = Vec::new();
    let mut guest = Vec::new();
    while let Some(word) = words.next() {
        let text = word.to_string_lossy();
        if text == "--" {
            guest.push(word);
            guest.extend(words);
            break;
        }
        if removed.contains(&&*text) {
            words.next();
            continue;
        }
        let name = text.split_once('=').map(|(name, _)| name);
        if !name.is_some_and(|name| removed.contains(&name)) {
            kept.push(word);
        }
    }
    kept.into_iter().chain(added).chain(guest).collect()
}

/// Joins words to a line for a POSIX shell.
pub(crate) fn line(words: impl IntoIterator<Item = OsString>) -> String {
    let quoted = words
        .into_iter()
        .map(|word| quoted(&word.to_string_lossy()));
    quoted.collect::<Vec<_>>().join(" ")
}

fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@%+,".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_string();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<OsString> {
        text.split(' ').map(OsString::from).collect()
    }

    #[test]
    fn words_are_quoted_where_a_shell_needs_it() {
        for (word, expected) in [
            ("a/b-c_1.wasm", "a/b-c_1.wasm"),
            ("", "''"),
            ("$c = f(\"x\")", "'$c = f(\"x\")'"),
            ("f('a')", r"'f('\''a'\'')'"),
            ("é", "'é'"),
        ] {
            assert_eq!(quoted(word), expected);
        }
    }

    #[test]
    fn options_are_replaced_before_the_arguments_of_the_guest() {
        let given = words("diff a.wasm --random 500 --seed=7 --random=3 -- --random 5");
        let found = with_options(given, &["--random"], words("--invoke f()"));
        assert_eq!(
            line(found),
            "diff a.wasm --seed=7 --invoke 'f()' -- --random 5"
        );
    }
}
