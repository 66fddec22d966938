//! The plan of a component.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

use seam_core::{Artifact, ErrorKind, Result};
use seam_decode::{CoreItem, Decoded, Export, Func, ModuleRef, Plan, ResourceOrigin, Step, decode};

fn decoded(text: &str) -> Result<Decoded> {
    decode(&Artifact::from_wat("text", text).unwrap())
}

fn plan(text: &str) -> Plan {
    decoded(text).unwrap().into_plan().unwrap()
}

/// Two instances of a component that exports a function and a resource, one used by the other.
const NESTED: &str = r#"(component $root
    (core module $m
        (memory (export "memory") 1)
        (func (export "f") (param i32) (result i32) (local.get 0))
        (func (export "drop") (param i32)))
    (component $inner
        (import "twice" (func $twice (param "a" u32) (result u32)))
        (alias outer $root $m (core module $m))
        (core instance $i (instantiate $m))
        (alias core export $i "drop" (core func $dtor))
        (type $r (resource (rep i32) (dtor (func $dtor))))
        (export $shown "r" (type $r))
        (core func $lowered (canon lower (func $twice)))
        (func (export "f") (param "a" u32) (result u32)
            (canon lift (core func $i "f")))
        (func (export "make") (param "a" u32) (result (own $shown))
            (canon lift (core func $i "f"))))
    (import "host" (func $host (param "a" u32) (result u32)))
    (instance $one (instantiate $inner (with "twice" (func $host))))
    (alias export $one "f" (func $f))
    (instance $two (instantiate $inner (with "twice" (func $f))))
    (export "x" (instance $two))
    (alias export $one "f" (func $again))
    (export "direct" (func $again)))"#;

#[test]
fn every_step_refers_to_results_of_earlier_steps() {
    let plan = plan(NESTED);
    let (mut cores, mut items, mut lifts) = (0, 0, 0);
    let mut begun = 0;
    for step in &plan.steps {
        match *step {
            Step::Begin(index) => {
                assert_eq!(index, begun);
                let parent = plan.component_instances[index].parent;
                assert!(parent.is_none_or(|parent| parent < begun));
                begun += 1;
            }
            Step::End(index) => assert!(index < begun),
            Step::CoreInstance(index) => {
                assert_eq!(index, cores);
                let imports = &plan.core_instances[index].imports;
                assert!(imports.iter().all(|item| *item < items));
                cores += 1;
            }
            Step::CoreItem(index) => {
                assert_eq!(index, items);
                match &plan.core_items[index] {
                    CoreItem::Export(instance, _) => assert!(*instance < cores),
                    CoreItem::Lower(Func::Lifted(lift), ..) => assert!(*lift < lifts),
                    _ => {}
                }
                items += 1;
            }
            Step::Lift(index) => {
                assert_eq!(index, lifts);
                assert!(plan.lifts[index].core < items);
                lifts += 1;
            }
            Step::Resource(id) => assert!((id.0 as usize) < plan.resources.len()),
        }
    }
    assert_eq!(begun, plan.component_instances.len());
    assert_eq!(
        (cores, items, lifts),
        (
            plan.core_instances.len(),
            plan.core_items.len(),
            plan.lifts.len()
        )
    );
}

#[test]
fn an_export_leads_to_the_instance_and_the_module_that_provide_it() {
    let decoded = decoded(NESTED).unwrap();
    let interface = decoded.interface().clone();
    let plan = decoded.into_plan().unwrap();
    let names: Vec<String> = interface
        .export_funcs()
        .iter()
        .map(|(n, _)| n.to_string())
        .collect();
    assert_eq!(names, ["x#f", "x#make", "direct"]);
    let providers = plan.exports.iter().map(|func| {
        let Func::Lifted(lift) = *func else {
            panic!("{func:?} is not lifted")
        };
        let lift = &plan.lifts[lift];
        let CoreItem::Export(core, name) = &plan.core_items[lift.core] else {
            panic!("the core function is an export")
        };
        let path = interface.core_instances()[*core].path.to_string();
        (lift.options.instance, path, name.to_string())
    });
    let providers: Vec<_> = providers.collect();
    let expected = [(2, "1/0"), (2, "1/0"), (1, "0/0")];
    let expected = expected.map(|(instance, path)| (instance, path.to_string(), "f".to_string()));
    assert_eq!(providers, expected);
    assert!(
        plan.core_instances
            .iter()
            .all(|core| core.module == ModuleRef::Defined(0))
    );
    assert_eq!(plan.modules.len(), 1);
    let inner = &plan.instances[plan.component_instances[2].instance];
    let names: Vec<&str> = inner.exports.iter().map(|(name, _)| &**name).collect();
    assert_eq!(names, ["f", "make"]);
    assert_eq!(inner.exports[0].1, Export::Func(plan.exports[0]));
}

#[test]
fn each_component_instance_has_resource_types_of_its_own() {
    let plan = plan(NESTED);
    let origins = plan.resources.iter().map(|resource| match resource.origin {
        ResourceOrigin::Guest { instance, dtor } => (instance, dtor.is_some()),
        ResourceOrigin::Host(_) | ResourceOrigin::Table { .. } => {
            panic!("{resource:?} is a guest's")
        }
    });
    assert_eq!(origins.collect::<Vec<_>>(), [(1, true), (2, true)]);
    // Only the second instance is exported, so the other type has a name of its own.
    let names: Vec<&str> = plan
        .resources
        .iter()
        .map(|resource| resource.name.name())
        .collect();
    assert_eq!(names, ["[resource]0", "x#r"]);
    let results: Vec<String> = (plan.lifts.iter())
        .flat_map(|lift| lift.ty.result.fields.iter())
        .map(|field| format!("{:?}", field.ty))
        .collect();
    assert_eq!(
        results,
        ["U32", "Own(ResourceId(0))", "U32", "Own(ResourceId(1))"]
    );
}

#[test]
fn imports_that_no_world_can_define_are_missing_and_leave_the_interface() {
    let text = r#"(component
        (import "m" (core module $m (export "f" (func))))
        (import "c" (component $c (export "g" (func))))
        (core instance (instantiate $m))
        (instance $i (instantiate $c))
        (export "i" (instance $i)))"#;
    let decoded = decoded(text).unwrap();
    assert_eq!(decoded.interface().core_instances().len(), 1);
    let plan = decoded.into_plan().unwrap();
    let missing: Vec<_> = plan
        .missing
        .iter()
        .map(|it| (it.name.to_string(), it.what))
        .collect();
    let expected = [
        ("m".to_string(), "core module"),
        ("c".to_string(), "component"),
    ];
    assert_eq!(missing, expected);
    assert_eq!(plan.exports, [Func::OfImport]);
}

#[test]
fn types_stay_below_two_to_the_28_bytes() {
    for ty in [
        "(list u8 268435455)",
        "(list u64 33554431)",
        "(list string 16777215)",
        "(option (list u8 268435454))",
    ] {
        plan(&format!("(component (type {ty}))"));
    }
    for ty in [
        "(list u8 268435456)",
        "(list u64 536870912)",
        "(list string 16777216)",
        "(tuple (list u8 268435455) (list u8 1))",
        "(option (list u8 268435455))",
        "(result (list u8 268435455) (error string))",
    ] {
        // Only the plan is refused, also for a component that is never instantiated.
        for text in [
            format!("(component (type {ty}))"),
            format!("(component (component (type {ty})))"),
        ] {
            let decoded = decoded(&text).unwrap();
            let error = decoded.into_plan().unwrap_err();
            assert!(
                error.message().contains("exceeds maximum byte size"),
                "{ty}"
            );
            assert!(
                matches!(error.kind(), ErrorKind::Invalid { offset: Some(_) }),
                "{ty}"
            );
        }
    }
}

#[test]
fn a_core_module_has_an_interface_and_no_plan() {
    let decoded = decoded("(module (func (export \"f\")))").unwrap();
    assert_eq!(decoded.interface().export_funcs().len(), 1);
    assert_eq!(*decoded.into_plan().unwrap_err().kind(), ErrorKind::Misuse);
}
