//! Handwritten components that use handles wrongly.

use seam_core::{CanonTrap, InstanceExt, Resource, ResourceType, Value, World};

use super::hostile::{
    Ends::{Gives, Nothing},
    bits, calls, canon, rows,
};
use super::resource::owned;
use crate::fixtures;
use crate::kit::expect::{gives, traps};
use crate::kit::{Checked, Failure, Subject};

pub(in crate::kit) fn handles_that_do_not_exist_trap(subject: &Subject) -> Checked {
    let unknown = || canon(CanonTrap::UnknownHandle);
    let nothing = Vec::new;
    let world = World::new();
    rows(
        subject,
        &fixtures::double_drop()?,
        &world,
        vec![
            vec![("once", nothing(), Nothing), ("once", nothing(), Nothing)],
            vec![("twice", nothing(), unknown())],
        ],
    )?;
    let give = |n: u32| Gives(n.into());
    let first = || ("make", bits(7), give(1));
    let other = || canon(CanonTrap::WrongResourceType);
    rows(
        subject,
        &fixtures::handle_from_any_index()?,
        &world,
        vec![
            vec![
                first(),
                ("make", bits(8), give(2)),
                ("rep", bits(2), give(8)),
                ("drop", bits(1), Nothing),
                ("make", bits(9), give(1)),
                ("rep", bits(1), give(9)),
            ],
            vec![("rep", bits(0), unknown())],
            vec![("drop", bits(0), unknown())],
            vec![("give", bits(0), unknown())],
            vec![first(), ("rep", bits(3), unknown())],
            vec![("rep", bits(u32::MAX), unknown())],
            vec![first(), ("drop-other", bits(1), other())],
            vec![first(), ("rep-other", bits(1), other())],
        ],
    )?;
    let mut instance = subject.instantiate(&fixtures::handle_from_any_index()?, &world)?;
    gives(&mut *instance, "make", &bits(7), 1u32)?;
    let thing = owned(&mut *instance, "give", &bits(1))?;
    let taken = instance.call_blocking("take", &[Value::Own(thing)])?;
    let Some(Value::U32(taken)) = taken else {
        return Err(Failure::new(format!(
            "take: expected an index, found {taken:?}"
        )));
    };
    gives(&mut *instance, "rep", &bits(taken), 7u32)?;
    owned(&mut *instance, "give", &bits(taken))?;
    let result = instance.call_blocking("rep", &bits(taken));
    traps("a handle that was given", result, CanonTrap::UnknownHandle)
}

pub(in crate::kit) fn handles_given_away_or_lent_trap(subject: &Subject) -> Checked {
    let unknown = || canon(CanonTrap::UnknownHandle);
    calls(
        subject,
        &fixtures::handle_given_away()?,
        vec![
            ("fine", vec![], Nothing),
            ("give-twice", vec![], unknown()),
            ("lend-after-give", vec![], unknown()),
            ("drop-after-give", vec![], unknown()),
            ("lend-and-give", vec![], canon(CanonTrap::HandleLent)),
            ("give-and-lend", vec![], unknown()),
        ],
    )
}

pub(in crate::kit) fn borrows_are_dropped_before_return(subject: &Subject) -> Checked {
    calls(
        subject,
        &fixtures::borrow_kept_inside()?,
        vec![
            ("dropped", vec![], Nothing),
            ("kept", vec![], canon(CanonTrap::BorrowsNotDropped)),
        ],
    )?;
    let world = World::new()
        .resource("thing", |_, _| Ok(()))
        .func_values("take", None, |_, _| Ok(None));
    let thing = || vec![Value::Borrow(Resource::host(ResourceType::new("thing"), 5))];
    let table = [
        ("drop-it", Nothing),
        ("keep-it", canon(CanonTrap::BorrowsNotDropped)),
        ("give-it", canon(CanonTrap::NotOwned)),
        ("drop-twice", canon(CanonTrap::UnknownHandle)),
    ];
    let table = table.map(|(export, ends)| vec![(export, thing(), ends)]);
    rows(subject, &fixtures::borrow_kept()?, &world, table.into())
}
