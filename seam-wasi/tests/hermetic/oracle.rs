//! Random operations on the file system in memory and on one of the host: same answers, same files.
#![cfg(target_os = "linux")]

use std::fs;
use std::path::PathBuf;

use seam_core::Value;
use seam_wasi::{Access, Wasi};

use crate::support::{Host, at, field, lent};

/// [SplitMix64](https://doi.org/10.1145/2660193.2660195): the choices are the same in every run.
struct Choices(u64);

impl Choices {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn of<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        choices[self.next() as usize % choices.len()]
    }

    /// Chooses a path from a few names, so that operations often meet.
    fn path(&mut self) -> String {
        let mut path = self.of(&["a", "b", "c"]).to_owned();
        for _ in 0..self.next() % 3 {
            path.push('/');
            path.push_str(self.of(&["a", "b", "c", ".", ".."]));
        }
        if self.next() % 16 == 0 {
            path.push('/');
        }
        path
    }
}

/// Performs an operation. Returns its description and its result or error code.
fn operate(host: &mut Host, root: &Value, choices: &mut Choices) -> (String, String) {
    let (path, other) = (choices.path(), choices.path());
    let follow = choices.next() % 2 == 0;
    let flags = Value::flags(follow.then_some("symlink-follow"));
    let (root_arg, text) = (lent(root), Value::from(path.as_str()));
    let other_text = Value::from(other.as_str());
    let kind = choices.next() % 12;
    let (name, args) = match kind {
        0 | 1 => ("create-directory-at", vec![root_arg, text]),
        2 => ("remove-directory-at", vec![root_arg, text]),
        3 => ("unlink-file-at", vec![root_arg, text]),
        4 | 5 => ("rename-at", vec![root_arg, text, lent(root), other_text]),
        6 => ("symlink-at", vec![root_arg, other_text, text]),
        7 => ("readlink-at", vec![root_arg, text]),
        8 => {
            let no_follow = Value::flags([""; 0]);
            (
                "link-at",
                vec![root_arg, no_follow, text, lent(root), other_text],
            )
        }
        9 => ("stat-at", vec![root_arg, flags, text]),
        _ => {
            let how = choices.of(&[
                "create write",
                "create write follow",
                "create exclusive write",
                "truncate write",
                "write follow",
                "read",
                "read follow",
                "directory read follow",
            ]);
            let answer = match host.open(root, &path, how) {
                Ok(opened) => {
                    let written = use_file(host, &opened, how.contains("write"), &other);
                    host.drop(&opened);
                    written
                }
                Err(code) => code,
            };
            return (format!("open {path} {how}"), answer);
        }
    };
    let answer = match host.get(&at(name), &args) {
        Value::Result(Ok(Some(stat))) if name == "stat-at" => {
            // Folders of the host do not report link counts.
            format!("{:?} {:?}", field(&stat, "type"), field(&stat, "size"))
        }
        Value::Result(Ok(found)) => format!("{found:?}"),
        Value::Result(Err(Some(code))) => format!("{code:?}"),
        other => panic!("{other:?}"),
    };
    (format!("{name} {path} {other} {follow}"), answer)
}

/// Writes to or reads from the opened file, or lists it if it is a folder.
fn use_file(host: &mut Host, opened: &Value, write: bool, text: &str) -> String {
    let bytes = Value::from(text.as_bytes().to_vec());
    let offset = Value::from(text.len() as u64 % 3);
    let answer = match write {
        true => host.get(&at("write"), &[lent(opened), bytes, offset]),
        false => host.get(&at("read"), &[lent(opened), 100u64.into(), offset]),
    };
    let kind = host.ok(&at("get-type"), &[lent(opened)]);
    let listed = match host.get(&at("read-directory"), &[lent(opened)]) {
        Value::Result(Ok(Some(stream))) => {
            let next = "filesystem/types#[method]directory-entry-stream.read-directory-entry";
            let mut names = String::new();
            while let Some(Value::Option(Some(entry))) = host.ok(next, &[lent(&stream)]) {
                names.push_str(&format!("{entry:?}"));
            }
            host.drop(&stream);
            names
        }
        other => format!("{other:?}"),
    };
    format!("{kind:?} {answer:?} {listed}")
}

#[test]
fn memory_and_disk_give_the_same_answers() {
    for seed in 0..200 {
        let path = std::env::temp_dir().join(format!(
            "seam-oracle-{}-{seed}-{}",
            std::process::id(),
            seam_core::token()
        ));
        fs::create_dir(&path).unwrap();
        run(seed, &path);
        fs::remove_dir_all(&path).unwrap();
    }
}

fn run(seed: u64, path: &PathBuf) {
    let mut memory = Host::new(Wasi::hermetic());
    let wasi = Wasi::hermetic()
        .files(Access::None)
        .dir(path, "/", Access::ReadWrite);
    let mut disk = Host::new(wasi);
    let (in_memory, on_disk) = (memory.root(), disk.root());
    let (mut left, mut right) = (Choices(seed), Choices(seed));
    let mut before = Vec::new();
    for _ in 0..80 {
        let (what, expected) = operate(&mut disk, &on_disk, &mut left);
        let (_, found) = operate(&mut memory, &in_memory, &mut right);
        assert_eq!(expected, found, "seed {seed}: {what}\nafter {before:#?}");
        before.push(format!("{what}: {found}"));
    }
}
