//! The tokens of WAVE.

/// A token, borrowed from the text. Literals include their quotes and escapes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// One of `{}()[]:,`
    Punct(char),
    /// `1`, `-1.5e3`, `-inf`
    Number(&'a str),
    /// A name or a keyword; `%` is part of the text.
    Label(&'a str),
    /// The name of a variable, without `$`.
    Variable(&'a str),
    /// The text between the quotes of `'a'`.
    Char(&'a str),
    /// The text between the quotes of `"a"`.
    String(&'a str),
    /// The text between the quotes of `"""a"""`.
    Multiline(&'a str),
    /// The end of the text.
    End,
    /// Text that cannot start a token, or an unterminated literal.
    Unknown(&'a str),
}

impl Token<'_> {
    /// Describes the token for a message.
    pub(super) fn describe(self) -> String {
        match self {
            Token::Punct(ch) => format!("`{ch}`"),
            Token::Number(text) | Token::Label(text) => format!("`{}`", short(text)),
            Token::Variable(name) => format!("the variable `${}`", short(name)),
            Token::Char(text) => format!("the char '{}'", short(text)),
            Token::String(text) => format!("the string \"{}\"", short(text)),
            Token::Multiline(_) => "a string of several lines".to_owned(),
            Token::End => "the end of the text".to_owned(),
            Token::Unknown(text) if text.starts_with(['"', '\'']) => {
                format!("a literal without an end: {}", short(text))
            }
            Token::Unknown(text) => format!("`{}`", short(text)),
        }
    }
}

/// Returns the start of a text, so that messages stay short.
fn short(text: &str) -> String {
    let mut chars = text.chars();
    let mut start: String = chars.by_ref().take(24).collect();
    if chars.next().is_some() {
        start.push_str("..");
    }
    start
}

/// Returns whether a case with this name must be escaped, because it is a keyword.
pub(super) fn is_keyword(label: &str) -> bool {
    matches!(
        label,
        "true" | "false" | "some" | "none" | "ok" | "err" | "inf" | "nan"
    )
}

/// Splits text into tokens, one by one and without recursion.
#[derive(Clone)]
pub(super) struct Lexer<'a> {
    rest: &'a str,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { rest: text }
    }

    /// Skips white space and comments. Returns the remaining text, which starts with the next
    /// token.
    pub(super) fn skip(&mut self) -> &'a str {
        loop {
            self.rest = self.rest.trim_start_matches([' ', '\t', '\r', '\n']);
            if !self.rest.starts_with("//") {
                return self.rest;
            }
            self.take(self.rest.find('\n').unwrap_or(self.rest.len()));
        }
    }

    pub(super) fn next(&mut self) -> Token<'a> {
        let rest = self.skip();
        let Some(first) = rest.chars().next() else {
            return Token::End;
        };
        match first {
            '{' | '}' | '(' | ')' | '[' | ']' | ':' | ',' => {
                self.take(1);
                Token::Punct(first)
            }
            '"' if rest.starts_with("\"\"\"") => {
                self.literal(3, Token::Multiline, |body| body.find("\"\"\""))
            }
            '"' => self.literal(1, Token::String, |body| end_of_literal(body, '"')),
            '\'' => self.literal(1, Token::Char, |body| end_of_literal(body, '\'')),
            '-' | '0'..='9' => match number(rest) {
                Some(len) => Token::Number(self.take(len)),
                None => Token::Unknown(self.take(1)),
            },
            '%' | '$' | 'a'..='z' | 'A'..='Z' => {
                let is_label = |ch: char| ch.is_ascii_alphanumeric() || ch == '-';
                let name = rest.strip_prefix(['%', '$']).unwrap_or(rest);
                let len = name.find(|ch| !is_label(ch)).unwrap_or(name.len());
                match self.take(rest.len() - name.len() + len) {
                    sign @ ("%" | "$") => Token::Unknown(sign),
                    label => match label.strip_prefix('$') {
                        Some(name) => Token::Variable(name),
                        None => Token::Label(label),
                    },
                }
            }
            other => Token::Unknown(self.take(other.len_utf8())),
        }
    }

    /// Reads a literal with `quotes` bytes of quotes at both ends.
    ///
    /// `end` finds the closing quotes in the text after the opening quotes, and returns their offset.
    fn literal(
        &mut self,
        quotes: usize,
        token: impl FnOnce(&'a str) -> Token<'a>,
        end: impl FnOnce(&'a str) -> Option<usize>,
    ) -> Token<'a> {
        let start = self.rest;
        self.take(quotes);
        let Some(len) = end(self.rest) else {
            self.rest = "";
            return Token::Unknown(start);
        };
        let body = self.take(len);
        self.take(quotes);
        token(body)
    }

    /// Removes and returns the first `len` bytes.
    fn take(&mut self, len: usize) -> &'a str {
        let (token, rest) = self
            .rest
            .split_at_checked(len)
            .expect("tokens end at character boundaries");
        self.rest = rest;
        token
    }
}

/// Returns the offset of the closing quote of a single-line literal.
fn end_of_literal(body: &str, quote: char) -> Option<usize> {
    let mut chars = body.char_indices();
    while let Some((at, ch)) = chars.next() {
        match ch {
            '\\' => drop(chars.next()),
            '\n' => return None,
            ch if ch == quote => return Some(at),
            _ => {}
        }
    }
    None
}

/// Returns the length of the number at the start of a text: JSON's syntax, or `-inf`.
fn number(text: &str) -> Option<usize> {
    let digits = |text: &str| {
        text.find(|ch: char| !ch.is_ascii_digit())
            .unwrap_or(text.len())
    };
    let at = |at: usize| text.get(at..).unwrap_or_default();
    let mut len = usize::from(text.starts_with('-'));
    if text.starts_with("-inf") {
        return Some(4);
    }
    len += match at(len).bytes().next()? {
        b'0' => 1,
        b'1'..=b'9' => digits(at(len)),
        _ => return None,
    };
    if let Some(fraction) = at(len).strip_prefix('.') {
        match digits(fraction) {
            0 => return Some(len),
            n => len += 1 + n,
        }
    }
    if let Some(exponent) = at(len).strip_prefix(['e', 'E']) {
        let unsigned = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        if digits(unsigned) > 0 {
            len += 1 + (exponent.len() - unsigned.len()) + digits(unsigned);
        }
    }
    Some(len)
}

/// Decodes the content of a single-line literal, or returns the invalid escape.
pub(super) fn unescape(body: &str) -> Result<String, &str> {
    let mut text = String::with_capacity(body.len());
    let mut rest = body;
    while let Some(at) = rest.find('\\') {
        let (plain, escape) = rest.split_at_checked(at).unwrap_or((rest, ""));
        text.push_str(plain);
        let (ch, len) = escape_at(escape).ok_or(escape)?;
        text.push(ch);
        rest = escape.get(len..).unwrap_or_default();
    }
    text.push_str(rest);
    Ok(text)
}

/// Returns the character that an escape stands for, and the length of the escape.
fn escape_at(text: &str) -> Option<(char, usize)> {
    let escape = text.strip_prefix('\\')?;
    let ch = match escape.chars().next()? {
        ch @ ('\\' | '\'' | '"') => ch,
        't' => '\t',
        'n' => '\n',
        'r' => '\r',
        'u' => {
            let (digits, _) = escape.strip_prefix("u{")?.split_once('}')?;
            if !(1..=6).contains(&digits.len()) || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
                return None;
            }
            let code = u32::from_str_radix(digits, 16).ok()?;
            return Some((char::from_u32(code)?, digits.len() + 4));
        }
        _ => return None,
    };
    Some((ch, 2))
}

/// Decodes the content of a multi-line literal, or returns what was expected.
///
/// The first line must be empty. The last line must consist of blanks, and every other line must be
/// indented at least as far.
pub(super) fn dedent(body: &str) -> Result<String, &'static str> {
    let (mut lines, indent) = match body.rsplit_once('\n') {
        Some((lines, indent)) if indent.bytes().all(|b| b == b' ') => (lines.split('\n'), indent),
        _ => return Err("the closing quotes on a line of their own"),
    };
    if !matches!(lines.next(), Some("" | "\r")) {
        return Err("a line break after the opening quotes");
    }
    let mut text = String::new();
    for (index, line) in lines.enumerate() {
        let line = line
            .strip_prefix(indent)
            .ok_or("lines indented like the closing quotes")?;
        let line = line.strip_suffix('\r').unwrap_or(line);
        if index > 0 {
            text.push('\n');
        }
        text.push_str(&unescape(line).map_err(|_| "a character escape")?);
    }
    Ok(text)
}
