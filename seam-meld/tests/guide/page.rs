//! `docs/meld.md` shows the code of this folder.

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/meld.md");

/// The files that the page shows.
const SHOWN: [(&str, &str); 5] = [
    ("tiers.rs", include_str!("tiers.rs")),
    ("values.rs", include_str!("values.rs")),
    ("streams.rs", include_str!("streams.rs")),
    ("cores.rs", include_str!("cores.rs")),
    ("binding.rs", include_str!("binding.rs")),
];

#[test]
fn the_page_shows_the_code_that_is_tested() {
    let mut page = std::fs::read_to_string(PAGE).unwrap();
    for (file, code) in SHOWN {
        let begin = format!("<!-- {file} -->\n```rust\n");
        let (before, rest) = page.split_once(&begin).unwrap();
        let (found, after) = rest.split_once("```\n").unwrap();
        if std::env::var_os("SEAM_REWRITE").is_none() {
            assert_eq!(
                found, code,
                "{file}: SEAM_REWRITE=1 brings the page up to date"
            );
        }
        page = format!("{before}{begin}{code}```\n{after}");
    }
    if std::env::var_os("SEAM_REWRITE").is_some() {
        std::fs::write(PAGE, page).unwrap();
    }
}
