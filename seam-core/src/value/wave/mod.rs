//! Values as [WAVE](https://docs.rs/wasm-wave) text.

mod read;
mod token;
mod write;

use read::Reader;

use crate::{FuncType, Result, Type, Value};

impl Value {
    /// Reads a value of type `ty` from WAVE text, as [`Display`](std::fmt::Display) writes it.
    ///
    /// It also accepts what WAVE allows:
    ///
    /// - white space, `//` comments, and a comma after the last part;
    /// - fields in any order, and omitted fields that are `none`;
    /// - values without `some` or `ok`, if their type is not itself an option or a result;
    /// - multi-line strings between triple quotes.
    ///
    /// Unlike in WAVE, a field that the type does not have is an error, and a record whose fields
    /// are all omitted may be written `{}` as well as `{:}`. A map is a list of pairs. A resource is
    /// a [variable](crate::Resource::variable) like `$x`.
    ///
    /// The recursion is as deep as the type, whatever the text is.
    ///
    /// # Errors
    /// `Misuse` if the text does not match the type. The message has the path to the offending
    /// part, what was expected and found there, and the offset in bytes, e.g. `field "tags",
    /// element 3: expected string, found `7` at offset 30`. Streams, futures and error contexts
    /// cannot be read from text.
    pub fn parse(ty: &Type, text: &str) -> Result<Self> {
        Ok(Reader::new(text).only_value(ty)?)
    }
}

impl FuncType {
    /// Reads the arguments of a call from WAVE text.
    ///
    /// `text` is what is between the parentheses, e.g. `1, "x"`. Trailing options may be omitted.
    ///
    /// # Errors
    /// Those of [`Value::parse`], with a path that starts with the argument, counted from 1. Also
    /// `Misuse` if the number of arguments is not the number of parameters.
    pub fn parse_args(&self, text: &str) -> Result<Vec<Value>> {
        Ok(Reader::new(text).arguments(self)?)
    }
}
