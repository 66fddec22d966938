//! Components made of components.

use seam_core::{Instance, InstanceExt, Value, World};

use super::resource::owned;
use crate::fixtures;
use crate::kit::expect::{gives, same};
use crate::kit::{Checked, Failure, Subject};

fn stock(name: &str) -> String {
    format!("test:shop/stock@1.0.0#{name}")
}

fn cart(name: &str) -> String {
    format!("test:shop/cart@1.0.0#{name}")
}

fn outlet(name: &str) -> String {
    format!("test:shop/outlet@1.0.0#{name}")
}

fn line(name: &str, price: u32) -> Value {
    Value::record([("name", name.into()), ("price", price.into())])
}

fn item(shop: &mut dyn Instance, name: &str, price: u32) -> Result<seam_core::Resource, Failure> {
    owned(
        shop,
        &stock("[constructor]item"),
        &[name.into(), price.into()],
    )
}

pub(in crate::kit) fn composed_components_pass_records(subject: &Subject) -> Checked {
    let mut instance = subject.instantiate(&fixtures::composed()?, &World::new())?;
    let shop = &mut *instance;
    let lines = || Value::list([line("tea", 10), line("b\u{e9}b\u{e9}", 20)]);
    let labels = Value::list(["tea at 10", "b\u{e9}b\u{e9} at 20"].map(Value::from));
    gives(shop, &cart("labels"), &[lines()], labels)?;
    gives(shop, &cart("checkout"), &[lines(), 50u32.into()], 15u32)?;
    gives(
        shop,
        &cart("checkout"),
        &[Value::list([]), 0u32.into()],
        0u32,
    )?;
    let half = Value::list([line("tea", 5), line("b\u{e9}b\u{e9}", 10)]);
    gives(shop, &stock("discount"), &[lines(), 50u32.into()], half)?;
    // The consumer has dropped everything that it made.
    gives(shop, &stock("live"), &[], 0u32)
}

pub(in crate::kit) fn composed_components_pass_resources(subject: &Subject) -> Checked {
    let mut instance = subject.instantiate(&fixtures::composed()?, &World::new())?;
    let shop = &mut *instance;
    let tea = item(shop, "tea", 10)?;
    let jam = item(shop, "jam", 4)?;
    gives(
        shop,
        &cart("label"),
        &[Value::Borrow(tea.clone())],
        "tea at 10",
    )?;
    let passed = owned(shop, &cart("pass"), &[Value::Own(tea)])?;
    gives(
        shop,
        &stock("[method]item.price"),
        &[Value::Borrow(passed.clone())],
        10u32,
    )?;
    gives(shop, &stock("live"), &[], 2u32)?;
    let both = Value::list([Value::Own(passed), Value::Own(jam)]);
    let cheapest = match shop.call_blocking(&cart("cheapest"), &[both])? {
        Some(Value::Option(Some(value))) => *value,
        found => {
            return Err(Failure::new(format!(
                "cheapest: expected an item, found {found:?}"
            )));
        }
    };
    let Value::Own(jam) = cheapest else {
        return Err(Failure::new(format!(
            "cheapest: expected an item, found {cheapest:?}"
        )));
    };
    // The other item was dropped two components further down.
    gives(shop, &stock("live"), &[], 1u32)?;
    gives(shop, &stock("unpack"), &[Value::Own(jam)], line("jam", 4))?;
    gives(shop, &stock("live"), &[], 0u32)
}

pub(in crate::kit) fn siblings_share_one_resource_type(subject: &Subject) -> Checked {
    let mut instance = subject.instantiate(&fixtures::composed3()?, &World::new())?;
    let shop = &mut *instance;
    let used = owned(shop, &outlet("second-hand"), &["lamp".into(), 30u32.into()])?;
    // An item that the outlet made fits the cart and the stock.
    gives(
        shop,
        &cart("label"),
        &[Value::Borrow(used.clone())],
        "lamp at 15",
    )?;
    let tea = item(shop, "tea", 10)?;
    let bundle = owned(
        shop,
        &outlet("bundle"),
        &[Value::Own(used), Value::Own(tea)],
    )?;
    gives(
        shop,
        &outlet("inspect"),
        &[Value::Borrow(bundle.clone())],
        "lamp and tea at 25",
    )?;
    gives(shop, &stock("live"), &[], 1u32)?;
    shop.drop_resource(&bundle)?;
    gives(shop, &stock("live"), &[], 0u32)
}

pub(in crate::kit) fn resources_wrap_resources_three_deep(subject: &Subject) -> Checked {
    let mut instance = subject.instantiate(&fixtures::chain()?, &World::new())?;
    let shop = &mut *instance;
    let tea = item(shop, "tea", 10)?;
    gives(
        shop,
        &cart("label"),
        &[Value::Borrow(tea.clone())],
        "tea at 11",
    )?;
    let jam = item(shop, "jam", 4)?;
    let both = Value::list([Value::Own(tea), Value::Own(jam)]);
    let cheapest = shop.call_blocking(&cart("cheapest"), &[both])?;
    let Some(Value::Option(Some(value))) = cheapest else {
        return Err(Failure::new(format!(
            "cheapest: expected an item, found {cheapest:?}"
        )));
    };
    gives(shop, &stock("live"), &[], 1u32)?;
    let Value::Own(jam) = *value else {
        return Err(Failure::new(format!(
            "cheapest: expected an item, found {value:?}"
        )));
    };
    gives(
        shop,
        &stock("[method]item.price"),
        &[Value::Borrow(jam.clone())],
        5u32,
    )?;
    // Dropping the outer item runs the reseller's destructor, which drops the inner item.
    shop.drop_resource(&jam)?;
    gives(shop, &stock("live"), &[], 0u32)?;
    let lines = Value::list([line("a", 10), line("b", 30)]);
    gives(shop, &cart("checkout"), &[lines, 50u32.into()], 22u32)?;
    same("output", shop.observed().stdout.len(), 0)
}
