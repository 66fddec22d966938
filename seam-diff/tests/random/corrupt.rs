//! wasmi as a backend that returns wrong results of one class of values.

use async_trait::async_trait;
use seam_core::{
    Args, Artifact, Backend, BackendInfo, Call, CoreInstance, CorePath, CoreValue, Exit,
    ExportName, Failed, Func, Instance, Interface, List, Observed, Program, Query, Resource,
    Result, Snapshot, Value, World,
};
use seam_wasmi::Wasmi;

/// Changes the values of one class, and no others.
pub(crate) type Corrupt = fn(&mut Value);

/// A backend that changes results.
pub(crate) struct Corrupting {
    inner: Wasmi,
    info: BackendInfo,
    corrupt: Corrupt,
}

impl Corrupting {
    pub(crate) fn new(corrupt: Corrupt) -> Self {
        let inner = Wasmi::new();
        let capabilities = inner.info().capabilities.clone();
        Self {
            info: BackendInfo::new("corrupting", "1", capabilities),
            inner,
            corrupt,
        }
    }
}

#[async_trait]
impl Backend for Corrupting {
    fn info(&self) -> &BackendInfo {
        &self.info
    }

    async fn load(&self, artifact: &Artifact) -> Result<Box<dyn Program>> {
        Ok(Box::new(CorruptingProgram {
            inner: self.inner.load(artifact).await?,
            corrupt: self.corrupt,
        }))
    }
}

struct CorruptingProgram {
    inner: Box<dyn Program>,
    corrupt: Corrupt,
}

#[async_trait]
impl Program for CorruptingProgram {
    fn interface(&self) -> &Interface {
        self.inner.interface()
    }

    async fn instantiate(&self, world: &World) -> Result<Box<dyn Instance>, Failed> {
        Ok(Box::new(CorruptingInstance {
            inner: self.inner.instantiate(world).await?,
            corrupt: self.corrupt,
        }))
    }
}

struct CorruptingInstance {
    inner: Box<dyn Instance>,
    corrupt: Corrupt,
}

impl Instance for CorruptingInstance {
    fn func(&mut self, name: &ExportName) -> Result<Func> {
        self.inner.func(name)
    }

    fn start(&mut self, func: &Func, args: Args<'_>) -> Result<Call> {
        self.inner.start(func, args)
    }

    fn drive_blocking(&mut self, call: &Call) -> Result<()> {
        self.inner.drive_blocking(call)
    }

    fn take(&mut self, call: Call) -> Result<Option<Value>> {
        let mut value = self.inner.take(call)?;
        value
            .iter_mut()
            .for_each(|value| within(value, self.corrupt));
        Ok(value)
    }

    fn run_blocking(&mut self) -> Result<Exit> {
        self.inner.run_blocking()
    }

    fn cores(&mut self) -> Result<Vec<CoreInstance>> {
        self.inner.cores()
    }

    fn call_core(
        &mut self,
        at: &CorePath,
        export: &str,
        args: &[CoreValue],
    ) -> Result<Vec<CoreValue>> {
        self.inner.call_core(at, export, args)
    }

    fn read_memory(
        &mut self,
        at: &CorePath,
        export: &str,
        offset: u64,
        len: usize,
    ) -> Result<Vec<u8>> {
        self.inner.read_memory(at, export, offset, len)
    }

    fn write_memory(
        &mut self,
        at: &CorePath,
        export: &str,
        offset: u64,
        bytes: &[u8],
    ) -> Result<()> {
        self.inner.write_memory(at, export, offset, bytes)
    }

    fn write_global(&mut self, at: &CorePath, export: &str, value: CoreValue) -> Result<()> {
        self.inner.write_global(at, export, value)
    }

    fn read_table(&mut self, at: &CorePath, export: &str, index: u64) -> Result<Option<CoreValue>> {
        self.inner.read_table(at, export, index)
    }

    fn write_table(
        &mut self,
        at: &CorePath,
        export: &str,
        index: u64,
        value: CoreValue,
    ) -> Result<()> {
        self.inner.write_table(at, export, index, value)
    }

    fn snapshot(&mut self, query: &Query) -> Result<Snapshot> {
        self.inner.snapshot(query)
    }

    fn observed(&mut self) -> &Observed {
        self.inner.observed()
    }

    fn drop_resource(&mut self, resource: &Resource) -> Result<()> {
        self.inner.drop_resource(resource)
    }

    fn held(&mut self) -> Vec<Resource> {
        self.inner.held()
    }

    fn fuel_consumed(&self) -> Option<u64> {
        self.inner.fuel_consumed()
    }
}

/// Changes the scalars inside a value.
fn within(value: &mut Value, corrupt: Corrupt) {
    match value {
        Value::List(List::U32(numbers)) => numbers.iter_mut().for_each(|number| {
            let mut value = Value::U32(*number);
            corrupt(&mut value);
            if let Value::U32(changed) = value {
                *number = changed;
            }
        }),
        Value::List(list) => list
            .values_mut()
            .iter_mut()
            .for_each(|value| within(value, corrupt)),
        Value::Tuple(values) => values.iter_mut().for_each(|value| within(value, corrupt)),
        Value::Record(fields) => fields
            .iter_mut()
            .for_each(|(_, value)| within(value, corrupt)),
        Value::Variant(_, Some(value))
        | Value::Option(Some(value))
        | Value::Result(Ok(Some(value)) | Err(Some(value))) => within(value, corrupt),
        scalar => corrupt(scalar),
    }
}
