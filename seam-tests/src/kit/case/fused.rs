//! Core modules that were fused from components: the same calls on the composition and on the fused
//! module must do the same.

use std::sync::Arc;

use seam_core::{
    Artifact, Capability, Error, ErrorKind, ExportName, FuncType, HostCall, HostCallRecord,
    Instance, InstanceExt, List, ProgramExt, Resource, ResourceType, Value, World,
};
use seam_diff::random::Values;

use crate::fixtures;
use crate::kit::expect::{fails, gives, misuse, same};
use crate::kit::{Checked, Failure, Subject, script};

/// Runs a script on a composition and on modules that were fused from it.
fn alike(
    subject: &Subject,
    composed: &Artifact,
    fused: impl IntoIterator<Item = Artifact>,
    world: &World,
    calls: &str,
) -> Checked {
    let mut oracle = subject.instantiate(composed, world)?;
    script::run(&mut *oracle, calls).map_err(|failure| failure.about("the composition"))?;
    for module in fused {
        let typed = module.with_interface_of(composed);
        let mut instance = subject.instantiate(&typed, world)?;
        script::run(&mut *instance, calls).map_err(|failure| failure.about(typed.name()))?;
        let calls = |instance: &mut dyn Instance| instance.observed().host_calls.clone();
        let what = format!("host calls of {}", typed.name());
        same(
            what,
            shown(&calls(&mut *instance)),
            shown(&calls(&mut *oracle)),
        )?;
        let (held, expected) = (instance.held().len(), oracle.held().len());
        same(
            format!("resources that the host holds of {}", typed.name()),
            held,
            expected,
        )?;
    }
    Ok(())
}

/// Host calls without the numbers of handles, which a composition and a fused module assign
/// differently.
fn shown(calls: &[HostCallRecord]) -> Vec<String> {
    let shown =
        |call: &HostCallRecord| format!("{} {:?} {:?}", call.name.track(), call.args, call.result);
    calls.iter().map(shown).collect()
}

/// Runs the calls of a fixture on its composition and on the modules that were fused from it.
macro_rules! alike {
    ($subject:ident in $world:expr, $composed:ident, [$($fused:ident),+], $calls:literal) => {
        alike(
            $subject,
            &fixtures::$composed()?,
            [$(fixtures::$fused()?),+],
            &$world,
            include_str!(concat!("../../../fixtures/fused/", $calls)),
        )
    };
}

pub(in crate::kit) fn fused_modules_pass_every_kind_of_value(subject: &Subject) -> Checked {
    alike!(
        subject in World::new(),
        fused_text_composed,
        [fused_text, fused_text_named],
        "text/calls.txt"
    )
}

pub(in crate::kit) fn fused_exports_are_those_of_the_composition(subject: &Subject) -> Checked {
    let world = World::new();
    alike!(subject in world, fused_chain_composed, [fused_chain], "chain/calls.txt")?;
    alike!(subject in world, fused_score_composed, [fused_score], "score/calls.txt")?;
    alike!(subject in world, fused_plain_composed, [fused_plain], "score/calls-plain.txt")?;
    alike!(subject in world, fused_letters_composed, [fused_letters], "letters/calls.txt")
}

pub(in crate::kit) fn fused_inner_functions_are_those_of_the_composition(
    subject: &Subject,
) -> Checked {
    let composed = fixtures::fused_chain_composed()?;
    let fused = fixtures::fused_chain()?.with_interface_of(&composed);
    let mut instance = subject.instantiate(&fused, &World::new())?;
    let step = "test:chain/step@0.1.0";
    // The leaf and the component in the middle export one interface.
    gives(
        &mut *instance,
        &format!("[component]0#{step}#who"),
        &[],
        "leaf",
    )?;
    gives(
        &mut *instance,
        &format!("{step}#who$2"),
        &[],
        "middle on leaf",
    )?;
    gives(
        &mut *instance,
        &format!("{step}#who"),
        &[],
        "middle on leaf",
    )?;
    let names = ["a", "b"].map(Value::from);
    let visit = format!("[component]0#{step}#visit");
    let found = instance.call_blocking(&visit, &[Value::list(names.clone())])?;
    let missing = instance.call_blocking(&format!("[component]7#{step}#who"), &[]);
    misuse("an inner component that does not exist", missing)?;
    let mut oracle = subject.instantiate(&composed, &World::new())?;
    let missing = oracle.call_blocking(&format!("[component]7#{step}#who"), &[]);
    misuse("an inner component that does not exist", missing)?;
    let expected = oracle.call_blocking(&visit, &[Value::list(names)]);
    if !subject.has(Capability::InnerFuncs) {
        let lacking = ErrorKind::Unsupported(Capability::InnerFuncs);
        return fails("an inner function", expected, &lacking).map(drop);
    }
    same("visit", found, expected?)
}

pub(in crate::kit) fn fused_exports_use_their_own_realloc(subject: &Subject) -> Checked {
    // The export `cabi_realloc$1` is another function of the same type.
    let world = World::new();
    alike!(subject in world, fused_realloc_composed, [fused_realloc], "realloc/calls.txt")
}

pub(in crate::kit) fn fused_modules_have_several_string_encodings(subject: &Subject) -> Checked {
    let world = World::new();
    alike!(subject in world, fused_utf16_composed, [fused_utf16], "utf16/calls.txt")
}

pub(in crate::kit) fn fused_modules_share_one_memory(subject: &Subject) -> Checked {
    let world = World::new();
    alike!(subject in world, fused_letters_composed, [fused_letters_shared], "letters/calls.txt")?;
    alike!(subject in world, fused_floats_composed, [fused_floats_shared], "floats/calls.txt")?;
    alike!(subject in world, fused_plain_composed, [fused_plain_shared], "score/calls-plain.txt")
}

pub(in crate::kit) fn fused_modules_pass_resources(subject: &Subject) -> Checked {
    let world = World::new();
    alike!(subject in world, fused_floats_composed, [fused_floats], "floats/calls.txt")?;
    alike!(
        subject in world,
        fused_lists_composed,
        [fused_lists, fused_lists_named],
        "lists/calls.txt"
    )
}

pub(in crate::kit) fn fused_modules_export_again_what_they_import(subject: &Subject) -> Checked {
    let world = World::new();
    alike!(subject in world, fused_reexport_composed, [fused_reexport], "reexport/calls.txt")
}

pub(in crate::kit) fn fused_handles_are_checked(subject: &Subject) -> Checked {
    let composed = fixtures::fused_floats_composed()?;
    let fused = fixtures::fused_floats()?.with_interface_of(&composed);
    let mut instance = subject.instantiate(&fused, &World::new())?;
    let mut other = subject.instantiate(&fused, &World::new())?;
    let outer = |name: &str| format!("test:floats/outer@0.1.0#{name}");
    let made = |instance: &mut dyn Instance| {
        super::resource::owned(instance, &outer("[constructor]float"), &[1.0_f64.into()])
    };
    let (mine, foreign) = (made(&mut *instance)?, made(&mut *other)?);
    let get = outer("[method]float.get");
    let lent = |handle: &Resource| [Value::Borrow(handle.clone())];
    misuse(
        "a foreign handle",
        instance.call_blocking(&get, &lent(&foreign)),
    )?;
    gives(&mut *instance, &get, &lent(&mine), 2.0_f64)?;
    let moved = [Value::Own(mine.clone())];
    gives(&mut *instance, &outer("take"), &moved, 2.0_f64)?;
    misuse("a moved handle", instance.call_blocking(&get, &lent(&mine)))?;
    misuse("a moved handle, dropped", instance.drop_resource(&mine))?;
    // The instance can still be entered.
    let again = made(&mut *instance)?;
    same("held", instance.held(), vec![again])
}

/// The sinks that the host made, by representation: the name, or `None` once dropped.
#[derive(Default)]
struct Sinks(Vec<Option<Arc<str>>>);

impl Sinks {
    fn add(&mut self, name: &str) -> Result<Value, Error> {
        let rep = u32::try_from(self.0.len()).map_err(|_| Error::host("expected room"))?;
        self.0.push(Some(name.into()));
        let ty = ResourceType::new("test:host/log@0.1.0#sink");
        Ok(Value::Own(Resource::host(ty, rep)))
    }

    fn name(&mut self, value: Option<&Value>) -> Result<Arc<str>, Error> {
        let (Some(Value::Borrow(handle)) | Some(Value::Own(handle))) = value else {
            return Err(Error::host("expected a sink"));
        };
        let name = self.0.get(handle.rep()? as usize).cloned().flatten();
        name.ok_or_else(|| Error::host("expected a sink that was not dropped"))
    }

    fn drop(&mut self, rep: u32) -> Result<(), Error> {
        let sink = self.0.get_mut(rep as usize).and_then(Option::take);
        sink.map(drop)
            .ok_or_else(|| Error::host("expected a sink that was not dropped"))
    }
}

/// The host of the fixture `imports`.
fn log() -> World {
    let named = |name: &str| format!("test:host/log@0.1.0#{name}");
    let sinks = |call: &mut HostCall<'_>, args: &[Value]| -> Result<Arc<str>, Error> {
        call.state::<Sinks>()?.name(args.first())
    };
    World::new()
        .record(true)
        .state(Sinks::default)
        .resource(&named("sink"), |call: &mut HostCall<'_>, rep| {
            call.state::<Sinks>()?.drop(rep)
        })
        .func_values(&named("log"), None, |_: &mut HostCall<'_>, _: &[Value]| {
            Ok(None)
        })
        .func(&named("lookup"), |(key,): (String,)| {
            Ok((key == "greeting").then(|| "hello".to_string()))
        })
        .func_values(
            &named("[constructor]sink"),
            None,
            |call: &mut HostCall<'_>, args: &[Value]| {
                let [Value::String(name)] = args else {
                    return Err(Error::host("expected a name"));
                };
                call.state::<Sinks>()?.add(name).map(Some)
            },
        )
        .func_values(
            &named("[method]sink.name"),
            None,
            move |call: &mut HostCall<'_>, args: &[Value]| {
                Ok(Some(Value::from(&*sinks(call, args)?)))
            },
        )
        .func_values(
            &named("[method]sink.write"),
            None,
            move |call: &mut HostCall<'_>, args: &[Value]| {
                sinks(call, args)?;
                let [_, Value::List(List::U8(bytes))] = args else {
                    return Err(Error::host("expected bytes"));
                };
                Ok(Some(Value::U32(
                    u32::try_from(bytes.len()).unwrap_or(u32::MAX),
                )))
            },
        )
        .func_values(
            &named("[static]sink.merge"),
            None,
            |call: &mut HostCall<'_>, args: &[Value]| {
                let all = call.state::<Sinks>()?;
                let both = format!("{}+{}", all.name(args.first())?, all.name(args.get(1))?);
                for value in args {
                    if let Value::Own(handle) = value {
                        all.drop(handle.rep()?)?;
                    }
                }
                all.add(&both).map(Some)
            },
        )
}

pub(in crate::kit) fn fused_imports_use_the_importers_memory(subject: &Subject) -> Checked {
    alike!(subject in log(), fused_imports_composed, [fused_imports], "imports/calls.txt")
}

pub(in crate::kit) fn fused_start_functions_call_the_host(subject: &Subject) -> Checked {
    let world = World::new()
        .record(true)
        .func("test:start/log@0.1.0#note", |(_,): (String,)| Ok(()));
    alike!(subject in world, fused_start_composed, [fused_start], "start/calls.txt")
}

pub(in crate::kit) fn fused_modules_pass_random_values(subject: &Subject) -> Checked {
    let composed = fixtures::fused_text_composed()?;
    let fused = fixtures::fused_text()?.with_interface_of(&composed);
    let mut oracle = subject.instantiate(&composed, &World::new())?;
    let program = subject.load(&fused)?;
    let mut instance = program.instantiate_blocking(&World::new())?;
    let funcs = program.interface().export_funcs();
    agree_on_random_values(&mut *oracle, &mut *instance, funcs, 1, 12)
}

/// Checks that each function returns the same on both instances, for random arguments.
pub(super) fn agree_on_random_values(
    oracle: &mut dyn Instance,
    instance: &mut dyn Instance,
    funcs: &[(ExportName, Arc<FuncType>)],
    seed: u64,
    rounds: usize,
) -> Checked {
    for (name, ty) in funcs {
        let (left, right) = (oracle.func(name)?, instance.func(name)?);
        let mut random = Values::new(seed).at_most(64);
        for _ in 0..rounds {
            let none = || Failure::new(format!("expected arguments for {name}, found none"));
            let args = random.args(ty).ok_or_else(none)?;
            let expected = oracle.call_blocking(&left, &args)?;
            let found = instance.call_blocking(&right, &args)?;
            same(format!("{name}({args:?})"), found, expected)?;
        }
    }
    Ok(())
}
