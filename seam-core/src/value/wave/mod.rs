//! Values as [WAVE](https://docs.rs/wasm-wave) text.

mod read;
mod token;
mod write;

use read::Reader;

use crate::{FuncType, Result, Type, Value};

impl Value {
    /// Reads a value of this type from WAVE text: what [`Display`](std::fmt::Display) writes, and
    /// the liberties that WAVE gives: white space, `//` comments, a comma after the last part,
    /// fields in any order, fields left out that are `none`, `some` and `ok` left out around values
    /// that are no options and no results, and strings of several lines between triple quotes.
    /// Unlike there, a field that the type does not have is an error, and a record whose fields are
    /// all left out may be `{}` as well as `{:}`. A map is a list of pairs.
    ///
    /// It goes as deep as the type, whatever the text.
    ///
    /// # Errors
    /// `Misuse` for text that is not of the type, with the path to the offending part, what was
    /// expected and found there, and the offset in bytes, e.g. `field "tags", element 3: expected
    /// string, found `7` at offset 30`. Resources, streams, futures and error contexts have no
    /// text to be read from.
    pub fn parse(ty: &Type, text: &str) -> Result<Self> {
        Ok(Reader::new(text).only_value(ty)?)
    }
}

impl FuncType {
    /// Reads the arguments of a call from WAVE text: what stands between the parentheses, e.g. `1,
    /// "x"`. Options at the end may be left out.
    ///
    /// # Errors
    /// As [`Value::parse`]; the path starts with the argument, counted from 1. `Misuse` too for
    /// another number of arguments than of parameters.
    pub fn parse_args(&self, text: &str) -> Result<Vec<Value>> {
        Ok(Reader::new(text).arguments(self)?)
    }
}
