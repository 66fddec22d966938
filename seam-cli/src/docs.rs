//! The pages in `docs/`: doc tests compile their code.

#[doc = include_str!("../../docs/plug-in-a-runtime.md")]
struct PlugInARuntime;
