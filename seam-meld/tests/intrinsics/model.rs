//! Random operations against a naive model of streams and futures.

use std::collections::BTreeMap;

use seam_meld::{AsyncIntrinsics, SharedTable};

use crate::guest::{CANCELLED, CLOSED, END, Guest, INVALID, OOM, PENDING, RUNTIME, on_each};

const CAPACITY: usize = 11;
const MOST: usize = 6;
const VALUE: usize = 3;
/// Where the guest's bytes start and where they are read to.
const FROM: usize = 64;
const TO: usize = 512;

/// Numbers from a seed (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }

    fn of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len() as u64) as usize]
    }
}

/// Everything that was ever written to a pair, and how much of it was read.
struct Line {
    is_stream: bool,
    written: Vec<u8>,
    read: usize,
    reader: bool,
    writer: bool,
    waiting: bool,
    cancelled: bool,
}

#[derive(Default)]
struct Model {
    /// By number, also of pairs that are gone.
    lines: BTreeMap<i64, Line>,
    memory: Vec<u8>,
}

impl Model {
    fn live(&self) -> usize {
        self.lines
            .values()
            .filter(|line| line.reader || line.writer)
            .count()
    }

    fn open(&mut self, is_stream: bool) -> i64 {
        if self.live() == MOST {
            return OOM & 0xffff_ffff;
        }
        let number = self.lines.len() as i64;
        let line = Line {
            is_stream,
            written: Vec::new(),
            read: 0,
            reader: true,
            writer: true,
            waiting: false,
            cancelled: false,
        };
        self.lines.insert(number, line);
        (2 * number + 2) << 32 | (2 * number + 1)
    }

    /// The line of a handle whose end is there.
    fn line(&mut self, handle: i64, is_stream: bool, readable: bool) -> Option<&mut Line> {
        if handle < 1 || (handle % 2 == 1) != readable {
            return None;
        }
        let line = self.lines.get_mut(&((handle - 1) / 2))?;
        let there = if readable { line.reader } else { line.writer };
        (there && line.is_stream == is_stream).then_some(line)
    }

    fn read(&mut self, handle: i64, is_stream: bool, at: i64, len: i64) -> i64 {
        let size = self.memory.len();
        let Some(line) = self.line(handle, is_stream, true) else {
            return INVALID;
        };
        line.waiting = false;
        if std::mem::take(&mut line.cancelled) {
            return CANCELLED;
        }
        let rest = line.written.len() - line.read;
        let count = if is_stream {
            rest.min(len as usize)
        } else {
            rest
        };
        if rest == 0 && !line.writer {
            return if is_stream { 0 } else { CLOSED };
        }
        if count == 0 {
            line.waiting = true;
            return if is_stream { PENDING } else { 0 };
        }
        if at as usize + count > size {
            return RUNTIME;
        }
        let bytes = line.written[line.read..line.read + count].to_vec();
        if is_stream {
            line.read += count;
        }
        self.memory[at as usize..at as usize + count].copy_from_slice(&bytes);
        if is_stream { count as i64 } else { 1 }
    }

    fn write(&mut self, handle: i64, is_stream: bool, at: i64, len: i64) -> i64 {
        let memory = self.memory.clone();
        let Some(line) = self.line(handle, is_stream, false) else {
            return INVALID;
        };
        if !line.reader {
            return CLOSED;
        }
        let room = CAPACITY - (line.written.len() - line.read).min(CAPACITY);
        let count = match is_stream {
            true => room.min(len as usize),
            false if line.written.is_empty() => VALUE,
            false => return RUNTIME,
        };
        if count == 0 {
            return 0;
        }
        let Some(bytes) = memory.get(at as usize..at as usize + count) else {
            return RUNTIME;
        };
        line.written.extend(bytes);
        if is_stream { count as i64 } else { 1 }
    }

    fn cancel_read(&mut self, handle: i64, is_stream: bool) -> i64 {
        let Some(line) = self.line(handle, is_stream, true) else {
            return INVALID;
        };
        let waiting = std::mem::take(&mut line.waiting);
        line.cancelled |= waiting;
        waiting.into()
    }

    fn cancel_write(&mut self, handle: i64, is_stream: bool) -> i64 {
        self.line(handle, is_stream, false).map_or(INVALID, |_| 0)
    }

    fn drop_end(&mut self, handle: i64, is_stream: bool, readable: bool) -> i64 {
        if let Some(line) = self.line(handle, is_stream, readable) {
            match readable {
                true => line.reader = false,
                false => line.writer = false,
            }
        }
        0
    }

    /// Carries out an operation by its name.
    fn call(&mut self, name: &str, args: &[i64]) -> i64 {
        let is_stream = name.starts_with("stream");
        let (_, operation) = name.split_once('_').unwrap();
        let arg = |index: usize| args.get(index).copied().unwrap_or_default();
        match operation {
            "new" => self.open(is_stream),
            "read" => self.read(arg(0), is_stream, arg(1), arg(2)),
            "write" => self.write(arg(0), is_stream, arg(1), arg(2)),
            "cancel_read" => self.cancel_read(arg(0), is_stream),
            "cancel_write" => self.cancel_write(arg(0), is_stream),
            "drop_readable" => self.drop_end(arg(0), is_stream, true),
            "drop_writable" => self.drop_end(arg(0), is_stream, false),
            other => panic!("no operation {other}"),
        }
    }
}

/// A random call. Handles are those of recent pairs, mostly on the right side.
fn random_call(random: &mut Random, model: &Model) -> (String, Vec<i64>) {
    let kind = random.of(&["stream", "stream", "future"]);
    let operation = random.of(&[
        "new",
        "read",
        "read",
        "read",
        "read",
        "write",
        "write",
        "write",
        "write",
        "cancel_read",
        "cancel_read",
        "cancel_write",
        "drop_readable",
        "drop_writable",
    ]);
    let recent = random.below(6).min(model.lines.len() as u64) as i64;
    let number = model.lines.len() as i64 - recent;
    let right_side = i64::from(operation.contains("writ")) + 1;
    let side = if random.below(12) == 0 {
        3 - right_side
    } else {
        right_side
    };
    let handle = 2 * number + side;
    let from = random.of(&[FROM as i64, FROM as i64 + 5, END - 3, END]);
    let to = random.of(&[TO as i64, TO as i64 + 5, TO as i64 + 20, END - 3, END]);
    let len = random.of(&[0, 1, 2, 5, 8, 30, 0xffff_ffff]);
    let args = match (kind, operation) {
        (_, "new") => vec![],
        ("stream", "read") => vec![handle, to, len, 0],
        ("stream", "write") => vec![handle, from, len, 0],
        (_, "read") => vec![handle, to, 0],
        (_, "write") => vec![handle, from, 0],
        _ => vec![handle],
    };
    (format!("{kind}_{operation}"), args)
}

#[test]
fn random_operations_do_what_the_model_does() {
    on_each(|backend| {
        let mut results = BTreeMap::<i64, usize>::new();
        for seed in 1..=8 {
            let mut random = Random(0x9e37_79b9_7f4a_7c15_u64.wrapping_mul(seed));
            let table = SharedTable::new();
            let intrinsics = AsyncIntrinsics::new()
                .capacity(CAPACITY)
                .most(MOST)
                .future_bytes(VALUE)
                .table(&table);
            let mut guest = Guest::new(backend, intrinsics);
            let mut model = Model {
                memory: vec![0; END as usize],
                ..Model::default()
            };
            for step in 0..600 {
                let fresh: Vec<u8> = (0..48).map(|_| random.below(256) as u8).collect();
                guest.put(FROM as i64, &fresh);
                model.memory[FROM..FROM + 48].copy_from_slice(&fresh);
                let (name, args) = random_call(&mut random, &model);
                let (found, expected) = (guest.call(&name, &args), model.call(&name, &args));
                assert_eq!(found, expected, "seed {seed}, step {step}: {name}{args:x?}");
                assert_eq!(
                    table.live(),
                    model.live(),
                    "seed {seed}, step {step}: {name}"
                );
                *results.entry(found.min(1)).or_default() += 1;
                let at = args.get(1).copied().unwrap_or_default().min(END - 64);
                let window = model.memory[at as usize..][..64].to_vec();
                assert_eq!(
                    guest.get(at, 64),
                    window,
                    "seed {seed}, step {step}: {name}"
                );
            }
            assert_eq!(guest.get(0, END as usize), model.memory, "seed {seed}");
        }
        // Every code but `Oom`, which is a large number as a pair, was met, and often.
        for code in [1, 0, CLOSED, INVALID, CANCELLED, PENDING, RUNTIME] {
            let times = results.get(&code).copied().unwrap_or_default();
            assert!(times >= 10, "{code} came {times} times: {results:?}");
        }
    });
}
