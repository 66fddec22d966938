//! WIT names of Rust identifiers.

use proc_macro2::{Ident, Span};
use syn::ext::IdentExt;
use syn::{Attribute, Error, Result};

use crate::attribute::rename;

/// The WIT name of a field or case, and where it comes from.
pub(crate) struct Name {
    pub(crate) text: String,
    span: Span,
}

impl Name {
    /// Returns the name that the attributes give, or the identifier in kebab-case.
    pub(crate) fn of(ident: &Ident, attributes: &[Attribute]) -> Result<Self> {
        let name = match rename(attributes)? {
            Some(literal) => Self {
                text: literal.value(),
                span: literal.span(),
            },
            None => Self {
                text: kebab(&ident.unraw().to_string()),
                span: ident.span(),
            },
        };
        if is_label(&name.text) {
            return Ok(name);
        }
        Err(name.error(format!(
            "expected a WIT name, which is words of ASCII letters and digits in one case, joined \
             by `-` and starting with a letter, found `{}`",
            name.text
        )))
    }

    fn error(&self, message: String) -> Error {
        Error::new(self.span, message)
    }
}

/// Checks that no two names are equal. WIT ignores case when it compares names.
pub(crate) fn check_distinct<'a>(names: impl Iterator<Item = &'a Name> + Clone) -> Result<()> {
    for (index, name) in names.clone().enumerate() {
        if names
            .clone()
            .take(index)
            .any(|earlier| earlier.text.eq_ignore_ascii_case(&name.text))
        {
            return Err(name.error(format!(
                "expected distinct WIT names, found two that are `{}`: use \
                 `#[seam(rename = \"..\")]`",
                name.text
            )));
        }
    }
    Ok(())
}

/// Turns an identifier into kebab-case.
///
/// A new word starts after `_`, at a capital that follows a lowercase letter, and at the last
/// capital of several if a lowercase letter follows it. A digit belongs to the word before it and
/// counts as a letter of that word's last case.
fn kebab(ident: &str) -> String {
    let words = ident.split('_').filter(|word| !word.is_empty());
    let words: Vec<String> = words.flat_map(words_of).collect();
    words.join("-")
}

fn words_of(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let (mut after_lower, mut after_upper) = (false, false);
    let mut chars = text.chars().peekable();
    while let Some(char) = chars.next() {
        let before_lower = chars.peek().is_some_and(|next| next.is_lowercase());
        if char.is_uppercase() && (after_lower || after_upper && before_lower) {
            words.push(String::new());
        }
        if char.is_uppercase() || char.is_lowercase() {
            (after_lower, after_upper) = (char.is_lowercase(), char.is_uppercase());
        }
        if let Some(word) = words.last_mut() {
            word.extend(char.to_lowercase());
        }
    }
    words
}

/// Returns whether a text is a [label](https://github.com/WebAssembly/component-model/blob/main/design/mvp/Explainer.md#import-and-export-definitions)
/// of the component model.
fn is_label(text: &str) -> bool {
    let is_word = |word: &str| {
        let all = |one: fn(&u8) -> bool| word.bytes().all(|b| one(&b) || b.is_ascii_digit());
        !word.is_empty() && (all(u8::is_ascii_lowercase) || all(u8::is_ascii_uppercase))
    };
    text.starts_with(|first: char| first.is_ascii_alphabetic()) && text.split('-').all(is_word)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::indexing_slicing, reason = "tests")]

    use heck::ToKebabCase;

    use super::*;

    #[test]
    fn identifiers_become_kebab_case() {
        for (ident, name) in [
            ("x", "x"),
            ("max_size", "max-size"),
            ("_unused", "unused"),
            ("a__b_", "a-b"),
            ("HttpError", "http-error"),
            ("HTTPError", "http-error"),
            ("XMLHttpRequest", "xml-http-request"),
            ("IO", "io"),
            ("Utf8", "utf8"),
            ("Utf8String", "utf8-string"),
            ("latin1_utf16", "latin1-utf16"),
            ("V2", "v2"),
            ("part_1", "part-1"),
            ("A1B2", "a1b2"),
        ] {
            assert_eq!(kebab(ident), name);
        }
    }

    #[test]
    fn labels_are_words_in_one_case() {
        for label in ["a", "a-b", "a1", "a-1", "HTTP-error", "b-HTTP2"] {
            assert!(is_label(label), "{label}");
        }
        for text in ["", "-", "a-", "-a", "a--b", "1a", "aB", "a_b", "é", "a.b"] {
            assert!(!is_label(text), "{text}");
        }
    }

    /// wit-bindgen uses heck.
    #[test]
    fn kebab_case_is_that_of_wit_bindgen() {
        let agrees = |ident: &str| assert_eq!(kebab(ident), ident.to_kebab_case(), "{ident}");
        // Every identifier of at most 6 characters, of each kind that counts.
        let mut idents = vec![String::new()];
        for _ in 0..6 {
            let longer =
                |ident: &String| ["a", "B", "C", "1", "_"].map(|end| format!("{ident}{end}"));
            idents = idents.iter().flat_map(longer).collect();
            idents.retain(|ident| !ident.starts_with('1'));
            idents.iter().for_each(|ident| agrees(ident));
        }
        // Longer ones, the same in each run.
        let kinds = ["a", "z", "A", "Z", "0", "9", "_", "q", "Q", "7"];
        let mut state = 1u64;
        let mut draw = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (state >> 33) as usize
        };
        for _ in 0..20_000 {
            let len = draw() % 12;
            let mut ident = ["a", "Z", "_"][draw() % 3].to_string();
            (0..len).for_each(|_| ident += kinds[draw() % kinds.len()]);
            agrees(&ident);
        }
    }
}
