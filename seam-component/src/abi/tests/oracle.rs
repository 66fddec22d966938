//! Comparison with results of the specification's reference interpreter: see `vectors/README.md`.

use seam_core::typed::{Lift, LiftResult, Lower, LowerArgs};
use seam_core::{CanonTrap, CoreType, Error, FuncType, Result, Trap, Type, Value};
use serde_json::Value as Json;

use super::convert::ConvertFunc;
use super::guest::{Guest, Guests, options};
use super::json;
use super::part::{Args, Results};
use crate::abi::{
    Cx, FlatBits, Transfer, lift_flat_values, lift_parts, lower_flat_values, lower_parts,
};
use crate::state::{BorrowScope, ResourceHandle};
use seam_decode::types::{FuncTy, RecordTy, ResourceId, Side, StringEncoding, flatten_functype};

#[test]
fn layouts_match_the_reference() {
    for case in json::cases(include_str!("../vectors/layout.json")) {
        let ty = json::run_time(&json::ty(&case["type"]));
        let layout = ty.layout();
        let number = |key: &str| case[key].as_u64().unwrap();
        assert_eq!(layout.size, number("size"), "{case}");
        assert_eq!(u64::from(layout.alignment), number("alignment"), "{case}");
        assert_eq!(layout.size64, number("size64"), "{case}");
        assert_eq!(
            u64::from(layout.alignment64),
            number("alignment64"),
            "{case}"
        );
        let flat: Vec<_> = case["flat"]
            .as_array()
            .unwrap()
            .iter()
            .map(core_type)
            .collect();
        match flat.len() {
            0..=16 => assert_eq!(ty.flat().core_types(), flat, "{case}"),
            _ => assert!(ty.flat().len() > 16, "{case}"),
        }
        if let Some(borrow) = case["borrow"].as_bool() {
            assert_eq!(ty.contents().borrow, borrow, "{case}");
        }
    }
}

fn core_type(json: &Json) -> CoreType {
    match json.as_str().unwrap() {
        "i32" => CoreType::I32,
        "i64" => CoreType::I64,
        "f32" => CoreType::F32,
        _ => CoreType::F64,
    }
}

#[test]
fn core_function_types_match_the_reference() {
    for case in json::cases(include_str!("../vectors/functype.json")) {
        let params = case["params"].as_array().unwrap().iter().map(json::ty);
        let result = (!case["result"].is_null()).then(|| json::ty(&case["result"]));
        let ty = FuncType::new(params, result);
        let number = |name: &seam_core::ResourceType| Ok(ResourceId(name.name().parse().unwrap()));
        let ty = FuncTy::from_type(&ty, &mut { number }).unwrap();
        for (context, key) in [(Side::Lift, "lift"), (Side::Lower, "lower")] {
            let core = flatten_functype(&ty, context);
            let types = |i: usize| -> std::sync::Arc<[_]> {
                case[key][i]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(core_type)
                    .collect()
            };
            assert_eq!(
                (core.params, core.results),
                (types(0), types(1)),
                "{context:?} {case}"
            );
        }
    }
}

/// A way to lower to the second guest, optionally to an `out_param`.
type Lowering<'a> = &'a mut dyn FnMut(&mut Guests, Option<u32>, &mut FlatBits) -> Result<()>;

/// The types and the maximum number of flat values of a case.
struct Case {
    types: Vec<Type>,
    params: RecordTy,
    max: usize,
}

impl Case {
    fn of(json: &Json) -> Self {
        let types: Vec<Type> = json["types"]
            .as_array()
            .unwrap()
            .iter()
            .map(json::ty)
            .collect();
        let params = json::params(&types);
        let max = json["max"].as_u64().unwrap() as usize;
        Self { types, params, max }
    }

    /// Checks a lowering to the second guest against the vector.
    ///
    /// It compares core values or trap, calls of `realloc`, and memory.
    fn check_lower(&self, guests: &mut Guests, expected: &Json, lower: Lowering<'_>) {
        let to = &mut guests.guests[1];
        to.bytes = json::memory(&expected["size"], &Json::Array(Vec::new()));
        to.script = Some(json::reallocs(&expected["realloc"]).into());
        let out_param = expected.get("out").map(|out| out.as_u64().unwrap() as u32);
        let mut flat = FlatBits::default();
        let result = lower(guests, out_param, &mut flat);
        let to = &guests.guests[1];
        match expected.get("trap") {
            Some(trap) => assert_eq!(trap_name(result), trap.as_str().unwrap(), "{expected}"),
            None => {
                result.unwrap_or_else(|error| panic!("{error}: {expected}"));
                assert_eq!(flat.as_slice(), json::flat(&expected["flat"]), "{expected}");
            }
        }
        assert_eq!(
            to.script.as_ref().unwrap().len(),
            0,
            "missing calls of realloc: {expected}"
        );
        let memory = json::memory(&expected["size"], &expected["memory"]);
        assert!(to.bytes == memory, "memory differs: {expected}");
    }

    /// Checks that values lower as in the vector, from values and from parts.
    fn check_lower_values(&self, values: &[Value], encoding: StringEncoding, expected: &Json) {
        for direct in [true, false] {
            let guests = || Guests::new(vec![Guest::new(0, direct), Guest::new(0, direct)]);
            let opts = options(1, encoding);
            self.check_lower(&mut guests(), expected, &mut |guests, out_param, out| {
                let cx = &mut Cx::new(guests, &opts);
                lower_flat_values(cx, self.max, values, &self.params, out_param, out)
            });
            self.check_lower(&mut guests(), expected, &mut |guests, out_param, out| {
                let args = &mut |to: &mut dyn Lower| Args(&self.types, values).lower(to);
                let cx = &mut Cx::new(guests, &opts);
                lower_parts(cx, self.max, args, &self.params, out_param, out)
            });
        }
    }

    /// Checks that memory and core values lift as in the vector.
    ///
    /// It lifts to values, to parts, and in a transfer to another guest.
    fn check_lift(&self, memory: &[u8], flat: &[u64], case: &Json) {
        let from = options(0, json::encoding(&case["from"]));
        for direct in [true, false] {
            let guests = || {
                let mut guest = Guest::new(0, direct);
                guest.bytes = memory.to_vec();
                Guests::new(vec![guest, Guest::new(0, direct)])
            };
            let lifted = {
                let (mut guests, max) = (guests(), self.max);
                lift_flat_values(&mut Cx::new(&mut guests, &from), max, flat, &self.params)
            };
            let parts = {
                let (mut guests, mut results) = (guests(), Results(&self.types, Vec::new()));
                let cx = &mut Cx::new(&mut guests, &from);
                let lift = &mut |from: &mut dyn Lift| results.lift(from);
                let result = lift_parts(cx, self.max, flat, &self.params, lift);
                result.map(|()| results.1)
            };
            let to = options(
                1,
                case.get("to").map_or(StringEncoding::Utf8, json::encoding),
            );
            let transfer = |guests: &mut Guests, out_param, out: &mut FlatBits| {
                let mut transfer = Transfer {
                    machine: guests,
                    from: &from,
                    to: &to,
                };
                transfer.flat_values(self.max, flat, &self.params, out_param, out)
            };
            match case["lift"].get("trap") {
                Some(trap) => {
                    let trap = trap.as_str().unwrap();
                    assert_eq!(trap_name(lifted), trap, "{case}");
                    assert_eq!(trap_name(parts), trap, "{case}");
                    let mut guests = guests();
                    assert_eq!(
                        trap_name(transfer(&mut guests, None, &mut FlatBits::default())),
                        trap,
                        "{case}"
                    );
                    assert!(
                        guests.guests[1].calls.is_empty(),
                        "realloc before a trap: {case}"
                    );
                }
                None => {
                    let expected = json::values(&self.types, &case["lift"]["values"]);
                    assert_eq!(lifted.unwrap(), expected, "{case}");
                    assert_eq!(parts.unwrap(), expected, "{case}");
                    self.check_lower(&mut guests(), &case["transfer"], &mut { transfer });
                }
            }
        }
    }
}

fn trap_name<T: std::fmt::Debug>(result: Result<T>) -> String {
    match result.as_ref().map_err(Error::as_trap) {
        Err(Some(Trap::Canon(trap))) => format!("{trap:?}"),
        _ => format!("{result:?}"),
    }
}

#[test]
fn values_move_as_in_the_reference() {
    for json in json::cases(include_str!("../vectors/call.json")) {
        let case = Case::of(&json);
        let values = json::values(&case.types, &json["values"]);
        let lower = &json["lower"];
        case.check_lower_values(&values, json::encoding(&json["from"]), lower);
        if lower.get("trap").is_none() {
            let memory = json::memory(&lower["size"], &lower["memory"]);
            case.check_lift(&memory, &json::flat(&lower["flat"]), &json);
        }
    }
}

#[test]
fn any_bytes_lift_as_in_the_reference() {
    for json in json::cases(include_str!("../vectors/lift.json")) {
        let case = Case::of(&json);
        let memory = json::memory(&json["size"], &json["memory"]);
        case.check_lift(&memory, &json::flat(&json["flat"]), &json);
    }
}

#[test]
fn values_lower_to_an_out_param_as_in_the_reference() {
    for json in json::cases(include_str!("../vectors/lower.json")) {
        let case = Case::of(&json);
        let values = json::values(&case.types, &json["values"]);
        case.check_lower_values(&values, json::encoding(&json["to"]), &json["lower"]);
    }
}

#[test]
fn every_cause_of_the_abi_has_a_vector() {
    let files = [
        include_str!("../vectors/call.json"),
        include_str!("../vectors/lift.json"),
        include_str!("../vectors/lower.json"),
        include_str!("../vectors/handle.json"),
    ];
    for trap in CanonTrap::ALL {
        let elsewhere = matches!(
            trap,
            CanonTrap::CannotEnter
                | CanonTrap::CannotLeave
                | CanonTrap::WrongHandleKind
                | CanonTrap::BorrowsNotDropped
                | CanonTrap::TableFull
                | CanonTrap::CannotBlock
                | CanonTrap::NoAsyncResult
                | CanonTrap::Deadlock
                | CanonTrap::BackpressureOverflow
                // Tasks, streams and futures: official scripts have them.
                | CanonTrap::UnsupportedCallbackCode
                | CanonTrap::AlreadyResolved
                | CanonTrap::WrongTaskReturn
                | CanonTrap::NotCancelled
                | CanonTrap::SubtaskNotResolved
                | CanonTrap::CannotCancelSubtask
                | CanonTrap::WaitableSetInUse
                | CanonTrap::InWaitableSet
                | CanonTrap::EndBusy
                | CanonTrap::EndDone
                | CanonTrap::NotCopying
                | CanonTrap::CopyTooLong
                | CanonTrap::FutureNotWritten
                | CanonTrap::IntraComponentCopy
                | CanonTrap::ThreadNotSuspended
                | CanonTrap::WrongThreadFunc
        );
        let name = format!("\"trap\":\"{trap:?}\"");
        assert_eq!(
            files.iter().any(|file| file.contains(&name)),
            !elsewhere,
            "{trap:?}"
        );
    }
}

#[test]
fn handles_move_and_are_lent_as_in_the_reference() {
    for json in json::cases(include_str!("../vectors/handle.json")) {
        let case = Case::of(&json);
        let (max, params) = (case.max, &case.params);
        let [from, to] = [0, 1].map(|instance| options(instance, StringEncoding::Utf8));
        let flat = json::flat(&json["flat"]);
        case.check_handles(&json, &mut |guests, out_param, out| {
            let mut transfer = Transfer {
                machine: guests,
                from: &from,
                to: &to,
            };
            transfer.flat_values(max, &flat, params, out_param, out)
        });
        // Through the host, where a resource keeps its representation.
        case.check_handles(&json, &mut |guests, out_param, out| {
            let values = lift_flat_values(&mut Cx::new(guests, &from), max, &flat, params)?;
            lower_flat_values(
                &mut Cx::new(guests, &to),
                max,
                &values,
                params,
                out_param,
                out,
            )
        });
        case.check_handles(&json, &mut |guests, out_param, out| {
            let mut results = Results(&case.types, Vec::new());
            let lift = &mut |from: &mut dyn Lift| results.lift(from);
            lift_parts(&mut Cx::new(guests, &from), max, &flat, params, lift)?;
            let args = &mut |to: &mut dyn Lower| Args(&case.types, &results.1).lower(to);
            lower_parts(&mut Cx::new(guests, &to), max, args, params, out_param, out)
        });
    }
}

impl Case {
    /// Checks that handles move from one table to the other as in the vector.
    fn check_handles(&self, json: &Json, transfer: Lowering<'_>) {
        let mut guests = Guests::new(vec![Guest::new(256, true), Guest::new(256, true)]);
        set_table(&mut guests.guests[0], &json["from"]);
        set_table(&mut guests.guests[1], &json["to"]);
        for (ty, side) in json["impl"].as_object().unwrap() {
            let instance = u32::from(side == "to");
            guests
                .definers
                .insert(ResourceId(ty.parse().unwrap()), instance);
        }
        guests.guests[0].bytes = json::memory(&json["size"], &json["memory"]);
        if let Some(trap) = json["lift"].get("trap") {
            let result = transfer(&mut guests, None, &mut FlatBits::default());
            assert_eq!(trap_name(result), trap.as_str().unwrap(), "{json}");
            assert!(
                has_table(&mut guests.guests[0], &json["from_after"]),
                "{json}"
            );
            return;
        }
        self.check_lower(&mut guests, &json["transfer"], transfer);
        assert!(
            has_table(&mut guests.guests[0], &json["from_after"]),
            "{json}"
        );
        assert!(
            has_table(&mut guests.guests[1], &json["to_after"]),
            "{json}"
        );
        let borrows = json["num_borrows"].as_u64().unwrap();
        assert_eq!(u64::from(guests.num_borrows), borrows, "{json}");
    }
}

fn handle(json: &Json) -> ResourceHandle {
    let n = |i: usize| json[i].as_u64().unwrap() as u32;
    let mut handle = match json[0].as_str().unwrap() {
        "own" => ResourceHandle::own(ResourceId(n(1)), n(2)),
        _ => ResourceHandle::borrow(ResourceId(n(1)), n(2), BorrowScope::Frame(0)),
    };
    handle.num_lends = json.get(3).map_or(0, |_| n(3));
    handle
}

/// Fills a table. The vector has null at freed indices.
fn set_table(guest: &mut Guest, table: &Json) {
    let entries = table.as_array().unwrap();
    let placeholder = || ResourceHandle::own(ResourceId(0), 0);
    for entry in entries {
        let entry = if entry.is_null() {
            placeholder()
        } else {
            handle(entry)
        };
        guest.handles.add(entry).unwrap();
    }
    for (index, _) in (1..).zip(entries).filter(|(_, entry)| entry.is_null()) {
        guest.handles.remove(index).unwrap();
    }
}

fn has_table(guest: &mut Guest, table: &Json) -> bool {
    let entries = table.as_array().unwrap();
    let past = guest.handles.get(entries.len() as u32 + 1).is_err();
    past && (1..)
        .zip(entries)
        .all(|(index, entry)| match guest.handles.get(index) {
            Ok(found) if !entry.is_null() => {
                let entry = handle(entry);
                (found.ty, found.rep, found.num_lends, found.is_own())
                    == (entry.ty, entry.rep, entry.num_lends, entry.is_own())
            }
            found => found.is_err() && entry.is_null(),
        })
}
