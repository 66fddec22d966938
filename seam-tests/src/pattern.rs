//! Patterns with wildcards.

/// Returns whether a text matches.
///
/// `*` matches any characters within one path segment, `**` matches any characters, and `?` matches
/// one character.
#[must_use]
pub fn matches(pattern: &str, text: &str) -> bool {
    bytes_match(pattern.as_bytes(), text.as_bytes())
}

/// Returns whether a pattern matches a path or its last segment, as [`matches()`] says.
#[must_use]
pub fn selects(pattern: &str, path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    matches(pattern, path) || matches(pattern, name)
}

fn bytes_match(pattern: &[u8], text: &[u8]) -> bool {
    match pattern {
        [] => text.is_empty(),
        [b'*', b'*', rest @ ..] => {
            (0..=text.len()).any(|at| text.get(at..).is_some_and(|text| bytes_match(rest, text)))
        }
        [b'*', rest @ ..] => {
            let within = text.iter().take_while(|byte| **byte != b'/').count();
            (0..=within).any(|at| text.get(at..).is_some_and(|text| bytes_match(rest, text)))
        }
        [one, rest @ ..] => match text {
            [found, text @ ..] if found == one || *one == b'?' => bytes_match(rest, text),
            _ => false,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stays_within_a_path_segment_and_a_double_star_does_not() {
        let all = [
            ("a.wast", "a.wast", true),
            ("*.wast", "a.wast", true),
            ("*.wast", "f/a.wast", false),
            ("**.wast", "f/a.wast", true),
            ("f/*", "f/a.wast", true),
            ("**/a.wast", "f/g/a.wast", true),
            ("?.wast", "a.wast", true),
            ("?.wast", "ab.wast", false),
            ("simd_*", "simd_lane.wast", true),
            ("", "a", false),
        ];
        for (pattern, text, expected) in all {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }
}
