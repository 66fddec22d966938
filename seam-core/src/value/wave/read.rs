//! Values from WAVE text, led by the type.

use std::fmt::Display;
use std::str::FromStr;
use std::sync::Arc;

use super::token::{Lexer, Token, dedent, is_keyword, unescape};
use crate::types::path::{At, Brief, Mismatch, Step};
use crate::{FuncType, List, RecordType, ResultType, Type, Value, VariantType};

type Read<T> = Result<T, Mismatch>;

/// Reads values of given types from a text.
///
/// It goes as deep as the type, not as the text, so that no text makes it overflow the stack.
pub(super) struct Reader<'a> {
    text: &'a str,
    lexer: Lexer<'a>,
    /// The token that is due.
    token: Token<'a>,
    /// Where it starts, in bytes.
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

    /// The whole text, as one value.
    pub(super) fn only_value(&mut self, ty: &Type) -> Read<Value> {
        let value = self.value(ty)?;
        self.end()?;
        Ok(value)
    }

    /// The whole text, as the arguments of a call.
    pub(super) fn arguments(&mut self, ty: &FuncType) -> Read<Vec<Value>> {
        let mut args = Vec::with_capacity(ty.params.len());
        let mut argument = |reader: &mut Self, index| {
            let Some((_, ty)) = ty.params.get(index) else {
                return Err(reader.expected(ty.arguments()));
            };
            args.push(reader.value(ty).at(|| Step::Argument(index))?);
            Ok(())
        };
        if in_parentheses(self.text) {
            self.items('(', ')', argument)?;
        } else {
            let mut index = 0;
            while self.token != Token::End {
                argument(self, index)?;
                index += 1;
                if !self.eat(',') {
                    break;
                }
            }
        }
        self.end()?;
        let found = args.len();
        for (_, ty_) in ty.params.iter().skip(found) {
            match ty_ {
                Type::Option(_) => args.push(Value::none()),
                _ => return Err(Mismatch::new(ty.arity(found))),
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
            Type::Own(_)
            | Type::Borrow(_)
            | Type::Stream(_)
            | Type::Future(_)
            | Type::ErrorContext => Err(Mismatch::new(format!(
                "expected {}, which has no text to be read from",
                Brief(ty)
            ))),
        }
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

    fn float<T: FromStr>(&mut self, ty: &Type, is_infinite: fn(T) -> bool) -> Read<T>
    where
        T: Copy,
    {
        let (Token::Number(text) | Token::Label(text @ ("nan" | "inf"))) = self.token else {
            return Err(self.expected(ty));
        };
        match text.parse() {
            // Too large a number is a mistake, not infinity.
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
        match len {
            Some(len) => self.count(at, len as usize, list.len())?,
            None => {}
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
            let found = ty.fields.iter().zip(&mut values);
            let Some(((name, ty), slot)) = found.into_iter().find(|((name, _), _)| **name == *label)
            else {
                let known = ty.fields.iter().map(|(name, _)| name);
                return Err(Mismatch::name("field", known, label));
            };
            if slot.is_some() {
                return Err(Mismatch::new(format!("expected field \"{name}\" once, found it twice")));
            }
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
}
