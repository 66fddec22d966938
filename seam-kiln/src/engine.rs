//! The engine: probes kiln, scans modules, makes stores.

use std::time::Duration;

use seam_core::{
    Capability, CoreEngine, CoreModule, CoreStore, EngineInfo, HostState, Limits, Result,
    check_core_limits, store_number,
};

use crate::error::of_loading;
use crate::host::Handler;
use crate::kiln::{Kiln, KilnResult};
use crate::loader::Loader;
use crate::module::Compiled;
use crate::owner::Owner;
use crate::probe::{Probed, probe};
use crate::scan::scan;
use crate::state::{CoreState, Shared};
use crate::store::KilnStore;

/// A [`CoreEngine`] over kiln.
///
/// It translates kiln's interface, and repairs nothing that kiln executes: the seam is there to find
/// where kiln differs.
pub struct KilnEngine<K> {
    make: Box<dyn Fn() -> KilnResult<K> + Send + Sync>,
    number: u32,
    info: EngineInfo,
    probed: Probed,
    direct: bool,
    load_time: Option<Duration>,
}

impl<K: Kiln> KilnEngine<K> {
    /// Makes an engine. `make` makes a fresh kiln engine for each store.
    ///
    /// The first kiln engine runs a tiny module, which shows in which order the arguments of
    /// host functions arrive, by direct and by indirect calls, whether results come back, and whether
    /// memories and globals can be reached.
    ///
    /// # Errors
    /// `Engine` if kiln behaves in a way that this adapter does not know. The message says what was
    /// expected and what was found.
    pub fn new(make: impl Fn() -> KilnResult<K> + Send + Sync + 'static) -> Result<Self> {
        let mut first = make().map_err(of_loading)?;
        let probed = probe(&mut first).map_err(|e| e.during("probe kiln"))?;
        let capabilities = K::proposals()
            .with(Capability::Fuel, probed.fuel)
            .with(Capability::FailedInstance, true);
        let mut info = EngineInfo::new("kiln", K::version(), capabilities);
        info.validates = false;
        Ok(Self {
            make: Box::new(make),
            number: store_number(),
            info,
            probed,
            direct: false,
            load_time: None,
        })
    }

    /// Leaves out the providers between a module and its host functions, to look for kiln's faults
    /// with imports.
    ///
    /// Imports keep the module's own names if nothing else in the store has these names. Reports call
    /// this mode `kiln-direct`.
    #[must_use]
    pub fn direct_imports(self) -> Self {
        Self {
            direct: true,
            ..self.named("kiln-direct")
        }
    }

    /// Gives the engine another name.
    pub(crate) fn named(mut self, name: &str) -> Self {
        self.info.name = name.into();
        self
    }

    /// Bounds the time that each store has for loading modules.
    ///
    /// kiln takes about 10 ms for each function, and more in large modules. If loading takes longer
    /// than `time` in all, it is `Limit(Deadline)`, and so is every later operation of the store.
    ///
    /// kiln cannot be interrupted: the load goes on, on a thread that nobody waits for.
    #[must_use]
    pub fn load_within(mut self, time: Duration) -> Self {
        self.load_time = Some(time);
        self
    }

    /// Makes the engine lack a capability. Modules that need it are `Unsupported`, and kiln never
    /// sees them.
    #[must_use]
    pub fn without(mut self, capability: Capability) -> Self {
        let capabilities = std::mem::take(&mut self.info.capabilities);
        self.info.capabilities = capabilities.with(capability, false);
        self
    }

    /// Returns what the probe found.
    #[must_use]
    pub fn probed(&self) -> &Probed {
        &self.probed
    }
}

impl<K: Kiln> CoreEngine for KilnEngine<K> {
    fn info(&self) -> &EngineInfo {
        &self.info
    }

    /// Scans a module. `seam_decode::compile` validates it first, because kiln does not. kiln loads the
    /// module when it is instantiated.
    fn compile(&self, wasm: &[u8]) -> Result<CoreModule> {
        let compiled = Compiled {
            wasm: wasm.into(),
            scan: scan(wasm)?,
            engine: self.number,
        };
        Ok(CoreModule::new(compiled))
    }

    fn store(&self, limits: &Limits, host: HostState) -> Result<Box<dyn CoreStore>> {
        check_core_limits(limits, &self.info.capabilities)?;
        let mut kiln = (self.make)().map_err(of_loading)?;
        let shared = Shared::default();
        kiln.set_host_handler(Box::new(Handler(shared.clone())));
        if let Some(fuel) = limits.fuel {
            kiln.set_fuel(fuel);
        }
        let loader = Loader::new(kiln, self.load_time);
        let state = CoreState::new(host, limits.host_depth, self.probed.order);
        let mut owner = Owner::new(self.number, loader, state, shared);
        owner.direct = self.direct;
        owner.fuel = limits.fuel;
        Ok(Box::new(KilnStore(owner)))
    }
}
