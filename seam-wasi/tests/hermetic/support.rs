//! The host side of an instance, without a guest.

use std::collections::HashMap;
use std::sync::LazyLock;

use seam_core::{Error, Interface, List, Observed, Resource, Result, Value, World, WorldState};
use seam_wasi::Wasi;

use crate::everything;

/// The host side of an instance that imports all of WASI.
pub(crate) struct Host {
    interface: &'static Interface,
    /// Indices of functions by their names without versions.
    funcs: HashMap<String, usize>,
    state: WorldState,
}

impl Host {
    pub(crate) fn new(wasi: Wasi) -> Self {
        Self::with(wasi, World::new())
    }

    /// The host side of an instance that imports all of WASI 0.3.
    pub(crate) fn of_0_3(wasi: Wasi) -> Self {
        static INTERFACE: LazyLock<Interface> =
            LazyLock::new(|| seam_decode::validate(&everything::component_0_3("0.3.0")).unwrap());
        Self::of(&INTERFACE, wasi, World::new())
    }

    pub(crate) fn with(wasi: Wasi, world: World) -> Self {
        static INTERFACE: LazyLock<Interface> =
            LazyLock::new(|| seam_decode::validate(&everything::component("0.2.3")).unwrap());
        Self::of(&INTERFACE, wasi, world)
    }

    fn of(interface: &'static Interface, wasi: Wasi, world: World) -> Self {
        let world = wasi.add_to(world).unwrap();
        let bindings = world.bind(interface).unwrap();
        let state = WorldState::new(&world, &bindings);
        let funcs = interface.import_funcs().iter().enumerate();
        let funcs = funcs.map(|(index, (name, _))| (name.track().to_string(), index));
        let funcs = funcs.collect();
        Self {
            interface,
            funcs,
            state,
        }
    }

    /// Calls a function by its name without a version, e.g. `io/streams#[method]input-stream.read`.
    pub(crate) fn call(&mut self, name: &str, args: &[Value]) -> Result<Option<Value>> {
        let index = self.funcs.get(&format!("wasi:{name}"));
        let index = *index.unwrap_or_else(|| panic!("{name} is not imported"));
        let (_, ty) = &self.interface.import_funcs()[index];
        ty.check_args(args).unwrap();
        self.state.call(index, args)
    }

    /// Calls a function that cannot fail, and returns its result.
    pub(crate) fn get(&mut self, name: &str, args: &[Value]) -> Value {
        self.call(name, args).unwrap().unwrap()
    }

    /// Calls a function and returns the `ok` payload of its result.
    pub(crate) fn ok(&mut self, name: &str, args: &[Value]) -> Option<Value> {
        match self.get(name, args) {
            Value::Result(Ok(value)) => value.map(|value| *value),
            other => panic!("{name}: expected ok, found {other:?}"),
        }
    }

    /// Calls a function and returns the name of its error case.
    pub(crate) fn err(&mut self, name: &str, args: &[Value]) -> String {
        match self.get(name, args) {
            Value::Result(Err(Some(error))) => match *error {
                Value::Enum(case) | Value::Variant(case, _) => case.to_string(),
                other => panic!("{name}: expected a case, found {other:?}"),
            },
            Value::Result(Err(None)) => String::new(),
            other => panic!("{name}: expected err, found {other:?}"),
        }
    }

    /// Calls a function that must end the instance, and returns the error.
    pub(crate) fn fails(&mut self, name: &str, args: &[Value]) -> Error {
        self.call(name, args).unwrap_err()
    }

    pub(crate) fn drop(&mut self, value: &Value) {
        let resource = resource(value);
        let name = resource.ty().name().parse().unwrap();
        self.state
            .drop_resource(&name, resource.rep().unwrap())
            .unwrap();
    }

    pub(crate) fn observed(&mut self) -> &Observed {
        self.state.observed()
    }

    /// Returns the first preopened folder.
    pub(crate) fn root(&mut self) -> Value {
        let mut list = self.preopens();
        list.remove(0).0
    }

    pub(crate) fn preopens(&mut self) -> Vec<(Value, String)> {
        let list = self.get("filesystem/preopens#get-directories", &[]);
        let Value::List(list) = list else {
            panic!("{list:?}")
        };
        let pairs = list.iter().map(|pair| match pair {
            Value::Tuple(pair) => match &pair[..] {
                [folder, Value::String(path)] => (folder.clone(), path.to_string()),
                other => panic!("{other:?}"),
            },
            other => panic!("{other:?}"),
        });
        pairs.collect()
    }

    /// Opens a path. `how` lists words of `open-flags` and `descriptor-flags`, and `follow`.
    pub(crate) fn open(&mut self, folder: &Value, path: &str, how: &str) -> Result<Value, String> {
        let words: Vec<&str> = how.split_whitespace().collect();
        let flags = |known: &[&str]| {
            let set = words.iter().copied().filter(|word| known.contains(word));
            Value::flags(set.collect::<Vec<_>>())
        };
        let follow = words.contains(&"follow").then_some("symlink-follow");
        let args = [
            lent(folder),
            Value::flags(follow),
            path.into(),
            flags(&["create", "directory", "exclusive", "truncate"]),
            flags(&["read", "write", "mutate-directory", "file-integrity-sync"]),
        ];
        match self.get(&at("open-at"), &args) {
            Value::Result(Ok(Some(descriptor))) => Ok(*descriptor),
            Value::Result(Err(Some(code))) => match *code {
                Value::Enum(code) => Err(code.to_string()),
                other => panic!("{other:?}"),
            },
            other => panic!("{other:?}"),
        }
    }

    /// Reads a whole file with `read`.
    pub(crate) fn read(&mut self, folder: &Value, path: &str) -> Vec<u8> {
        let file = self.open(folder, path, "read follow").unwrap();
        let mut all = Vec::new();
        loop {
            let args = [lent(&file), u64::MAX.into(), (all.len() as u64).into()];
            let read = self.ok(&at("read"), &args).unwrap();
            let Value::Tuple(pair) = read else {
                panic!("{read:?}")
            };
            match &pair[..] {
                [_, Value::Bool(true)] => break,
                [part, _] => all.extend(bytes(part)),
                other => panic!("{other:?}"),
            }
        }
        self.drop(&file);
        all
    }

    /// Creates or replaces a file with `write`.
    pub(crate) fn write(&mut self, folder: &Value, path: &str, content: &[u8]) {
        let file = self.open(folder, path, "write create truncate").unwrap();
        let args = [lent(&file), content.to_vec().into(), 0u64.into()];
        self.ok(&at("write"), &args).unwrap();
        self.drop(&file);
    }
}

/// Returns the full name of a method of `descriptor`.
pub(crate) fn at(method: &str) -> String {
    format!("filesystem/types#[method]descriptor.{method}")
}

/// Returns a borrowed handle to an owned resource.
pub(crate) fn lent(value: &Value) -> Value {
    Value::Borrow(resource(value).clone())
}

fn resource(value: &Value) -> &Resource {
    match value {
        Value::Own(resource) => resource,
        other => panic!("expected a resource, found {other:?}"),
    }
}

pub(crate) fn bytes(value: &Value) -> Vec<u8> {
    match value {
        Value::List(List::U8(bytes)) => bytes.clone(),
        Value::List(list) if list.is_empty() => Vec::new(),
        other => panic!("expected bytes, found {other:?}"),
    }
}

/// Returns a field of a record.
pub(crate) fn field(value: &Value, name: &str) -> Value {
    match value {
        Value::Record(fields) => {
            let found = fields.iter().find(|(known, _)| **known == *name);
            found.unwrap().1.clone()
        }
        other => panic!("expected a record, found {other:?}"),
    }
}
