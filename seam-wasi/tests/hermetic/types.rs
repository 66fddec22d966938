//! The types are the official ones in every version of the track.

use seam_core::{ImportStatus, World};
use seam_wasi::Wasi;

use crate::everything::{component, component_0_3, stable};

#[test]
fn every_import_is_real_in_every_version() {
    let world = Wasi::hermetic().add_to(World::new()).unwrap();
    for version in ["0.2.0", "0.2.3", "0.2.12", "0.2.99"] {
        let interface = seam_decode::validate(&component(version)).unwrap();
        let report = world.report(&interface);
        let odd: Vec<_> = report
            .iter()
            .filter(|it| it.status != ImportStatus::Real)
            .collect();
        assert!(odd.is_empty(), "{version}: {odd:#?}");
        assert!(report.len() > 170, "{version}: {} imports", report.len());
        assert_eq!(world.bind(&interface).unwrap().len(), report.len());
    }
}

#[test]
fn every_import_of_0_3_is_real_in_every_version() {
    let world = Wasi::hermetic().add_to(World::new()).unwrap();
    for version in ["0.3.0", "0.3.7"] {
        let interface = seam_decode::validate(&component_0_3(version)).unwrap();
        let report = world.report(&interface);
        let odd = report.iter().filter(|it| it.status != ImportStatus::Real);
        let odd: Vec<_> = odd.collect();
        assert!(odd.is_empty(), "{version}: {odd:#?}");
        assert!(report.len() > 80, "{version}: {} imports", report.len());
        assert_eq!(world.bind(&interface).unwrap().len(), report.len());
    }
}

#[test]
fn a_guest_may_leave_out_unstable_functions() {
    let world = Wasi::hermetic().add_to(World::new()).unwrap();
    let names = |artifact| {
        let interface = seam_decode::validate(&artifact).unwrap();
        let report = world.report(&interface);
        assert!(report.iter().all(|it| it.status == ImportStatus::Real));
        report.len()
    };
    assert!(names(stable("0.2.0")) < names(component("0.2.0")));
}

#[test]
fn imports_of_another_track_are_missing() {
    let world = Wasi::hermetic().add_to(World::new()).unwrap();
    let interface = seam_decode::validate(&component("0.4.0")).unwrap();
    let report = world.report(&interface);
    assert!(report.iter().all(|it| it.status == ImportStatus::Missing));
}
