//! The world of a scenario.

use std::collections::HashMap;
use std::sync::Arc;

use seam_core::{
    Error, ExportName, FuncType, HostCall, Interface, Result, Stub, Trap, Value, World,
};
use seam_wasi::{Access, Wasi, wasi_import};

use super::file::{Canned, Content, Does, Scenario};
use super::limit::read;
use super::text::At;
use crate::units;

/// Builds the world for an artifact: `own` is the interface by which it is linked, `typed` the one
/// with component-level types. `program` is the guest's first argument.
///
/// # Errors
/// `Misuse` with the place in the file.
pub(super) fn world(
    scenario: &Scenario,
    own: &Interface,
    typed: &Interface,
    program: &str,
) -> Result<World> {
    let surroundings = &scenario.world;
    let mut world = World::new()
        .limits(scenario.limits.clone())
        .stub(stub(surroundings.stub.as_deref().unwrap_or("deny")));
    if let Some(seed) = surroundings.schedule_seed {
        world = world.schedule_seed(seed);
    }
    for (prefix, word) in &surroundings.stubs {
        world = world.stub_for(prefix, stub(word));
    }
    if wasi_import(own).is_some() {
        world = hermetic(scenario, program)?.add_to(world)?;
    } else {
        // What is wrong in the file is wrong for every artifact.
        hermetic(scenario, program)?;
    }
    world = world.state(Positions::default);
    for (index, canned) in surroundings.funcs.iter().enumerate() {
        let imports = typed.import_funcs().iter();
        let mut found = imports.filter(|(name, _)| import_name(canned).provides(name));
        if let Some((_, ty)) = found.next() {
            world = define(scenario, world, canned, index, ty)?;
        }
    }
    Ok(world)
}

/// Checks that an artifact imports every canned function.
///
/// # Errors
/// `Misuse` with the place of the first that none imports.
pub(super) fn check_funcs(scenario: &Scenario, interfaces: &[&Interface]) -> Result<()> {
    let imports = || {
        let all = interfaces
            .iter()
            .flat_map(|interface| interface.import_funcs());
        all.map(|(name, _)| name)
    };
    for canned in &scenario.world.funcs {
        let name = import_name(canned);
        if imports().any(|import| name.provides(import)) {
            continue;
        }
        let near: Vec<String> = name
            .near(imports())
            .iter()
            .map(|it| format!("`{it}`"))
            .collect();
        let near = match near.as_slice() {
            [] => String::new(),
            near => format!("; near matches: {}", near.join(", ")),
        };
        let message = format!("expected an imported function, found no `{name}`{near}");
        return Err(scenario.text.fault(canned.name.at, message));
    }
    Ok(())
}

fn import_name(canned: &Canned) -> ExportName {
    let name = &canned.name.value;
    // A core module may use any text as a name.
    name.parse()
        .unwrap_or_else(|_| ExportName::root(name.as_str()))
}

fn stub(word: &str) -> Stub {
    match word {
        "trap" => Stub::Trap,
        "default" => Stub::Default,
        _ => Stub::Deny,
    }
}

fn hermetic(scenario: &Scenario, program: &str) -> Result<Wasi> {
    let surroundings = &scenario.world;
    let program = surroundings.program.as_deref().unwrap_or(program);
    let mut wasi = Wasi::hermetic()
        .args([program])
        .args(surroundings.args.iter().cloned());
    for (key, value) in &surroundings.env {
        wasi = wasi.env(key, value);
    }
    if let Some(cwd) = &surroundings.cwd {
        wasi = wasi.cwd(cwd);
    }
    match &surroundings.stdin {
        Some(Content::Text(text)) => wasi = wasi.stdin(text.as_bytes()),
        Some(Content::From(path)) => wasi = wasi.stdin(scenario.bytes(path)?),
        _ => {}
    }
    for (path, content) in &surroundings.files {
        wasi = add(scenario, wasi, &path.value, content)?;
    }
    if surroundings.read_only {
        wasi = wasi.files(Access::Read);
    }
    if let Some(seed) = surroundings.seed {
        wasi = wasi.seed(seed);
    }
    let wall_clock = surroundings.wall_clock.clone();
    if let Some(time) = read(&scenario.text, "wall-clock", wall_clock, units::instant)? {
        wasi = wasi.wall_clock(time.seconds, time.nanoseconds);
    }
    if let Some(nanoseconds) = surroundings.monotonic_clock {
        wasi = wasi.monotonic_clock(nanoseconds);
    }
    Ok(wasi)
}

/// Adds what is at a path of the guest.
fn add(scenario: &Scenario, wasi: Wasi, path: &str, content: &Content) -> Result<Wasi> {
    Ok(match content {
        Content::Text(text) => wasi.file(path, text.as_bytes()),
        Content::From(from) => wasi.file(path, scenario.bytes(from)?),
        Content::Folder => wasi.folder(path),
        Content::Link(target) => wasi.link(path, target),
        Content::Mount(folder) => {
            let host = scenario.beside(&folder.value);
            if !host.is_dir() {
                let folder_name = &folder.value;
                let message = format!("expected a folder, found `{folder_name}`");
                return Err(scenario.text.fault(folder.at, message));
            }
            wasi.dir(host, path, Access::Read)
        }
    })
}

/// How many values of each sequence an instance has used, by the function's index.
#[derive(Default)]
struct Positions(HashMap<usize, usize>);

/// Defines a canned function for an import of this type.
fn define(
    scenario: &Scenario,
    world: World,
    canned: &Canned,
    index: usize,
    ty: &Arc<FuncType>,
) -> Result<World> {
    let name = canned.name.value.as_str();
    let parse = |text: &At<String>| {
        result(ty, &text.value).map_err(|error| {
            let message = format!("`{name}`: {}", error.message());
            scenario.text.fault(text.at, message)
        })
    };
    Ok(match &canned.does {
        Does::Constant(text) => {
            let value = parse(text)?;
            world.func_values(name, None, move |_, _| Ok(value.clone()))
        }
        Does::Sequence(texts) => {
            let values = texts.iter().map(parse).collect::<Result<Vec<_>>>()?;
            world.func_values(name, None, move |call, _| next(call, index, &values))
        }
        Does::Echo(position) => {
            let at = position.value - 1;
            let param = ty.params.get(at).map(|(_, ty)| ty);
            if param.is_none() || param != ty.result.as_ref() {
                let message = format!(
                    "`{name}`: expected a parameter of the result's type, found parameter {} of {ty}",
                    position.value
                );
                return Err(scenario.text.fault(position.at, message));
            }
            world.func_values(name, None, move |_, args| Ok(args.get(at).cloned()))
        }
        Does::Trap(text) => {
            let named = Trap::from_text(text);
            let trap = named.unwrap_or_else(|| Trap::Other(text.as_str().into()));
            world.func_values(name, None, move |_, _| Err(Error::trap(trap.clone())))
        }
    })
}

fn next(call: &mut HostCall<'_>, index: usize, values: &[Option<Value>]) -> Result<Option<Value>> {
    let position = call.state::<Positions>()?.0.entry(index).or_default();
    let value = values.get(*position).cloned();
    *position += 1;
    value.ok_or_else(|| {
        let count = values.len();
        Error::host(format!(
            "expected at most {count} calls, as the sequence has values"
        ))
    })
}

/// Reads a result of a function: WAVE, or `()` if it has none.
pub(super) fn result(ty: &FuncType, text: &str) -> Result<Option<Value>> {
    match &ty.result {
        Some(ty) => Value::parse(ty, text).map(Some),
        None if text.trim() == "()" => Ok(None),
        None => Err(Error::misuse(format!(
            "expected `()`, as the function has no result, found `{text}`"
        ))),
    }
}
