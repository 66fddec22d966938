//! Reads values of a table that [`check`](super::check::check) has accepted.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::check::integer;
use super::text::At;

/// A checked table, and the byte at which it starts.
#[derive(Clone, Copy)]
pub(super) struct Table<'a> {
    pub(super) at: usize,
    table: &'a DeTable<'a>,
}

/// A string, or a table.
pub(super) enum TextOr<'a> {
    Text(At<String>),
    Table(Table<'a>),
}

impl<'a> Table<'a> {
    pub(super) fn new(at: usize, table: &'a DeTable<'a>) -> Self {
        Self { at, table }
    }

    fn found(&self, key: &str) -> Option<&'a Spanned<DeValue<'a>>> {
        self.table.get(key)
    }

    pub(super) fn text(&self, key: &str) -> Option<At<String>> {
        text(self.found(key)?)
    }

    pub(super) fn texts(&self, key: &str) -> Vec<At<String>> {
        let found = self.found(key).and_then(|found| found.get_ref().as_array());
        found.into_iter().flatten().filter_map(text).collect()
    }

    pub(super) fn count(&self, key: &str) -> Option<At<i64>> {
        let found = self.found(key)?;
        Some(At::new(found.span().start, integer(found.get_ref())?))
    }

    pub(super) fn flag(&self, key: &str) -> bool {
        let found = self.found(key).and_then(|found| found.get_ref().as_bool());
        found.unwrap_or_default()
    }

    /// Returns the text of a string, integer or time.
    pub(super) fn word(&self, key: &str) -> Option<At<String>> {
        let found = self.found(key)?;
        let word = match found.get_ref() {
            DeValue::String(text) => text.to_string(),
            DeValue::Integer(_) => integer(found.get_ref())?.to_string(),
            DeValue::Datetime(time) => time.to_string(),
            _ => return None,
        };
        Some(At::new(found.span().start, word))
    }

    pub(super) fn table(&self, key: &str) -> Option<Table<'a>> {
        table(self.found(key)?)
    }

    pub(super) fn tables(&self, key: &str) -> Vec<Table<'a>> {
        let found = self.found(key).and_then(|found| found.get_ref().as_array());
        found.into_iter().flatten().filter_map(table).collect()
    }

    pub(super) fn text_or_table(&self, key: &str) -> Option<TextOr<'a>> {
        text_or_table(self.found(key)?)
    }

    /// Returns the entries of a table with keys of the author's choice, in the file's order.
    pub(super) fn entries(&self, key: &str) -> Vec<(At<String>, TextOr<'a>)> {
        let Some(table) = self.found(key).and_then(|found| found.get_ref().as_table()) else {
            return Vec::new();
        };
        let entries = table.iter().filter_map(|(key, value)| {
            let key = At::new(key.span().start, key.get_ref().to_string());
            Some((key, text_or_table(value)?))
        });
        let mut entries: Vec<_> = entries.collect();
        entries.sort_by_key(|(key, _)| key.at);
        entries
    }
}

fn text(value: &Spanned<DeValue<'_>>) -> Option<At<String>> {
    let text = value.get_ref().as_str()?.to_string();
    Some(At::new(value.span().start, text))
}

fn table<'a>(value: &'a Spanned<DeValue<'a>>) -> Option<Table<'a>> {
    let table = value.get_ref().as_table()?;
    Some(Table::new(value.span().start, table))
}

fn text_or_table<'a>(value: &'a Spanned<DeValue<'a>>) -> Option<TextOr<'a>> {
    match text(value) {
        Some(text) => Some(TextOr::Text(text)),
        None => table(value).map(TextOr::Table),
    }
}
