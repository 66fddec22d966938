//! The fixture `command3` in the hermetic world: a command of WASI 0.3.

use seam_core::{Limit, Limits, Program, World};
use seam_wasi::Wasi;

use crate::fixtures;
use crate::kit::expect::{limited, same};
use crate::kit::hermetic::{see, see_in, wasi};
use crate::kit::{Checked, Failure, Subject};

fn command(words: &[&str]) -> Wasi {
    wasi("command3", words)
}

/// Loads the guest. A case loads it only once, because compiling takes most of the time.
fn guest(subject: &Subject) -> Result<Box<dyn Program>, Failure> {
    subject.load(&fixtures::command3()?)
}

pub(in crate::kit) fn hermetic_streams_carry_input_and_output(subject: &Subject) -> Checked {
    let guest = &*guest(subject)?;
    let cat = command(&["cat"]).stdin("line\nno newline");
    see(guest, cat)?.prints(0, "line\nno newline", "3 pieces\n")?;
    see(guest, command(&["cat"]))?.prints(0, "", "0 pieces\n")?;
    let count = command(&["count"]).stdin(vec![7; 200_000]);
    see(guest, count)?.prints(0, "200000 bytes\n", "")?;
    let both = see(guest, command(&["both"]))?;
    both.prints(0, "to the output\nboth are done\n", "to the error\n")?;
    see(guest, command(&["exit", "7"]))?.prints(7, "before\n", "")?;
    see(guest, command(&["fail"]))?.prints(1, "", "")
}

pub(in crate::kit) fn hermetic_streams_read_and_write_files(subject: &Subject) -> Checked {
    let guest = &*guest(subject)?;
    let files = |words: &[&str]| command(words).file("/a", "some text").folder("/b");
    see(guest, files(&["read", "a", "5"]))?.prints(0, "\"text\", Ok(())\n", "")?;
    let folder = see(guest, files(&["read", "b", "0"]))?;
    folder.prints(0, "\"\", Err(ErrorCode::IsDirectory)\n", "")?;
    let listed = "a DescriptorType::RegularFile\nb DescriptorType::Directory\nOk(())\n";
    see(guest, files(&["ls", "."]))?.prints(0, listed, "")?;
    for (words, expected) in [
        (["append", "a", "!"], &b"some text!"[..]),
        (["write", "a", "up"], b"soup text"),
    ] {
        let seen = see(guest, files(&words))?;
        let tree = seen.tree()?;
        seen.prints(0, "Ok(()), 0 bytes left\n", "")?;
        same("the file", tree.file("/a"), Some(expected))?;
    }
    let full = files(&["append", "a", "more"]).space(10);
    let full = see(guest, full)?;
    full.prints(0, "Err(ErrorCode::InsufficientSpace), 0 bytes left\n", "")
}

pub(in crate::kit) fn hermetic_waits_end_in_the_order_of_their_times(subject: &Subject) -> Checked {
    let guest = &*guest(subject)?;
    let lines = "short after 1 s\nmiddle after 2 s\nlong after 3 s\n\
                 the half second ended first, 3500000000 ns in all\n";
    see(guest, command(&["naps"]).monotonic_clock(7))?.prints(0, lines, "")
}

pub(in crate::kit) fn hermetic_output_of_streams_is_bounded(subject: &Subject) -> Checked {
    let guest = &*guest(subject)?;
    let world = command(&["cat"]).stdin("0123456789").add_to(World::new())?;
    let seen = see_in(guest, &world.limits(Limits::new().with_output(7)))?;
    limited("more output than the limit", seen.ended, Limit::Output)?;
    let stdout = &*seen.observed.stdout;
    same("the output before the limit", stdout, b"01234")
}
