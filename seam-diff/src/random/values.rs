//! Random values of component-level types.

use std::sync::Arc;

use seam_core::{FuncType, List, Resource, Type, Value};

use super::boundary;
use super::rng::Rng;

/// Number of calls of a function whose arguments are boundaries only.
const BOUNDARY_ROUNDS: usize = 48;

/// Most values and bytes of strings in the arguments of one call. Lists and strings are shorter if
/// there would be more.
const PARTS: usize = 100_000;

/// A source of values from a seed: the same seed gives the same values on every machine.
///
/// Boundaries come first: empty, one element, long; NaN, -0, infinities; characters next to the
/// surrogates and beyond the basic plane; the least and greatest integers. Random values follow.
#[derive(Clone, Debug)]
pub struct Values {
    rng: Rng,
    round: usize,
    parts: usize,
}

impl Values {
    /// Creates the source.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            rng: Rng::new(seed),
            round: 0,
            parts: PARTS,
        }
    }

    /// Bounds the values and bytes of strings in the arguments of one call.
    #[must_use]
    pub fn at_most(mut self, parts: usize) -> Self {
        self.parts = parts;
        self
    }

    /// Returns the arguments of the next call of a function, or `None` if it needs a resource, a
    /// stream, a future or an error context.
    pub fn args(&mut self, ty: &FuncType) -> Option<Vec<Value>> {
        let round = self.round;
        self.round += 1;
        made(ty, &mut self.rng, round, self.parts, &mut NoResources)
    }
}

/// The resources that can be passed to a call.
pub(crate) trait Resources {
    /// Returns a resource of this type that the call takes away (`own`) or borrows, other than those
    /// that it has already been given.
    fn give(&mut self, ty: &Type, rng: &mut Rng) -> Option<Resource>;
}

struct NoResources;

impl Resources for NoResources {
    fn give(&mut self, _: &Type, _: &mut Rng) -> Option<Resource> {
        None
    }
}

/// Returns arguments for a function that was called `round` times, or `None` if there are none.
pub(crate) fn args(
    ty: &FuncType,
    rng: &mut Rng,
    round: usize,
    resources: &mut dyn Resources,
) -> Option<Vec<Value>> {
    made(ty, rng, round, PARTS, resources)
}

fn made(
    ty: &FuncType,
    rng: &mut Rng,
    round: usize,
    parts: usize,
    resources: &mut dyn Resources,
) -> Option<Vec<Value>> {
    // In every other round of boundaries, these are picked at random, so that all combinations can
    // occur.
    let ordered = round < BOUNDARY_ROUNDS && round % 2 == 0;
    let mut maker = Maker {
        boundaries: round < BOUNDARY_ROUNDS,
        parts,
        rng,
        resources,
    };
    let params = ty.params.iter().enumerate();
    let made = params.map(|(position, (_, ty))| {
        let index = ordered.then_some(round / 2 + position);
        maker.value(ty, index, 0)
    });
    made.collect()
}

struct Maker<'a> {
    rng: &'a mut Rng,
    resources: &'a mut dyn Resources,
    /// Whether all parts are boundaries.
    boundaries: bool,
    /// How many more parts may be made.
    parts: usize,
}

impl Maker<'_> {
    /// Makes a value. `index` selects its boundaries; without it, they are random. `depth` counts the
    /// lists around it.
    ///
    /// Where a type has alternatives, the index selects one of them first, and what remains of it
    /// selects the boundary inside.
    fn value(&mut self, ty: &Type, index: Option<usize>, depth: usize) -> Option<Value> {
        self.parts = self.parts.saturating_sub(1);
        let one = |maker: &mut Self, position: usize, ty: &Type| {
            maker.value(ty, index.map(|index| index + position), depth)
        };
        Some(match ty {
            Type::List(element) => self.list(element, None, index, depth)?,
            // There are no more parts to spend, but the type needs them.
            Type::FixedLengthList(_, length) if *length as usize > self.parts => {
                Value::default_of(ty)?
            }
            Type::FixedLengthList(element, length) => {
                self.list(element, Some(*length as usize), index, depth)?
            }
            Type::Map(key, value) => self.map(key, value, index, depth)?,
            Type::Record(record) => {
                let fields = record.fields.iter().enumerate();
                let fields =
                    fields.map(|(at, (name, ty))| Some((name.clone(), one(self, at, ty)?)));
                Value::Record(fields.collect::<Option<_>>()?)
            }
            Type::Tuple(types) => {
                let parts = types.iter().enumerate();
                let parts = parts.map(|(at, ty)| one(self, at, ty));
                Value::Tuple(parts.collect::<Option<_>>()?)
            }
            Type::Variant(variant) => {
                let cases = &variant.cases;
                self.alternative(cases.len(), index, |maker, case, index| {
                    let (name, payload) = cases.get(case)?;
                    let payload = maker.payload(payload.as_ref(), index, depth)?;
                    Some(Value::variant(name.clone(), payload))
                })?
            }
            Type::Option(some) => self.alternative(2, index, |maker, case, index| match case {
                0 => maker.value(some, index, depth).map(Value::some),
                _ => Some(Value::none()),
            })?,
            Type::Result(result) => {
                self.alternative(2, index, |maker, case, index| match case {
                    0 => Some(Value::ok(maker.payload(
                        result.ok.as_ref(),
                        index,
                        depth,
                    )?)),
                    _ => Some(Value::err(maker.payload(
                        result.err.as_ref(),
                        index,
                        depth,
                    )?)),
                })?
            }
            Type::Enum(cases) => self.alternative(cases.len(), index, |_, case, _| {
                cases.get(case).cloned().map(Value::Enum)
            })?,
            Type::Flags(names) => self.flags(names, index),
            Type::Own(_) => Value::Own(self.resources.give(ty, self.rng)?),
            Type::Borrow(_) => Value::Borrow(self.resources.give(ty, self.rng)?),
            Type::Stream(_) | Type::Future(_) | Type::ErrorContext => return None,
            scalar => self.scalar(scalar, index),
        })
    }

    fn payload(
        &mut self,
        ty: Option<&Type>,
        index: Option<usize>,
        depth: usize,
    ) -> Option<Option<Value>> {
        match ty {
            Some(ty) => self.value(ty, index, depth).map(Some),
            None => Some(None),
        }
    }

    /// Makes one of several alternatives. If the selected one needs a resource and there is none,
    /// makes the next one that can be made.
    fn alternative(
        &mut self,
        count: usize,
        index: Option<usize>,
        mut make: impl FnMut(&mut Self, usize, Option<usize>) -> Option<Value>,
    ) -> Option<Value> {
        let first = match index {
            Some(index) => index % count.max(1),
            None => self.rng.below(count),
        };
        let inside = index.map(|index| index / count.max(1));
        let cases = (first..count).chain(0..first);
        let mut made = cases.map(|case| make(self, case, inside));
        made.find_map(|value| value)
    }

    fn list(
        &mut self,
        element: &Type,
        fixed: Option<usize>,
        index: Option<usize>,
        depth: usize,
    ) -> Option<Value> {
        let small = matches!(element, Type::U8 | Type::S8 | Type::Bool);
        let length = match index {
            Some(index) => boundary::length(index, depth, small),
            None if self.boundaries => {
                let index = self.rng.below(boundary::LENGTHS - 1);
                boundary::length(index, depth, small)
            }
            None => self.rng.length(if depth == 0 { 64 } else { 8 }),
        };
        // A list must not use all that is left for the other arguments.
        let length = fixed.unwrap_or(length.min(self.parts * 3 / 4));
        let mut made = Vec::new();
        for at in 0..length {
            if self.parts == 0 && fixed.is_none() {
                break;
            }
            let inside = index.map(|index| index / boundary::LENGTHS + at);
            match self.value(element, inside, depth + 1) {
                Some(value) => made.push(value),
                // There are fewer resources than that.
                None if fixed.is_none() => break,
                None => return None,
            }
        }
        Some(Value::List(List::from(made)))
    }

    fn map(
        &mut self,
        key: &Type,
        value: &Type,
        index: Option<usize>,
        depth: usize,
    ) -> Option<Value> {
        let length = match index {
            Some(index) => index % 4,
            None => self.rng.below(4),
        };
        let mut entries: Vec<(Value, Value)> = Vec::new();
        for at in 0..length {
            let inside = index.map(|index| index / 4 + at);
            let key = self.value(key, inside, depth + 1)?;
            let value = self.value(value, inside, depth + 1)?;
            if entries.iter().all(|(known, _)| *known != key) {
                entries.push((key, value));
            }
        }
        Some(Value::Map(entries))
    }

    fn flags(&mut self, names: &[Arc<str>], index: Option<usize>) -> Value {
        let kept = |kept: &mut dyn FnMut(usize) -> bool| {
            let named = names.iter().enumerate().filter(|(at, _)| kept(*at));
            Value::Flags(named.map(|(_, name)| name.clone()).collect())
        };
        match index.map(|index| index % (names.len() + 2)) {
            Some(0) => kept(&mut |_| true),
            Some(1) => kept(&mut |_| false),
            Some(index) => kept(&mut |at| at + 2 == index),
            None => {
                let rng = &mut *self.rng;
                kept(&mut |_| rng.once_in(2))
            }
        }
    }

    fn scalar(&mut self, ty: &Type, index: Option<usize>) -> Value {
        let count = boundary::count(ty);
        let index = match index {
            Some(index) => Some(index % count.max(1)),
            None if self.boundaries || self.rng.once_in(3) => Some(self.rng.below(count)),
            None => None,
        };
        let boundary = index.and_then(|index| boundary::scalar(ty, index));
        let value = boundary.unwrap_or_else(|| self.random(ty));
        let Value::String(text) = &value else {
            return value;
        };
        match self.parts.checked_sub(text.len()) {
            Some(left) => {
                self.parts = left;
                value
            }
            None => Value::from("a"),
        }
    }

    /// Makes a random number, character or string. Numbers of every magnitude are equally likely.
    fn random(&mut self, ty: &Type) -> Value {
        let bits = self.rng.bits();
        let short = bits >> self.rng.below(64);
        let [a, b, c, d, ..] = short.to_le_bytes();
        let signed = i64::from_le_bytes(short.to_le_bytes());
        let signed = if self.rng.once_in(2) {
            signed
        } else {
            signed.wrapping_neg()
        };
        let [e, f, g, h, ..] = signed.to_le_bytes();
        match ty {
            Type::Bool => Value::Bool(a & 1 == 1),
            Type::U8 => Value::U8(a),
            Type::S8 => Value::S8(i8::from_le_bytes([e])),
            Type::U16 => Value::U16(u16::from_le_bytes([a, b])),
            Type::S16 => Value::S16(i16::from_le_bytes([e, f])),
            Type::U32 => Value::U32(u32::from_le_bytes([a, b, c, d])),
            Type::S32 => Value::S32(i32::from_le_bytes([e, f, g, h])),
            Type::U64 => Value::U64(short),
            Type::S64 => Value::S64(signed),
            Type::F32 if self.rng.once_in(2) => {
                Value::F32(f32::from(i16::from_le_bytes([e, f])) / 8.0)
            }
            Type::F32 => Value::F32(f32::from_bits(u32::from_le_bytes([a, b, c, d]))),
            Type::F64 if self.rng.once_in(2) => {
                Value::F64(f64::from(i32::from_le_bytes([e, f, g, h])) / 64.0)
            }
            Type::F64 => Value::F64(f64::from_bits(bits)),
            Type::Char => Value::Char(self.char()),
            _ => {
                let length = self.rng.length(40);
                let text: String = (0..length).map(|_| self.char()).collect();
                Value::from(text)
            }
        }
    }

    /// Makes a character. Half of all characters are ASCII.
    fn char(&mut self) -> char {
        let range = self.rng.one_of(&[
            (0x20, 0x7f),
            (0x20, 0x7f),
            (0x20, 0x7f),
            (0, 0x100),
            (0x80, 0x800),
            (0x800, 0xd800),
            (0xe000, 0x1_0000),
            (0x1_0000, 0x11_0000),
        ]);
        let (from, to) = range.copied().unwrap_or((0x20, 0x7f));
        let offset = u32::try_from(self.rng.below(to - from)).unwrap_or_default();
        let from = u32::try_from(from).unwrap_or_default();
        char::from_u32(from + offset).unwrap_or('a')
    }
}

#[cfg(test)]
mod tests;
