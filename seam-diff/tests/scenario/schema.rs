//! The committed JSON Schema is the one of the code.

use seam_diff::scenario::json_schema;

/// `SEAM_REWRITE=1 cargo test -p seam-diff --all-features the_committed_schema` updates it.
#[test]
fn the_committed_schema_is_the_one_of_the_code() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/scenario.schema.json");
    if std::env::var_os("SEAM_REWRITE").is_some() {
        std::fs::write(path, json_schema()).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap(), json_schema());
}
