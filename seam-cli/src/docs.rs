//! The pages in `docs/`, whose code the doc tests compile.

#[doc = include_str!("../../docs/plug-in-a-runtime.md")]
struct PlugInARuntime;

#[doc = include_str!("../../docs/witness.md")]
struct Witness;
