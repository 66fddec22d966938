//! Functions of the engine that copy from one memory to another.

use wasm_encoder::{
    CodeSection, EntityType, ExportKind, ExportSection, Function, FunctionSection, ImportSection,
    MemoryType, Module, TypeSection, ValType,
};
use wasmi::{AsContext, AsContextMut, Error, Instance, Memory, TypedFunc};

use crate::types::page_size_log2;

/// A function that copies from one memory to another.
///
/// The engine lends the host the bytes of only one memory at a time. But its `memory.copy` reads one
/// memory and writes another, without a buffer in between.
#[derive(Clone, Copy)]
pub(crate) struct Copier(TypedFunc<(u32, u32, u32), ()>);

impl Copier {
    /// Returns whether there is such a function for a memory: not with 64-bit addresses, and not with
    /// pages of another size than 64 KiB.
    pub(crate) fn fits(ctx: impl AsContext, memory: Memory) -> bool {
        let ty = memory.ty(ctx);
        !ty.is_64() && page_size_log2(&ty).is_none()
    }

    /// Creates the function for two memories that [fit](Self::fits), in an instance of its own.
    ///
    /// # Errors
    /// The engine's error.
    pub(crate) fn new(mut ctx: impl AsContextMut, from: Memory, to: Memory) -> Result<Self, Error> {
        let module = wasmi::Module::new(ctx.as_context().engine(), module())?;
        let instance = Instance::new(&mut ctx, &module, &[from.into(), to.into()])?;
        instance.get_typed_func(&ctx, "copy").map(Self)
    }

    /// Copies `len` bytes. All of them are within bounds.
    ///
    /// # Errors
    /// The engine's error. The bytes may have been copied or not.
    pub(crate) fn copy(
        self,
        ctx: impl AsContextMut,
        (from, to, len): (u32, u32, u32),
    ) -> Result<(), Error> {
        self.0.call(ctx, (to, from, len))
    }
}

/// Returns a module that imports two memories and exports a function for `memory.copy`.
fn module() -> Vec<u8> {
    let (mut types, mut imports) = (TypeSection::new(), ImportSection::new());
    types.ty().function([ValType::I32; 3], []);
    for name in ["from", "to"] {
        let any = MemoryType {
            minimum: 0,
            maximum: None,
            memory64: false,
            shared: false,
            page_size_log2: None,
        };
        imports.import("", name, EntityType::Memory(any));
    }
    let (mut funcs, mut exports) = (FunctionSection::new(), ExportSection::new());
    funcs.function(0);
    exports.export("copy", ExportKind::Func, 0);
    let mut copy = Function::new([]);
    let mut body = copy.instructions();
    body.local_get(0).local_get(1).local_get(2);
    body.memory_copy(1, 0).end();
    let mut code = CodeSection::new();
    code.function(&copy);
    let mut module = Module::new();
    module.section(&types).section(&imports).section(&funcs);
    module.section(&exports).section(&code);
    module.finish()
}
