//! Reads values from WAVE text, guided by the type.

use std::fmt::Display;
use std::str::FromStr;
use std::sync::Arc;

use super::token::{Lexer, Token, dedent, is_keyword, unescape};
use crate::value::check::length;
use crate::value::path::{At, Brief, Mismatch, Step};
use crate::{
    FuncType, List, RecordType, Resource, ResourceType, ResultType, Type, Value, VariantType,
};

type Read<T> = Result<T, Mismatch>;

/// Reads values of given types from a text.
///
/// The recursion is as deep as the type, not as the text, so no text can overflow the stack.
#[derive(Clone)]
pub(super) struct Reader<'a> {
    text: &'a str,
    lexer: Lexer<'a>,
    /// The next token.
    token: Token<'a>,
    /// Its offset in bytes.
    at: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let mut reader = Self {
            text,
            lexer: Lexer::new(text),
            token: Token::End,
            at: 0,
        };
        reader.advance();
        reader
    }

    /// Reads the whole text as one value.
    pub(super) fn only_value(&mut self, ty: &Type) -> Read<Value> {
        let value = self.value(ty)?;
        self.end()?;
        Ok(value)
    }

    /// Reads the whole text as the arguments of a call.
    pub(super) fn arguments(&mut self, ty: &FuncType) -> Read<Vec<Value>> {
        let mut args = Vec::with_capacity(ty.params.len());
        while self.token != Token::End {
            let Some((_, ty)) = ty.params.get(args.len()) else {
                return Err(ty.arity("more"));
            };
            args.push(self.value(ty).at(|| Step::Argument(args.len()))?);
            if !self.eat(',') {
                break;
            }
        }
        if self.token != Token::End {
            return Err(self.expected("`,` or the end of the arguments"));
        }
        for (_, missing) in ty.params.iter().skip(args.len()) {
            match missing {
                Type::Option(_) => args.push(Value::none()),
                _ => return Err(ty.arity(args.len())),
            }
        }
        Ok(args)
    }

    fn value(&mut self, ty: &Type) -> Read<Value> {
        match ty {
            Type::Bool => self.bool(),
            Type::S8 => self.integer(ty, Value::S8),
            Type::U8 => self.integer(ty, Value::U8),
            Type::S16 => self.integer(ty, Value::S16),
            Type::U16 => self.integer(ty, Value::U16),
            Type::S32 => self.integer(ty, Value::S32),
            Type::U32 => self.integer(ty, Value::U32),
            Type::S64 => self.integer(ty, Value::S64),
            Type::U64 => self.integer(ty, Value::U64),
            Type::F32 => self.float(ty, f32::is_infinite).map(Value::F32),
            Type::F64 => self.float(ty, f64::is_infinite).map(Value::F64),
            Type::Char => self.char(),
            Type::String => self.string(),
            Type::List(element) => self.list(element, None),
            Type::FixedLengthList(element, len) => self.list(element, Some(*len)),
            Type::Map(key, value) => self.map(key, value),
            Type::Record(ty) => self.record(ty),
            Type::Tuple(types) => self.tuple(types),
            Type::Variant(ty) => self.variant(ty),
            Type::Enum(cases) => self.enumeration(cases),
            Type::Option(some) => self.option(ty, some),
            Type::Result(result) => self.result(ty, result),
            Type::Flags(names) => self.flags(names),
            Type::Own(resource) => self.variable(ty, resource).map(Value::Own),
            Type::Borrow(resource) => self.variable(ty, resource).map(Value::Borrow),
            Type::Stream(_) | Type::Future(_) | Type::ErrorContext => Err(Mismatch::new(format!(
                "expected {}, which has no text to be read from",
                Brief(ty)
            ))),
        }
    }

    fn variable(&mut self, ty: &Type, resource: &ResourceType) -> Read<Resource> {
        let Token::Variable(name) = self.token else {
            return Err(self.expected(format_args!("{}, as a variable like `$x`", Brief(ty))));
        };
        self.advance();
        Ok(Resource::variable(resource.clone(), name))
    }

    fn bool(&mut self) -> Read<Value> {
        let value = match self.token {
            Token::Label("true") => true,
            Token::Label("false") => false,
            _ => return Err(self.expected("bool")),
        };
        self.advance();
        Ok(Value::Bool(value))
    }

    fn integer<T: FromStr>(&mut self, ty: &Type, value: fn(T) -> Value) -> Read<Value> {
        match self.token {
            Token::Number(text) => match text.parse() {
                Ok(number) => {
                    self.advance();
                    Ok(value(number))
                }
                Err(_) => Err(self.expected(ty)),
            },
            _ => Err(self.expected(ty)),
        }
    }

    fn float<T: FromStr + Copy>(&mut self, ty: &Type, is_infinite: fn(T) -> bool) -> Read<T> {
        let (Token::Number(text) | Token::Label(text @ ("nan" | "inf"))) = self.token else {
            return Err(self.expected(ty));
        };
        match text.parse() {
            // A number that is too large is an error, not infinity.
            Ok(number) if !is_infinite(number) || text.ends_with("inf") => {
                self.advance();
                Ok(number)
            }
            _ => Err(self.expected(ty)),
        }
    }

    fn char(&mut self) -> Read<Value> {
        let Token::Char(body) = self.token else {
            return Err(self.expected("char"));
        };
        let text = unescape(body).map_err(|escape| self.bad_escape(escape))?;
        let mut chars = text.chars();
        match (chars.next(), chars.next()) {
            (Some(ch), None) => {
                self.advance();
                Ok(Value::Char(ch))
            }
            _ => Err(self.expected("one character")),
        }
    }

    fn string(&mut self) -> Read<Value> {
        let text = match self.token {
            Token::String(body) => unescape(body).map_err(|escape| self.bad_escape(escape))?,
            Token::Multiline(body) => dedent(body).map_err(|what| self.expected(what))?,
            _ => return Err(self.expected("string")),
        };
        self.advance();
        Ok(Value::from(text))
    }

    fn list(&mut self, element: &Type, len: Option<u32>) -> Read<Value> {
        let at = self.at;
        let mut list = List::of(element);
        self.items('[', ']', |reader, index| {
            list.push(reader.value(element).at(|| Step::Element(index))?);
            Ok(())
        })?;
        if let Some(len) = len {
            length(len as usize, list.len()).map_err(|mismatch| mismatch.place(at))?;
        }
        Ok(Value::List(list))
    }

    fn map(&mut self, key: &Type, value: &Type) -> Read<Value> {
        let mut entries = Vec::new();
        self.items('[', ']', |reader, index| {
            reader.punct('(')?;
            let key = reader.value(key).at(|| Step::Key(index))?;
            reader.punct(',')?;
            let value = reader.value(value).at(|| Step::Value(index))?;
            reader.eat(',');
            reader.punct(')')?;
            entries.push((key, value));
            Ok(())
        })?;
        Ok(Value::Map(entries))
    }

    fn record(&mut self, ty: &RecordType) -> Read<Value> {
        let at = self.at;
        let mut values = vec![None; ty.fields.len()];
        self.fields(|reader, label| {
            let mut fields = ty.fields.iter().zip(&mut values);
            let Some(((name, ty), slot)) = fields.find(|((name, _), _)| **name == *label) else {
                let known = ty.fields.iter().map(|(name, _)| name);
                return Err(reader.unknown("field", known, label));
            };
            if slot.is_some() {
                let twice = format!("expected field \"{name}\" once, found it twice");
                return Err(reader.wrong(reader.at, twice));
            }
            reader.advance();
            reader.punct(':').at(|| Step::Field(name.clone()))?;
            *slot = Some(reader.value(ty).at(|| Step::Field(name.clone()))?);
            Ok(())
        })?;
        let fields = ty.fields.iter().zip(values).map(|((name, ty), value)| {
            let value = match (value, ty) {
                (Some(value), _) => value,
                (None, Type::Option(_)) => Value::none(),
                (None, ty) => {
                    let missing = format!("expected {}, found no such field", Brief(ty));
                    return Err(self.wrong(at, missing).at(Step::Field(name.clone())));
                }
            };
            Ok((name.clone(), value))
        });
        Ok(Value::Record(fields.collect::<Read<_>>()?))
    }

    fn tuple(&mut self, types: &[Type]) -> Read<Value> {
        let at = self.at;
        let mut elements = Vec::with_capacity(types.len());
        self.items('(', ')', |reader, index| {
            let Some(ty) = types.get(index) else {
                let expected = format!("{} elements, found more", types.len());
                return Err(reader.wrong(at, format!("expected {expected}")));
            };
            elements.push(reader.value(ty).at(|| Step::Element(index))?);
            Ok(())
        })?;
        length(types.len(), elements.len()).map_err(|mismatch| mismatch.place(at))?;
        Ok(Value::Tuple(elements))
    }

    fn variant(&mut self, ty: &VariantType) -> Read<Value> {
        let label = self.case()?;
        let Some((case, payload)) = ty.cases.iter().find(|(name, _)| **name == *label) else {
            let known = ty.cases.iter().map(|(name, _)| name);
            return Err(self.unknown("case", known, label));
        };
        self.advance();
        let payload = self
            .payload(payload.as_ref())
            .at(|| Step::Case(case.clone()))?;
        Ok(Value::Variant(case.clone(), payload))
    }

    fn enumeration(&mut self, cases: &[Arc<str>]) -> Read<Value> {
        let label = self.case()?;
        let Some(case) = cases.iter().find(|name| ***name == *label) else {
            return Err(self.unknown("case", cases, label));
        };
        self.advance();
        Ok(Value::Enum(case.clone()))
    }

    /// Reads `some(1)`, `none`, or a bare `1` if that is unambiguous.
    fn option(&mut self, ty: &Type, some: &Type) -> Read<Value> {
        match self.token {
            Token::Label("none") => {
                self.advance();
                Ok(Value::none())
            }
            Token::Label("some") => {
                self.advance();
                let payload = self.payload(Some(some)).at(|| Step::Some)?;
                Ok(Value::Option(payload))
            }
            _ if is_flattened(some) => self.value(some).at(|| Step::Some).map(Value::some),
            _ => Err(self.expected(Brief(ty))),
        }
    }

    /// Reads `ok(1)`, `err(1)`, or a bare `1` for `ok(1)` if that is unambiguous.
    fn result(&mut self, ty: &Type, result: &ResultType) -> Read<Value> {
        match (self.token, &result.ok) {
            (Token::Label("ok"), ok) => {
                self.advance();
                let payload = self.payload(ok.as_ref()).at(|| Step::Ok)?;
                Ok(Value::Result(Ok(payload)))
            }
            (Token::Label("err"), _) => {
                self.advance();
                let payload = self.payload(result.err.as_ref()).at(|| Step::Err)?;
                Ok(Value::Result(Err(payload)))
            }
            (_, Some(ok)) if is_flattened(ok) => {
                let value = self.value(ok).at(|| Step::Ok)?;
                Ok(Value::ok(Some(value)))
            }
            _ => Err(self.expected(Brief(ty))),
        }
    }

    fn flags(&mut self, names: &[Arc<str>]) -> Read<Value> {
        let mut set: Vec<Arc<str>> = Vec::new();
        self.items('{', '}', |reader, _| {
            let label = reader.label()?;
            let Some(flag) = names.iter().find(|name| ***name == *label) else {
                return Err(reader.unknown("flag", names, label));
            };
            if set.contains(flag) {
                let twice = format!("expected flag \"{flag}\" once, found it twice");
                return Err(reader.wrong(reader.at, twice));
            }
            reader.advance();
            set.push(flag.clone());
            Ok(())
        })?;
        Ok(Value::Flags(set))
    }

    /// Reads the payload in parentheses after a case, if the case has a payload.
    fn payload(&mut self, ty: Option<&Type>) -> Read<Option<Box<Value>>> {
        match ty {
            Some(ty) => {
                self.punct('(')?;
                let value = self.value(ty)?;
                self.punct(')')?;
                Ok(Some(Box::new(value)))
            }
            None if self.token == Token::Punct('(') => Err(self.expected("no payload")),
            None => Ok(None),
        }
    }

    /// Returns the next token as the name of a case, without consuming it.
    fn case(&self) -> Read<&'a str> {
        match self.token {
            Token::Label(label) if is_keyword(label) => {
                Err(self.expected(format_args!("a case (`%{label}` if it is called so)")))
            }
            _ => self.label(),
        }
    }

    /// Returns the next token as the name of a field, case or flag, without consuming it.
    fn label(&self) -> Read<&'a str> {
        match self.token {
            Token::Label(label) => Ok(label.strip_prefix('%').unwrap_or(label)),
            _ => Err(self.expected("a name")),
        }
    }

    /// Reads the comma-separated items between `open` and `close`. A trailing comma is allowed.
    fn items(
        &mut self,
        open: char,
        close: char,
        mut item: impl FnMut(&mut Self, usize) -> Read<()>,
    ) -> Read<()> {
        self.punct(open)?;
        let mut index = 0;
        while !self.eat(close) {
            item(self, index)?;
            index += 1;
            if !self.eat(',') && self.token != Token::Punct(close) {
                return Err(self.expected(format_args!("`,` or `{close}`")));
            }
        }
        Ok(())
    }

    /// Reads the fields of a record: calls `field` at each name. An empty record is `{:}`.
    fn fields(&mut self, mut field: impl FnMut(&mut Self, &'a str) -> Read<()>) -> Read<()> {
        let mut empty = self.clone();
        if empty.eat('{') && empty.eat(':') {
            empty.punct('}')?;
            *self = empty;
            return Ok(());
        }
        self.items('{', '}', |reader, _| {
            let label = reader.label()?;
            field(reader, label)
        })
    }

    fn advance(&mut self) {
        self.at = self.text.len() - self.lexer.skip().len();
        self.token = self.lexer.next();
    }

    fn eat(&mut self, punct: char) -> bool {
        let found = self.token == Token::Punct(punct);
        if found {
            self.advance();
        }
        found
    }

    fn punct(&mut self, punct: char) -> Read<()> {
        if self.eat(punct) {
            Ok(())
        } else {
            Err(self.expected(format_args!("`{punct}`")))
        }
    }

    fn end(&self) -> Read<()> {
        match self.token {
            Token::End => Ok(()),
            _ => Err(self.expected("the end of the text")),
        }
    }

    /// Reports that the next token is not the expected one.
    fn expected(&self, what: impl Display) -> Mismatch {
        let found = self.token.describe();
        self.wrong(self.at, format!("expected {what}, found {found}"))
    }

    /// Reports that the type has no part with the name of the next token.
    fn unknown<'n>(
        &self,
        what: &str,
        known: impl IntoIterator<Item = &'n Arc<str>>,
        found: &str,
    ) -> Mismatch {
        Mismatch::name(what, known, found).place(self.at)
    }

    /// Reports an error at an offset of the text.
    fn wrong(&self, at: usize, message: String) -> Mismatch {
        Mismatch::new(message).place(at)
    }

    fn bad_escape(&self, escape: &str) -> Mismatch {
        let found: String = escape.chars().take(4).collect();
        let expected = "expected an escape (\\\\ \\' \\\" \\t \\n \\r \\u{..})";
        self.wrong(self.at, format!("{expected}, found `{found}`"))
    }
}

/// Returns whether `some` and `ok` may be omitted around values of a type, as in WAVE.
fn is_flattened(ty: &Type) -> bool {
    !matches!(ty, Type::Option(_) | Type::Result(_))
}
