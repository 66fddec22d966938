//! Streams, polling, clocks, random numbers, and the command line.

use seam_core::{ErrorKind, Limit, Limits, OutputStream, Trap, Value, World};
use seam_wasi::Wasi;

use crate::support::{Host, at, bytes, field, lent};

const READ: &str = "io/streams#[method]input-stream.read";
const SKIP: &str = "io/streams#[method]input-stream.blocking-skip";
const WRITE: &str = "io/streams#[method]output-stream.write";
const WRITE_NOW: &str = "io/streams#[method]output-stream.blocking-write-and-flush";

fn text(text: &str) -> Value {
    text.as_bytes().to_vec().into()
}

#[test]
fn the_command_line_is_the_callers() {
    let wasi = Wasi::hermetic()
        .args(["a", "b c"])
        .env("K", "V")
        .env("K", "W")
        .cwd("/data");
    let mut host = Host::new(wasi);
    let args = host.get("cli/environment#get-arguments", &[]);
    assert_eq!(args, Value::list(["a".into(), "b c".into()]));
    let pair = |key: &str, value: &str| Value::Tuple(vec![key.into(), value.into()]);
    let env = host.get("cli/environment#get-environment", &[]);
    assert_eq!(env, Value::list([pair("K", "V"), pair("K", "W")]));
    let cwd = host.get("cli/environment#initial-cwd", &[]);
    assert_eq!(cwd, Value::some("/data".into()));
    let mut empty = Host::new(Wasi::hermetic());
    assert_eq!(empty.get("cli/environment#initial-cwd", &[]), Value::none());
    for name in ["stdin", "stdout", "stderr"] {
        let terminal = format!("cli/terminal-{name}#get-terminal-{name}");
        assert_eq!(empty.get(&terminal, &[]), Value::none());
    }
}

#[test]
fn an_exit_carries_its_code() {
    let mut host = Host::new(Wasi::hermetic());
    let mut exit = |name: &str, arg: Value| host.fails(name, &[arg]).kind().clone();
    assert_eq!(exit("cli/exit#exit", Value::ok(None)), ErrorKind::Exit(0));
    assert_eq!(exit("cli/exit#exit", Value::err(None)), ErrorKind::Exit(1));
    assert_eq!(
        exit("cli/exit#exit-with-code", 42u8.into()),
        ErrorKind::Exit(42)
    );
}

#[test]
fn standard_input_is_read_once_by_all_handles() {
    let mut host = Host::new(Wasi::hermetic().stdin("hello, guest"));
    let a = host.get("cli/stdin#get-stdin", &[]);
    let b = host.get("cli/stdin#get-stdin", &[]);
    let nothing = host.ok(READ, &[lent(&a), 0u64.into()]).unwrap();
    assert_eq!(bytes(&nothing), b"");
    let first = host.ok(READ, &[lent(&a), 5u64.into()]).unwrap();
    assert_eq!(bytes(&first), b"hello");
    let skipped = host.ok(SKIP, &[lent(&b), 2u64.into()]);
    assert_eq!(skipped, Some(2u64.into()));
    let rest = host.ok(READ, &[lent(&a), u64::MAX.into()]).unwrap();
    assert_eq!(bytes(&rest), b"guest");
    for stream in [&a, &b] {
        assert_eq!(host.err(READ, &[lent(stream), 1u64.into()]), "closed");
    }
}

#[test]
fn stdout_and_stderr_are_captured_separately_and_in_order() {
    let mut host = Host::new(Wasi::hermetic());
    let out = host.get("cli/stdout#get-stdout", &[]);
    let err = host.get("cli/stderr#get-stderr", &[]);
    let check = "io/streams#[method]output-stream.check-write";
    assert_eq!(host.ok(check, &[lent(&out)]), Some(65_536u64.into()));
    host.ok(WRITE, &[lent(&out), text("one ")]);
    host.ok(WRITE_NOW, &[lent(&err), text("two ")]);
    host.ok(WRITE_NOW, &[lent(&out), text("three")]);
    host.ok(
        "io/streams#[method]output-stream.write-zeroes",
        &[lent(&out), 2u64.into()],
    );
    host.ok(
        "io/streams#[method]output-stream.blocking-flush",
        &[lent(&out)],
    );
    let observed = host.observed();
    assert_eq!(observed.stdout, b"one three\0\0");
    assert_eq!(observed.stderr, b"two ");
    let order: Vec<_> = observed
        .interleaved
        .iter()
        .map(|(stream, _)| *stream)
        .collect();
    use OutputStream::{Stderr, Stdout};
    assert_eq!(order, [Stdout, Stderr, Stdout]);
}

#[test]
fn output_past_its_limit_is_an_error() {
    let world = World::new().limits(Limits::new().with_output(10));
    let mut host = Host::with(Wasi::hermetic(), world);
    let out = host.get("cli/stdout#get-stdout", &[]);
    host.ok(WRITE, &[lent(&out), text("0123456789")]);
    let error = host.fails(WRITE, &[lent(&out), text("!")]);
    assert_eq!(*error.kind(), ErrorKind::Limit(Limit::Output));
    assert_eq!(host.observed().stdout, b"0123456789");
}

#[test]
fn splice_moves_bytes_until_the_source_ends() {
    for splice in ["splice", "blocking-splice"] {
        let mut host = Host::new(Wasi::hermetic().stdin("abcdef"));
        let out = host.get("cli/stdout#get-stdout", &[]);
        let input = host.get("cli/stdin#get-stdin", &[]);
        let name = format!("io/streams#[method]output-stream.{splice}");
        let mut splice = |len: u64| host.get(&name, &[lent(&out), lent(&input), len.into()]);
        assert_eq!(splice(4), Value::ok(Some(4u64.into())));
        assert_eq!(splice(u64::MAX), Value::ok(Some(2u64.into())));
        assert_eq!(splice(1), Value::err(Some(Value::variant("closed", None))));
        assert_eq!(host.observed().stdout, b"abcdef");
    }
}

#[test]
fn writes_past_their_bound_trap() {
    let mut host = Host::new(Wasi::hermetic());
    let out = host.get("cli/stdout#get-stdout", &[]);
    let zeroes = "io/streams#[method]output-stream.write-zeroes";
    let zeroes_now = "io/streams#[method]output-stream.blocking-write-zeroes-and-flush";
    let fits = |len: usize| Value::from(vec![b'a'; len]);
    host.ok(WRITE, &[lent(&out), fits(65_536)]);
    host.ok(WRITE_NOW, &[lent(&out), fits(4096)]);
    host.ok(zeroes_now, &[lent(&out), 4096u64.into()]);
    for (name, arg) in [
        (WRITE, fits(65_537)),
        (WRITE_NOW, fits(4097)),
        (zeroes, u64::MAX.into()),
        (zeroes_now, 4097u64.into()),
    ] {
        let error = host.fails(name, &[lent(&out), arg]);
        assert!(
            matches!(error.as_trap(), Some(Trap::Other(_))),
            "{name}: {error}"
        );
    }
    assert_eq!(host.observed().stdout.len(), 65_536 + 2 * 4096);
}

#[test]
fn a_failed_write_says_why_and_closes_its_stream() {
    let mut host = Host::new(Wasi::hermetic().space(4));
    let root = host.root();
    let file = host.open(&root, "a", "write create").unwrap();
    let stream = host
        .ok(&at("write-via-stream"), &[lent(&file), 0u64.into()])
        .unwrap();
    host.ok(WRITE, &[lent(&stream), text("1234")]);
    let failed = host.get(WRITE, &[lent(&stream), text("5")]);
    let Value::Result(Err(Some(failed))) = failed else {
        panic!("{failed:?}")
    };
    let Value::Variant(case, Some(error)) = *failed else {
        panic!("{failed:?}")
    };
    assert_eq!(&*case, "last-operation-failed");
    let code = host.get("filesystem/types#filesystem-error-code", &[lent(&error)]);
    assert_eq!(code, Value::some(Value::enumeration("insufficient-space")));
    let debug = host.get("io/error#[method]error.to-debug-string", &[lent(&error)]);
    assert_eq!(debug, "insufficient-space".into());
    let http = host.get("http/types#http-error-code", &[lent(&error)]);
    assert_eq!(http, Value::none());
    host.drop(&error);
    assert_eq!(host.err(WRITE, &[lent(&stream), text("")]), "closed");
    let flush = "io/streams#[method]output-stream.flush";
    assert_eq!(host.err(flush, &[lent(&stream)]), "closed");
    assert_eq!(host.read(&root, "a"), b"1234");
}

fn now(host: &mut Host) -> u64 {
    match host.get("clocks/monotonic-clock#now", &[]) {
        Value::U64(now) => now,
        other => panic!("{other:?}"),
    }
}

#[test]
fn only_waiting_advances_the_monotonic_clock() {
    let mut host = Host::new(Wasi::hermetic().monotonic_clock(100));
    assert_eq!((now(&mut host), now(&mut host)), (100, 100));
    let hour = 3_600_000_000_000u64;
    let later = host.get("clocks/monotonic-clock#subscribe-duration", &[hour.into()]);
    let soon = host.get("clocks/monotonic-clock#subscribe-instant", &[150u64.into()]);
    let ready = "io/poll#[method]pollable.ready";
    assert_eq!(host.get(ready, &[lent(&soon)]), false.into());
    let both = Value::list([lent(&later), lent(&soon)]);
    assert_eq!(host.get("io/poll#poll", &[both]), vec![1u32].into());
    assert_eq!(now(&mut host), 150);
    assert_eq!(host.get(ready, &[lent(&soon)]), true.into());
    host.call("io/poll#[method]pollable.block", &[lent(&later)])
        .unwrap();
    assert_eq!(now(&mut host), 100 + hour);
    let far = host.get(
        "clocks/monotonic-clock#subscribe-duration",
        &[u64::MAX.into()],
    );
    host.call("io/poll#[method]pollable.block", &[lent(&far)])
        .unwrap();
    assert_eq!(now(&mut host), u64::MAX);
}

#[test]
fn streams_are_ready_and_take_no_time() {
    let mut host = Host::new(Wasi::hermetic());
    let out = host.get("cli/stdout#get-stdout", &[]);
    let input = host.get("cli/stdin#get-stdin", &[]);
    let later = host.get("clocks/monotonic-clock#subscribe-duration", &[5u64.into()]);
    let out = host.get("io/streams#[method]output-stream.subscribe", &[lent(&out)]);
    let input = host.get("io/streams#[method]input-stream.subscribe", &[lent(&input)]);
    let all = Value::list([lent(&out), lent(&later), lent(&input)]);
    assert_eq!(host.get("io/poll#poll", &[all]), vec![0u32, 2].into());
    assert_eq!(now(&mut host), 0);
}

#[test]
fn polling_an_empty_list_traps() {
    let mut host = Host::new(Wasi::hermetic());
    let error = host.fails("io/poll#poll", &[Value::list([])]);
    assert!(matches!(error.as_trap(), Some(Trap::Other(_))), "{error}");
}

#[test]
fn the_wall_clock_stands_still() {
    let mut host = Host::new(Wasi::hermetic().wall_clock(12, 34));
    let sleep = host.get("clocks/monotonic-clock#subscribe-duration", &[5u64.into()]);
    host.call("io/poll#[method]pollable.block", &[lent(&sleep)])
        .unwrap();
    let wall = host.get("clocks/wall-clock#now", &[]);
    assert_eq!(field(&wall, "seconds"), 12u64.into());
    assert_eq!(field(&wall, "nanoseconds"), 34u32.into());
    let zone = host.get("clocks/timezone#display", &[wall]);
    assert_eq!(field(&zone, "name"), "UTC".into());
}

#[test]
fn random_numbers_follow_from_the_seed() {
    let numbers = |seed| {
        let mut host = Host::new(Wasi::hermetic().seed(seed));
        let bytes = host.get("random/random#get-random-bytes", &[20u64.into()]);
        let insecure = host.get("random/insecure#get-insecure-random-bytes", &[20u64.into()]);
        let number = host.get("random/random#get-random-u64", &[]);
        let seed = host.get("random/insecure-seed#insecure-seed", &[]);
        assert_eq!(seed, host.get("random/insecure-seed#insecure-seed", &[]));
        [bytes, insecure, number, seed]
    };
    assert_eq!(numbers(1), numbers(1));
    for (a, b) in numbers(1).iter().zip(&numbers(2)) {
        assert_ne!(a, b);
    }
}
