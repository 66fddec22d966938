//! The engine: probing, validation, stores.

use std::sync::Arc;
use std::time::Duration;

use seam_core::{
    Capability, CoreEngine, CoreModule, CoreStore, EngineInfo, HostState, Limits, Result,
    check_core_limits, store_number,
};

use crate::call::Owner;
use crate::error::of_loading;
use crate::fault::KilnResult;
use crate::host::Handler;
use crate::kiln::Kiln;
use crate::load::Loader;
use crate::probe::{Probed, probe};
use crate::shape::{self, Shape};
use crate::state::{Shared, State};
use crate::store::Guest;

/// The [`CoreEngine`] port over kiln.
///
/// It translates kiln's interface, and repairs nothing of what kiln executes: finding where kiln
/// differs is what the seam is for.
pub struct KilnEngine<K> {
    make: Box<dyn Fn() -> KilnResult<K> + Send + Sync>,
    number: u32,
    info: EngineInfo,
    probed: Probed,
    direct: bool,
    load_time: Option<Duration>,
}

/// What stands for a compiled module: kiln loads it anew for each instance.
pub(crate) struct Compiled {
    pub(crate) wasm: Arc<[u8]>,
    pub(crate) shape: Shape,
    /// Number of the engine.
    pub(crate) engine: u32,
}

impl<K: Kiln> KilnEngine<K> {
    /// The engine; `make` makes a fresh engine of kiln's, one for each store.
    ///
    /// A tiny module is run on the first: in which order do arguments of host functions arrive, do
    /// results come back, can memories and globals be reached?
    ///
    /// # Errors
    /// `Engine` if kiln does something that is not known here: what was expected and what was found.
    pub fn new(make: impl Fn() -> KilnResult<K> + Send + Sync + 'static) -> Result<Self> {
        let mut first = make().map_err(of_loading)?;
        let probed = probe(&mut first).map_err(|e| e.during("probe kiln"))?;
        let capabilities = K::proposals()
            .with(Capability::Fuel, probed.fuel)
            .with(Capability::FailedInstance, true);
        let mut info = EngineInfo::new("kiln", K::version(), capabilities);
        info.validates = false;
        info.multi_value_host_results = false;
        Ok(Self {
            make: Box::new(make),
            number: store_number(),
            info,
            probed,
            direct: false,
            load_time: None,
        })
    }

    /// The same engine, without a provider between a module and the host functions it imports, and
    /// with the module's own names where the store has no other use of them: to look for kiln's
    /// faults with imports. Reports name this mode `kiln-direct`.
    #[must_use]
    pub fn direct_imports(self) -> Self {
        Self {
            direct: true,
            ..self.named("kiln-direct")
        }
    }

    /// The same engine under another name.
    pub(crate) fn named(mut self, name: &str) -> Self {
        self.info.name = name.into();
        self
    }

    /// The same engine, with this long for loading the modules of each store together: it takes kiln
    /// about 10 ms for each function, and more for large modules. What takes longer is
    /// `Limit(Deadline)`, and so is all that the store does afterwards.
    ///
    /// kiln cannot be interrupted: what was begun goes on, on a thread that nobody waits for.
    #[must_use]
    pub fn load_within(mut self, time: Duration) -> Self {
        self.load_time = Some(time);
        self
    }

    /// The same engine, said to lack something: modules that need it are `Unsupported`, and kiln
    /// never sees them.
    #[must_use]
    pub fn without(mut self, capability: Capability) -> Self {
        let capabilities = std::mem::take(&mut self.info.capabilities);
        self.info.capabilities = capabilities.with(capability, false);
        self
    }

    /// What the probe found.
    #[must_use]
    pub fn probed(&self) -> &Probed {
        &self.probed
    }
}

impl<K: Kiln> CoreEngine for KilnEngine<K> {
    fn info(&self) -> &EngineInfo {
        &self.info
    }

    /// kiln validates nothing: `seam_decode::compile` validates before it calls this. kiln sees the
    /// module when it is instantiated: it takes about 10 ms for each function, and never frees what
    /// it has loaded.
    fn compile(&self, wasm: &[u8]) -> Result<CoreModule> {
        let compiled = Compiled {
            wasm: wasm.into(),
            shape: shape::read(wasm)?,
            engine: self.number,
        };
        Ok(CoreModule::new(compiled))
    }

    fn store(&self, limits: &Limits, host: HostState) -> Result<Box<dyn CoreStore>> {
        check_core_limits(limits, &self.info.capabilities)?;
        let mut kiln = (self.make)().map_err(of_loading)?;
        let shared = Arc::new(Shared::default());
        let handler = Handler {
            shared: shared.clone(),
        };
        kiln.set_host_handler(Box::new(handler));
        if let Some(fuel) = limits.fuel {
            kiln.set_fuel(fuel);
        }
        let state = State {
            number: store_number(),
            host,
            host_depth: limits.host_depth,
            order: self.probed.order,
            ..State::default()
        };
        Ok(Box::new(Guest(Owner {
            kiln: Loader::new(kiln, self.load_time),
            engine: self.number,
            direct: self.direct,
            shared,
            state: Box::new(state),
            spare: None,
            fuel: limits.fuel,
            loaded: 0,
            made: 0,
            serial: 0,
        })))
    }
}
