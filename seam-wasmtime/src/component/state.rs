//! The data of a component's store.

use std::ops::Range;
use std::sync::Arc;

use seam_core::{ExportName, HostState, Interface, Item, ItemKind, Limits, WorldState};
use wasmtime::Module;
use wasmtime_wasi::{WasiCtxView, WasiView};

use crate::component::held::Held;
use crate::component::waits::Waits;
use crate::error::Code;
use crate::state::{CoreState, HasCore};
use crate::wasi::Wasi;

/// The data of a component's store.
pub(crate) struct State {
    core: CoreState,
    code: Arc<ComponentCode>,
    pub(crate) world: WorldState,
    pub(crate) types: Arc<HostTypes>,
    pub(crate) held: Held,
    pub(crate) waits: Waits,
    wasi: Option<Wasi>,
}

impl State {
    pub(crate) fn new(
        limits: &Limits,
        world: WorldState,
        types: Arc<HostTypes>,
        code: Arc<ComponentCode>,
        wasi: Option<Wasi>,
    ) -> Self {
        Self {
            code,
            core: CoreState::new(limits, HostState::none()),
            world,
            types,
            held: Held::new(),
            waits: Waits::default(),
            wasi,
        }
    }
}

impl State {
    /// Whether the system's WASI is there, whose functions can wait for the system.
    pub(crate) fn has_system_wasi(&self) -> bool {
        self.wasi.is_some()
    }

    /// See [`Wasi::take_refused`].
    pub(crate) fn take_refused_output(&mut self) -> bool {
        self.wasi.as_mut().is_some_and(Wasi::take_refused)
    }
}

impl HasCore for State {
    fn core(&mut self) -> &mut CoreState {
        &mut self.core
    }

    fn core_ref(&self) -> &CoreState {
        &self.core
    }

    fn code(&self) -> &dyn Code {
        &*self.code
    }
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        self.wasi.get_or_insert_with(Wasi::none).view()
    }
}

/// The resource types that a component imports from the host. The index is the engine's number.
#[derive(Debug, Default)]
pub(crate) struct HostTypes(Vec<HostType>);

#[derive(Debug)]
struct HostType {
    /// The name in types: where the type first occurs in the artifact.
    name: Arc<str>,
    /// The name that the world looks up.
    world_name: ExportName,
}

impl HostTypes {
    /// Collects the resource types that the interface imports.
    pub(crate) fn of(interface: &Interface) -> Self {
        let mut types = Self::default();
        types.add(interface.imports());
        types
    }

    fn add(&mut self, items: &[Item]) {
        for item in items {
            match &item.kind {
                ItemKind::Instance(items) => self.add(items),
                ItemKind::Resource(ty) if self.number(ty.name()).is_none() => {
                    let world_name =
                        (ty.name().parse()).unwrap_or_else(|_| ExportName::root(ty.name()));
                    let name = ty.name().into();
                    self.0.push(HostType { name, world_name });
                }
                _ => {}
            }
        }
    }

    /// Returns the engine's number of a type.
    pub(crate) fn number(&self, name: &str) -> Option<u32> {
        let position = self.0.iter().position(|ty| &*ty.name == name)?;
        u32::try_from(position).ok()
    }

    /// Returns the name that the world looks up.
    pub(crate) fn world_name(&self, number: u32) -> Option<&ExportName> {
        let ty = self.0.get(usize::try_from(number).ok()?)?;
        Some(&ty.world_name)
    }
}

/// The artifact's bytes, which offsets refer to, and the ranges of its core modules.
pub(crate) struct ComponentCode {
    pub(crate) bytes: Arc<[u8]>,
    pub(crate) modules: Vec<Range<usize>>,
}

impl ComponentCode {
    pub(crate) fn of(bytes: &[u8], interface: &Interface) -> Self {
        let ranges = interface.core_instances().iter();
        Self {
            bytes: bytes.into(),
            modules: ranges.filter_map(|core| core.range.clone()).collect(),
        }
    }
}

impl Code for ComponentCode {
    fn of(&self, _module: &Module, offset: usize) -> Option<(&[u8], usize)> {
        let range = self.modules.iter().find(|range| range.contains(&offset))?;
        Some((&self.bytes, range.start))
    }
}
