//! Resources: their ownership, and the errors for handles that are used wrongly.

use std::sync::Arc;

use seam_core::{
    Error, Handle, HostCall, Instance, InstanceExt, List, ProgramExt, Resource, ResourceType,
    Value, World,
};

use crate::fixtures;
use crate::kit::expect::{gives, gives_nothing, misuse, same};
use crate::kit::{Checked, Failure, Subject};

const COUNTERS: &str = "test:guest-res/counters@0.2.0";

fn counters(subject: &Subject) -> Result<Box<dyn Instance>, Failure> {
    subject.instantiate(&fixtures::counters()?, &World::new())
}

pub(super) fn named(name: &str) -> String {
    format!("{COUNTERS}#{name}")
}

/// Calls an export that returns an owned resource.
pub(super) fn owned(
    instance: &mut dyn Instance,
    export: &str,
    args: &[Value],
) -> Result<Resource, Failure> {
    match instance.call_blocking(export, args)? {
        Some(Value::Own(resource)) => Ok(resource),
        found => Err(Failure::new(format!(
            "{export}: expected an owned resource, found {found:?}"
        ))),
    }
}

pub(super) fn counter(instance: &mut dyn Instance, start: u32) -> Result<Resource, Failure> {
    owned(instance, &named("[constructor]counter"), &[start.into()])
}

pub(super) fn lent(resource: &Resource) -> [Value; 1] {
    [Value::Borrow(resource.clone())]
}

pub(super) fn given(resource: &Resource) -> [Value; 1] {
    [Value::Own(resource.clone())]
}

pub(super) fn live(instance: &mut dyn Instance, count: u32) -> Checked {
    gives(instance, &named("live"), &[], count)
}

pub(in crate::kit) fn resources_are_made_called_and_dropped(subject: &Subject) -> Checked {
    let mut instance = counters(subject)?;
    let guest = &mut *instance;
    live(guest, 0)?;
    let five = counter(guest, 5)?;
    let ten = counter(guest, 10)?;
    live(guest, 2)?;
    gives(
        guest,
        &named("[method]counter.increment"),
        &lent(&five),
        6u32,
    )?;
    gives(
        guest,
        &named("[method]counter.increment"),
        &lent(&ten),
        11u32,
    )?;
    let both = [Value::Own(five), Value::Borrow(ten.clone())];
    let merged = owned(guest, &named("[static]counter.merge"), &both)?;
    gives(
        guest,
        &named("[method]counter.value"),
        &lent(&merged),
        17u32,
    )?;
    live(guest, 2)?;
    guest.drop_resource(&ten)?;
    live(guest, 1)?;
    gives(guest, &named("consume"), &given(&merged), 17u32)?;
    live(guest, 0)
}

pub(in crate::kit) fn borrows_leave_the_owner(subject: &Subject) -> Checked {
    let mut instance = counters(subject)?;
    let guest = &mut *instance;
    let three = counter(guest, 3)?;
    for _ in 0..3 {
        gives(guest, &named("peek"), &lent(&three), 3u32)?;
    }
    live(guest, 1)?;
    gives(guest, &named("consume"), &given(&three), 3u32)
}

pub(in crate::kit) fn moved_resources_are_misuse(subject: &Subject) -> Checked {
    let mut instance = counters(subject)?;
    let guest = &mut *instance;
    let (moved, dropped, kept) = (counter(guest, 1)?, counter(guest, 2)?, counter(guest, 3)?);
    gives(guest, &named("consume"), &given(&moved), 1u32)?;
    guest.drop_resource(&dropped)?;
    for gone in [&moved, &dropped] {
        misuse("peek", guest.call_blocking(&named("peek"), &lent(gone)))?;
        misuse(
            "consume",
            guest.call_blocking(&named("consume"), &given(gone)),
        )?;
        misuse("drop", guest.drop_resource(gone))?;
    }
    // A reused slot does not make the old handle valid.
    let again = counter(guest, 4)?;
    misuse("peek", guest.call_blocking(&named("peek"), &lent(&moved)))?;
    gives(guest, &named("peek"), &lent(&again), 4u32)?;
    gives(guest, &named("peek"), &lent(&kept), 3u32)?;
    // Refused arguments did not move: the second argument is ill-typed.
    let wrong = [Value::Own(kept.clone()), 7u32.into()];
    misuse(
        "merge",
        guest.call_blocking(&named("[static]counter.merge"), &wrong),
    )?;
    gives(guest, &named("consume"), &given(&kept), 3u32)?;
    live(guest, 1)
}

pub(in crate::kit) fn foreign_handles_are_misuse(subject: &Subject) -> Checked {
    let program = subject.load(&fixtures::counters()?)?;
    let mut one = program.instantiate_blocking(&World::new())?;
    let mut other = program.instantiate_blocking(&World::new())?;
    let mine = counter(&mut *one, 1)?;
    let theirs = counter(&mut *other, 2)?;
    misuse("peek", one.call_blocking(&named("peek"), &lent(&theirs)))?;
    misuse(
        "consume",
        one.call_blocking(&named("consume"), &given(&theirs)),
    )?;
    misuse("drop", one.drop_resource(&theirs))?;
    // Handles that no instance created: another slot, another generation, another type.
    let handle = mine
        .handle()
        .ok_or_else(|| Failure::new("expected a handle of a guest-defined resource"))?;
    let (owner, slot) = (handle.owner(), handle.slot());
    for forged in [
        Handle::new(owner, slot.wrapping_add(100), handle.generation(), 0),
        Handle::new(owner, u32::MAX, 0, 0),
        Handle::new(owner, slot, handle.generation().wrapping_add(1), 0),
    ] {
        let forged = Resource::guest(mine.ty().clone(), forged);
        misuse(
            "a forged handle",
            one.call_blocking(&named("peek"), &lent(&forged)),
        )?;
        misuse("a forged handle", one.drop_resource(&forged))?;
    }
    let retyped = Resource::guest(ResourceType::new("test:other/other#other"), handle);
    misuse(
        "another type",
        one.call_blocking(&named("peek"), &lent(&retyped)),
    )?;
    let hosted = Resource::host(mine.ty().clone(), 1);
    misuse(
        "a host's resource",
        one.call_blocking(&named("peek"), &lent(&hosted)),
    )?;
    // Both resources are unchanged.
    gives(&mut *one, &named("peek"), &lent(&mine), 1u32)?;
    gives(&mut *other, &named("peek"), &lent(&theirs), 2u32)
}

pub(in crate::kit) fn handles_are_numbered_by_creation(subject: &Subject) -> Checked {
    let mut instance = counters(subject)?;
    let guest = &mut *instance;
    let (first, second) = (counter(guest, 0)?, counter(guest, 0)?);
    guest.drop_resource(&first)?;
    let third = counter(guest, 0)?;
    let made = match guest.call_blocking(&named("make"), &[3u32.into()])? {
        Some(Value::List(List::Values(made))) => made,
        found => {
            return Err(Failure::new(format!(
                "make: expected resources, found {found:?}"
            )));
        }
    };
    let mut ordinals = vec![first.ordinal(), second.ordinal(), third.ordinal()];
    for value in &made {
        if let Value::Own(resource) = value {
            ordinals.push(resource.ordinal());
        }
    }
    same("ordinals", ordinals, [0, 1, 2, 3, 4, 5])?;
    same("type", first.ty().name(), format!("{COUNTERS}#counter"))?;
    for (value, expected) in made.iter().zip(0u32..) {
        if let Value::Own(resource) = value {
            gives(guest, &named("peek"), &lent(resource), expected)?;
        }
    }
    Ok(())
}

pub(in crate::kit) fn what_the_host_holds_is_listed(subject: &Subject) -> Checked {
    let mut instance = counters(subject)?;
    let guest = &mut *instance;
    same("at first", guest.held(), [])?;
    let (first, second) = (counter(guest, 10)?, counter(guest, 20)?);
    guest.drop_resource(&first)?;
    // A reused slot does not change the order.
    let third = counter(guest, 30)?;
    gives(guest, &named("peek"), &lent(&second), 20u32)?;
    let held = guest.held();
    same("held", &held, &vec![second, third.clone()])?;
    let names = held.iter().map(|resource| resource.ty().name());
    let ty = format!("{COUNTERS}#counter");
    same("types", names.collect::<Vec<_>>(), vec![&*ty; 2])?;
    gives(guest, &named("consume"), &given(&third), 30u32)?;
    let left = guest.held();
    same("left", left.len(), 1)?;
    // Listed handles work like the handle that the call returned.
    for resource in &left {
        gives(guest, &named("peek"), &lent(resource), 20u32)?;
        guest.drop_resource(resource)?;
    }
    same("at last", guest.held(), [])?;
    live(guest, 0)
}

const STORE: &str = "test:host/store@1.2.0";

/// The items that the host made, by representation: name and content, or `None` once dropped.
#[derive(Default)]
struct Store(Vec<Option<(Arc<str>, Vec<u8>)>>);

impl Store {
    fn item(&mut self, value: Option<&Value>) -> Result<&mut (Arc<str>, Vec<u8>), Error> {
        let Some(Value::Borrow(resource) | Value::Own(resource)) = value else {
            return Err(Error::host("expected a resource"));
        };
        let rep = resource.rep()? as usize;
        let item = self.0.get_mut(rep).and_then(Option::as_mut);
        item.ok_or_else(|| Error::host(format!("expected a live item, found {rep}")))
    }
}

fn store() -> World {
    let named = |name: &str| format!("{STORE}#{name}");
    let item = || ResourceType::new(format!("{STORE}#item"));
    World::new()
        .stub(seam_core::Stub::Trap)
        .state(Store::default)
        .resource(&named("item"), |call: &mut HostCall<'_>, rep| {
            let item = call.state::<Store>()?.0.get_mut(rep as usize);
            match item.and_then(Option::take) {
                Some(_) => Ok(()),
                None => Err(Error::host(format!("expected a live item, found {rep}"))),
            }
        })
        .func_values(
            &named("[constructor]item"),
            None,
            move |call: &mut HostCall<'_>, args: &[Value]| {
                let [Value::String(name)] = args else {
                    return Err(Error::host("expected a name"));
                };
                let items = &mut call.state::<Store>()?.0;
                let rep = u32::try_from(items.len()).map_err(|_| Error::host("expected room"))?;
                items.push(Some((Arc::from(&**name), Vec::new())));
                Ok(Some(Value::Own(Resource::host(item(), rep))))
            },
        )
        .func_values(
            &named("[method]item.name"),
            None,
            |call: &mut HostCall<'_>, args: &[Value]| {
                let (name, _) = call.state::<Store>()?.item(args.first())?;
                Ok(Some(Value::from(&**name)))
            },
        )
        .func_values(
            &named("[method]item.set"),
            None,
            |call: &mut HostCall<'_>, args: &[Value]| {
                let [this, Value::List(List::U8(bytes))] = args else {
                    return Err(Error::host("expected an item and bytes"));
                };
                call.state::<Store>()?.item(Some(this))?.1.clone_from(bytes);
                Ok(None)
            },
        )
        .func_values(
            &named("[method]item.size"),
            None,
            |call: &mut HostCall<'_>, args: &[Value]| {
                let size = call.state::<Store>()?.item(args.first())?.1.len();
                Ok(Some(Value::U32(u32::try_from(size).unwrap_or(u32::MAX))))
            },
        )
        .func_values(
            &named("lookup"),
            None,
            |_: &mut HostCall<'_>, _: &[Value]| Ok(Some(Value::none())),
        )
        .func_values(
            &named("total"),
            None,
            |call: &mut HostCall<'_>, args: &[Value]| {
                let [Value::List(items)] = args else {
                    return Err(Error::host("expected items"));
                };
                let mut total = 0;
                for item in items.iter() {
                    total += call.state::<Store>()?.item(Some(&item))?.1.len();
                }
                Ok(Some(Value::U32(u32::try_from(total).unwrap_or(u32::MAX))))
            },
        )
        // An additional function that is not the fixture's: the number of live items.
        .func_values(
            "test:host/math@1.2.0#add",
            None,
            |call: &mut HostCall<'_>, _: &[Value]| {
                let live = call.state::<Store>()?.0.iter().flatten().count();
                Ok(Some(Value::U32(u32::try_from(live).unwrap_or(u32::MAX))))
            },
        )
}

pub(in crate::kit) fn the_host_defines_resources(subject: &Subject) -> Checked {
    let mut instance = subject.instantiate(&fixtures::hosted()?, &store().record(true))?;
    let guest = &mut *instance;
    let run = |name: &str| format!("test:hosted/run@1.0.0#{name}");
    let names = Value::list(["a", "bcd", ""].map(Value::from));
    gives(guest, &run("use-items"), &[names], 4u32)?;
    // `sum` of one number calls the host, which returns the number of live items: all were dropped.
    let live = [Value::from(vec![0u32])];
    gives(guest, &run("sum"), &live, 0u32)?;
    gives_nothing(guest, &run("forget-item"), &["kept".into()])?;
    gives(guest, &run("sum"), &live, 1u32)?;
    gives(guest, &run("recall"), &[], Value::some("kept".into()))?;
    gives(guest, &run("sum"), &live, 0u32)?;
    gives(guest, &run("recall"), &[], Value::none())?;
    let made = guest
        .observed()
        .host_calls
        .iter()
        .filter(|call| call.name.item() == "[constructor]item");
    let ordinals: Vec<u32> = made
        .filter_map(|call| match &call.result {
            Ok(Some(Value::Own(resource))) => Some(resource.ordinal()),
            _ => None,
        })
        .collect();
    same("what was recorded", ordinals, [0, 1, 2, 3])
}
