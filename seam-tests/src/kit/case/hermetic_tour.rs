//! The fixture `tour` in the hermetic world, compared with golden data: exit, output, files, host
//! calls.

use seam_core::{Exit, Program, World};
use seam_wasi::Wasi;

use crate::fixtures;
use crate::kit::expect::{holds, same};
use crate::kit::hermetic::{golden, see, see_in, wasi};
use crate::kit::{Checked, Failure, Subject};

/// One tour with the observations that every backend must make.
pub(in crate::kit) struct Tour {
    pub(in crate::kit) name: &'static str,
    wasi: fn() -> Wasi,
    golden: &'static str,
}

macro_rules! tours {
    ($( $tour:ident $name:literal: $wasi:expr; )*) => {
        $(
            const $tour: Tour = Tour {
                name: $name,
                wasi: || $wasi,
                golden: include_str!(concat!("../../../fixtures/tour/golden/", $name, ".txt")),
            };
        )*

        /// All tours.
        pub(in crate::kit) const TOURS: &[Tour] = &[$($tour),*];
    };
}

tours! {
    FILES "files": wasi("tour", &["files", "/"]);
    TIME "time": wasi("tour", &["time"]);
    CHANCE "chance": wasi("tour", &["chance"]).seed(42);
    STREAMS "streams": wasi("tour", &["streams"])
        .stdin("one\ntwo\nthree\nfour")
        .env("LANG", "C")
        .cwd("/data");
    PANIC "panic": wasi("tour", &["panic"]);
}

impl Tour {
    /// Runs the guest in this world, with WASI added, and compares the observations.
    pub(in crate::kit) fn check(&self, guest: &dyn Program, world: World) -> Checked {
        golden(self.name, &self.seen(guest, world)?, self.golden)
    }

    fn seen(&self, guest: &dyn Program, world: World) -> Result<String, Failure> {
        let world = (self.wasi)().add_to(world)?.record(true);
        see_in(guest, &world)?.text()
    }

    fn check_component(&self, subject: &Subject) -> Checked {
        let guest = subject.load(&fixtures::tour_component()?)?;
        self.check(&*guest, World::new())
    }
}

pub(in crate::kit) fn hermetic_tour_of_files_is_golden(subject: &Subject) -> Checked {
    FILES.check_component(subject)
}

pub(in crate::kit) fn hermetic_tour_of_clocks_is_golden(subject: &Subject) -> Checked {
    TIME.check_component(subject)
}

pub(in crate::kit) fn hermetic_tour_of_chance_is_golden(subject: &Subject) -> Checked {
    CHANCE.check_component(subject)
}

pub(in crate::kit) fn hermetic_tour_of_streams_is_golden(subject: &Subject) -> Checked {
    STREAMS.check_component(subject)
}

pub(in crate::kit) fn hermetic_tour_of_a_panic_is_golden(subject: &Subject) -> Checked {
    PANIC.check_component(subject)
}

/// Returns the output of the guest: growing pieces of one letter each.
fn flood(bytes: usize) -> Vec<u8> {
    let (mut flood, mut size) = (Vec::with_capacity(bytes), 1);
    while flood.len() < bytes {
        let letter = b"abcdefghijklmnopqrstuvwxyz".get(size % 26);
        let end = bytes.min(flood.len() + size);
        flood.resize(end, letter.copied().unwrap_or_default());
        size = size % 10_000 + 7;
    }
    flood
}

pub(in crate::kit) fn hermetic_floods_of_output_come_through_whole(subject: &Subject) -> Checked {
    let guest = subject.load(&fixtures::tour_component()?)?;
    let seen = see(&*guest, wasi("tour", &["flood", "1000000"]))?;
    let stdout = &seen.observed.stdout;
    same("bytes of stdout", stdout.len(), 1_000_000)?;
    let wrong = stdout
        .iter()
        .zip(flood(1_000_000))
        .position(|(a, b)| *a != b);
    holds("every byte as it was written", wrong.is_none(), wrong)?;
    same("end", seen.ended?, Exit::new(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    /// Rewrites the golden data if `SEAM_REWRITE=1`.
    #[test]
    fn the_golden_data_is_what_wasmi_shows() {
        let subject = Subject::new(seam_wasmi::Wasmi::new());
        let guest = fixtures::tour_component().expect("a committed fixture");
        let guest = subject.load(&guest).expect("a component");
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/tour/golden");
        for tour in TOURS {
            let seen = tour.seen(&*guest, World::new()).expect("a run");
            if std::env::var_os("SEAM_REWRITE").is_some() {
                let path = folder.join(tour.name).with_extension("txt");
                std::fs::write(path, &seen).expect("golden data in this checkout");
            } else {
                assert_eq!(seen, tour.golden, "{}", tour.name);
            }
        }
    }
}
