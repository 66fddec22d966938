//! Pseudo-random types and values, which are the same in every run.

#![allow(dead_code, reason = "each test uses a part")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use seam_core::{List, Type, Value};

/// SplitMix64.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Returns a number below `end`, which must not be 0.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    pub(crate) fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())].clone()
    }

    /// Returns random bits. Interesting numbers are more frequent than by chance.
    fn bits(&mut self) -> u64 {
        match self.below(4) {
            0 => self.pick(&[0, 1, u64::MAX, 1 << 63, (1 << 53) + 1, i64::MAX as u64]),
            1 => self.next() % 256,
            _ => self.next(),
        }
    }

    fn char(&mut self) -> char {
        let plain = ['a', 'Z', ' ', '%', 'é', '👋', '{'];
        let awkward = [
            '"',
            '\'',
            '\\',
            '\n',
            '\r',
            '\t',
            '\0',
            '\u{7f}',
            '\u{85}',
            '\u{301}',
            '\u{202e}',
            '\u{feff}',
            '\u{e000}',
            '\u{10ffff}',
        ];
        match self.below(3) {
            0 => self.pick(&awkward),
            1 => self.pick(&plain),
            _ => char::from_u32(self.next() as u32 % 0x11_0000).unwrap_or('x'),
        }
    }

    fn names(&mut self) -> Vec<&'static str> {
        // Some of the names are keywords of WAVE.
        let known = [
            "a", "b-c", "ok", "err", "some", "none", "true", "nan", "inf", "X1-Y", "false",
        ];
        let skip = self.below(4);
        let len = 1 + self.below(5);
        known.into_iter().skip(skip).take(len).collect()
    }

    /// Generates a type whose values have a text form, nested at most `depth` deep.
    pub(crate) fn ty(&mut self, depth: usize) -> Type {
        let simple = [
            Type::Bool,
            Type::S8,
            Type::U8,
            Type::S16,
            Type::U16,
            Type::S32,
            Type::U32,
            Type::S64,
            Type::U64,
            Type::F32,
            Type::F64,
            Type::Char,
            Type::String,
        ];
        if depth == 0 || self.below(5) == 0 {
            return self.pick(&simple);
        }
        let inner = depth - 1;
        match self.below(11) {
            0 | 1 => Type::list(self.ty(inner)),
            2 => Type::FixedLengthList(self.ty(inner).into(), 1 + self.below(4) as u32),
            3 => Type::Map(self.pick(&simple).into(), self.ty(inner).into()),
            4 => {
                let fields = self.names().into_iter().map(|name| (name, self.ty(inner)));
                Type::record(fields.collect::<Vec<_>>())
            }
            5 => {
                let elements = (0..1 + self.below(4)).map(|_| self.ty(inner));
                Type::tuple(elements.collect::<Vec<_>>())
            }
            6 => {
                let names = self.names().into_iter();
                let cases = names.map(|name| (name, self.maybe_ty(inner)));
                Type::variant(cases.collect::<Vec<_>>())
            }
            7 => Type::enumeration(self.names()),
            8 => Type::option(self.ty(inner)),
            9 => Type::result(self.maybe_ty(inner), self.maybe_ty(inner)),
            _ => Type::flags(self.names()),
        }
    }

    fn maybe_ty(&mut self, depth: usize) -> Option<Type> {
        (self.below(2) == 0).then(|| self.ty(depth))
    }

    /// Generates a value of a type that [`Random::ty`] can return.
    pub(crate) fn value(&mut self, ty: &Type) -> Value {
        match ty {
            Type::Bool => Value::Bool(self.below(2) == 0),
            Type::S8 => Value::S8(self.bits() as i8),
            Type::U8 => Value::U8(self.bits() as u8),
            Type::S16 => Value::S16(self.bits() as i16),
            Type::U16 => Value::U16(self.bits() as u16),
            Type::S32 => Value::S32(self.bits() as i32),
            Type::U32 => Value::U32(self.bits() as u32),
            Type::S64 => Value::S64(self.bits() as i64),
            Type::U64 => Value::U64(self.bits()),
            Type::F32 => Value::F32(match self.below(3) {
                0 => self.pick(&[0.0, -0.0, 1.5, f32::MAX, f32::MIN_POSITIVE, f32::INFINITY]),
                _ => f32::from_bits(self.next() as u32),
            }),
            Type::F64 => Value::F64(match self.below(3) {
                0 => self.pick(&[0.0, -0.0, 0.1, 1e16, 1e300, 5e-324, f64::NEG_INFINITY]),
                _ => f64::from_bits(self.next()),
            }),
            Type::Char => Value::Char(self.char()),
            Type::String => {
                let text: String = (0..self.below(6)).map(|_| self.char()).collect();
                Value::from(text)
            }
            Type::List(element) => {
                let values = (0..self.below(4)).map(|_| self.value(element));
                Value::List(values.collect())
            }
            Type::FixedLengthList(element, len) => {
                Value::List((0..*len).map(|_| self.value(element)).collect::<List>())
            }
            Type::Map(key, value) => {
                let entries = (0..self.below(3)).map(|_| (self.value(key), self.value(value)));
                Value::Map(entries.collect())
            }
            Type::Record(ty) => {
                let fields = ty.fields.iter();
                let fields = fields.map(|(name, ty)| (name.clone(), self.value(ty)));
                Value::Record(fields.collect())
            }
            Type::Tuple(types) => Value::Tuple(types.iter().map(|ty| self.value(ty)).collect()),
            Type::Variant(ty) => {
                let (name, ty) = self.pick(&ty.cases);
                Value::variant(name, ty.map(|ty| self.value(&ty)))
            }
            Type::Enum(cases) => Value::Enum(self.pick(cases)),
            Type::Option(ty) => match self.below(2) {
                0 => Value::none(),
                _ => Value::some(self.value(ty)),
            },
            Type::Result(ty) => match self.below(2) {
                0 => Value::ok(ty.ok.as_ref().map(|ty| self.value(ty))),
                _ => Value::err(ty.err.as_ref().map(|ty| self.value(ty))),
            },
            Type::Flags(names) => {
                let set = names.iter().filter(|_| self.below(2) == 0);
                Value::Flags(set.cloned().collect::<Vec<Arc<str>>>())
            }
            other => panic!("{other} has no values with a text"),
        }
    }
}

/// Returns the folder of the committed guests.
pub(crate) fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../seam-tests/fixtures")
}

/// Returns the bytes of a committed guest by its path in the fixtures. Text is assembled.
pub(crate) fn fixture(name: &str) -> Vec<u8> {
    let path = fixtures().join(name);
    wat::parse_file(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// Returns the paths of all committed guests, sorted.
pub(crate) fn fixture_names() -> Vec<String> {
    let mut names = Vec::new();
    for folder in std::fs::read_dir(fixtures()).unwrap() {
        let folder = folder.unwrap().path();
        if !folder.is_dir() {
            continue;
        }
        for file in std::fs::read_dir(&folder).unwrap() {
            let file = file.unwrap().path();
            if file.extension().is_some_and(|e| e == "wasm" || e == "wat") {
                let name = file.strip_prefix(fixtures()).unwrap();
                names.push(name.to_str().unwrap().replace('\\', "/"));
            }
        }
    }
    names.sort();
    assert!(names.len() > 30, "expected the fixtures, found {names:?}");
    names
}
