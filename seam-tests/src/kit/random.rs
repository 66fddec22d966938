//! Random values of component-level types, the same in every run.

use std::sync::Arc;

use seam_core::{Type, Value};

/// A generator of values: xorshift64.
pub(crate) struct Random(u64);

/// How deep lists and options nest. Below, they are empty.
const DEPTH: usize = 3;

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed ^ 0x9e37_79b9_7f4a_7c15)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, bound: usize) -> usize {
        let bound = u64::try_from(bound.max(1)).unwrap_or(1);
        usize::try_from(self.next() % bound).unwrap_or_default()
    }

    fn one_of<T: Clone>(&mut self, pool: &[T]) -> Option<T> {
        pool.get(self.below(pool.len())).cloned()
    }

    /// Returns a value of a type without handles, streams, futures and error contexts.
    ///
    /// Boundaries are likely. Strings have fewer than nine characters, and lists fewer than five
    /// elements.
    pub(crate) fn value(&mut self, ty: &Type) -> Value {
        self.at(ty, DEPTH)
    }

    /// Returns random bits, or those of a boundary.
    fn bits(&mut self) -> u64 {
        let boundaries = [0, 1, u64::MAX, 1 << 63, 1 << 31, 1 << 15, 1 << 7];
        match self.below(3) {
            0 => self.one_of(&boundaries).unwrap_or_default(),
            _ => self.next(),
        }
    }

    fn char(&mut self) -> char {
        let pool = [
            'a',
            'Z',
            '9',
            ' ',
            '\0',
            '\u{7f}',
            '\u{e9}',
            '\u{d7ff}',
            '\u{e000}',
            '\u{1f600}',
        ];
        self.one_of(&pool).unwrap_or('a')
    }

    fn float(&mut self) -> f64 {
        let pool = [
            0.0,
            -0.0,
            1.5,
            -2.25,
            f64::INFINITY,
            f64::NEG_INFINITY,
            f64::MAX,
            f64::MIN_POSITIVE,
        ];
        self.one_of(&pool).unwrap_or_default()
    }

    fn number(&mut self, ty: &Type) -> Option<Value> {
        let bits = self.bits();
        let [a, b, c, d, ..] = bits.to_le_bytes();
        Some(match ty {
            Type::Bool => Value::Bool(a & 1 == 1),
            Type::S8 => Value::S8(i8::from_le_bytes([a])),
            Type::U8 => Value::U8(a),
            Type::S16 => Value::S16(i16::from_le_bytes([a, b])),
            Type::U16 => Value::U16(u16::from_le_bytes([a, b])),
            Type::S32 => Value::S32(i32::from_le_bytes([a, b, c, d])),
            Type::U32 => Value::U32(u32::from_le_bytes([a, b, c, d])),
            Type::S64 => Value::S64(i64::from_le_bytes(bits.to_le_bytes())),
            Type::U64 => Value::U64(bits),
            Type::F32 => Value::from(self.one_of(&[0.5_f32, -0.0, f32::INFINITY, f32::MAX])?),
            Type::F64 => Value::from(self.float()),
            Type::Char => Value::Char(self.char()),
            _ => return None,
        })
    }

    fn at(&mut self, ty: &Type, depth: usize) -> Value {
        if let Some(number) = self.number(ty) {
            return number;
        }
        let below = depth.saturating_sub(1);
        match ty {
            Type::String => {
                let length = self.below(9);
                let text: String = (0..length).map(|_| self.char()).collect();
                Value::from(text.as_str())
            }
            Type::List(element) => {
                let length = if depth == 0 { 0 } else { self.below(5) };
                Value::list(
                    (0..length)
                        .map(|_| self.at(element, below))
                        .collect::<Vec<_>>(),
                )
            }
            Type::FixedLengthList(element, length) => Value::list(
                (0..*length)
                    .map(|_| self.at(element, below))
                    .collect::<Vec<_>>(),
            ),
            Type::Record(record) => {
                let fields = record.fields.iter();
                let fields = fields.map(|(name, ty)| (name.clone(), self.at(ty, below)));
                Value::record(fields.collect::<Vec<_>>())
            }
            Type::Tuple(types) => Value::Tuple(types.iter().map(|ty| self.at(ty, below)).collect()),
            Type::Variant(variant) => {
                let case = self.one_of(&variant.cases);
                let (name, payload) = case.unwrap_or_else(|| ("".into(), None));
                Value::variant(name, payload.map(|ty| self.at(&ty, below)))
            }
            Type::Enum(cases) => Value::enumeration(self.one_of(cases).unwrap_or_default()),
            Type::Option(_) if depth == 0 || self.below(2) == 0 => Value::none(),
            Type::Option(ty) => Value::some(self.at(ty, below)),
            Type::Result(result) => {
                let ok = self.below(2) == 0;
                let payload = if ok { &result.ok } else { &result.err };
                let payload = payload.clone().map(|ty| self.at(&ty, below));
                if ok {
                    Value::ok(payload)
                } else {
                    Value::err(payload)
                }
            }
            Type::Flags(names) => {
                let set: Vec<Arc<str>> = names
                    .iter()
                    .filter(|_| self.below(2) == 0)
                    .cloned()
                    .collect();
                Value::flags(set)
            }
            // Such a value does not have the type, and the call returns an error.
            _ => Value::none(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use seam_core::FuncType;

    #[test]
    fn values_have_their_type_and_are_the_same_in_every_run() {
        let text = crate::fixtures::fused_text_composed().expect("a component");
        let interface = seam_decode::interface(&text).expect("a component");
        let values = || {
            let mut random = Random::new(7);
            let funcs = interface.export_funcs().iter();
            let value = |ty: &FuncType| {
                let params = ty.params.iter();
                params
                    .map(|(_, ty)| (ty.clone(), random.value(ty)))
                    .collect::<Vec<_>>()
            };
            funcs
                .map(|(_, ty)| &**ty)
                .map(value)
                .collect::<Vec<_>>()
                .concat()
        };
        let made = values();
        assert!(made.len() > 30, "{}", made.len());
        assert_eq!(made, values());
        for (ty, value) in made {
            assert_eq!(
                ty.check(&value).map_err(|e| e.to_string()),
                Ok(()),
                "{ty} {value:?}"
            );
        }
    }
}
