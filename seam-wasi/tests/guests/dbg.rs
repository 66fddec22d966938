use crate::support::{args, see};
use seam_core::World;
use seam_tests::fixtures;
use seam_wasmtime::Wasmtime;
#[test]
fn dbg() {
    let world = args("tour", &["files", "/"]).add_to(World::new()).unwrap().record(true);
    let seen = see(&Wasmtime::new(), &fixtures::tour_component().unwrap(), &world);
    let n = seen.observed.host_calls.len();
    for call in &seen.observed.host_calls[n.saturating_sub(14)..] {
        let text = format!("{} {:?} -> {:?}", call.name, call.args, call.result);
        println!("{}", text.chars().take(400).collect::<String>());
    }
}
