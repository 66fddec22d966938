//! Determines which proposals a module needs.

use seam_core::{Capabilities, Capability, Error, Result};
use wasmparser::{Parser, Payload, TypeRef, Validator, WasmFeatures};

/// The features that every engine has: WebAssembly 2.0 without vectors.
const BASE: WasmFeatures = WasmFeatures::WASM2.difference(WasmFeatures::SIMD);

/// The proposal of each capability. A proposal comes before those that it builds on, so that it is
/// named first.
const PROPOSALS: &[(Capability, WasmFeatures)] = &[
    (
        Capability::CustomDescriptors,
        WasmFeatures::CUSTOM_DESCRIPTORS,
    ),
    (Capability::Gc, WasmFeatures::GC),
    (
        Capability::FunctionReferences,
        WasmFeatures::FUNCTION_REFERENCES,
    ),
    (Capability::Exceptions, WasmFeatures::EXCEPTIONS),
    (Capability::Threads, WasmFeatures::THREADS),
    (Capability::RelaxedSimd, WasmFeatures::RELAXED_SIMD),
    (Capability::Simd, WasmFeatures::SIMD),
    (Capability::MultiMemory, WasmFeatures::MULTI_MEMORY),
    (Capability::Memory64, WasmFeatures::MEMORY64),
    (Capability::TailCalls, WasmFeatures::TAIL_CALL),
    (Capability::ExtendedConst, WasmFeatures::EXTENDED_CONST),
    (Capability::CustomPageSizes, WasmFeatures::CUSTOM_PAGE_SIZES),
    (Capability::WideArithmetic, WasmFeatures::WIDE_ARITHMETIC),
];

/// Returns a capability that a core module needs and that is not in `has`.
///
/// An adapter calls this when its engine has rejected the bytes. It returns `None` if the bytes are
/// invalid with all proposals, or valid with those in `has`.
///
/// If a module needs several capabilities, the result is one that builds on the others.
///
/// ```
/// use seam_decode::needed_capability;
/// use seam_core::{Capabilities, Capability};
///
/// let shared_memory = b"\0asm\x01\0\0\0\x05\x04\x01\x03\x01\x01";
/// let none = Capabilities::default();
/// assert_eq!(needed_capability(shared_memory, &none), Some(Capability::Threads));
/// assert_eq!(needed_capability(b"\0asm\x01\0\0\0", &none), None);
/// assert_eq!(needed_capability(b"nonsense", &none), None);
/// ```
#[must_use]
pub fn needed_capability(wasm: &[u8], has: &Capabilities) -> Option<Capability> {
    let valid = |features: WasmFeatures| {
        let mut validator = Validator::new_with_features(features);
        validator.validate_all(wasm).is_ok()
            && (features.custom_descriptors() || !imports_exact_functions(wasm))
    };
    let all = PROPOSALS.iter().fold(BASE, |all, (_, one)| all | *one);
    if !valid(all) {
        return None;
    }
    // Proposals are removed one after the other, because a proposal may imply another, so that
    // neither is missed if it is removed alone.
    let mut left = all;
    let lacking = PROPOSALS.iter().filter(|(proposal, _)| !has.has(*proposal));
    for (proposal, feature) in lacking {
        if !valid(left - *feature) {
            return Some(*proposal);
        }
        left -= *feature;
    }
    None
}

/// Returns whether a module imports functions of an exact type.
///
/// This belongs to the proposal for custom descriptors, but the validator accepts it in any module.
fn imports_exact_functions(wasm: &[u8]) -> bool {
    let mut payloads = Parser::new(0).parse_all(wasm).map_while(Result::ok);
    payloads.any(|payload| match payload {
        Payload::ImportSection(section) => section
            .into_imports()
            .map_while(Result::ok)
            .any(|import| matches!(import.ty, TypeRef::FuncExact(_))),
        _ => false,
    })
}

/// Validates a core module for an engine that does not validate, with the engine's proposals.
///
/// # Errors
/// `Invalid` with the offset, or `Unsupported` if a valid module needs another proposal.
pub(crate) fn validate(wasm: &[u8], has: &Capabilities) -> Result<()> {
    let features = PROPOSALS
        .iter()
        .filter(|(proposal, _)| has.has(*proposal))
        .fold(BASE, |features, (_, feature)| features | *feature);
    let Err(error) = Validator::new_with_features(features).validate_all(wasm) else {
        return Ok(());
    };
    Err(match needed_capability(wasm, has) {
        Some(needed) => Error::unsupported(
            needed,
            format!("the module needs {needed}: {}", error.message()),
        ),
        None => Error::invalid(error.message().to_string()).at(error.offset() as u64),
    }
    .with_source(error))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use seam_core::{Artifact, ErrorKind};

    fn needed(wat: &str, has: &Capabilities) -> Option<Capability> {
        needed_capability(Artifact::from_wat("a", wat).unwrap().bytes(), has)
    }

    #[test]
    fn each_proposal_is_named_by_a_module_that_needs_it() {
        let none = Capabilities::default();
        for (capability, wat) in [
            (
                Capability::Gc,
                "(module (type (struct (field i32))) (func (param (ref null 0))))",
            ),
            (
                Capability::FunctionReferences,
                "(module (type $t (func)) (func (param (ref null $t))))",
            ),
            (
                Capability::Exceptions,
                "(module (tag $t) (func (throw $t)))",
            ),
            (Capability::Threads, "(module (memory 1 1 shared))"),
            (
                Capability::RelaxedSimd,
                "(module (func (param v128) (result v128) (i8x16.relaxed_swizzle (local.get 0) (local.get 0))))",
            ),
            (Capability::Simd, "(module (func (param v128)))"),
            (Capability::MultiMemory, "(module (memory 1) (memory 1))"),
            (Capability::Memory64, "(module (memory i64 1))"),
            (Capability::TailCalls, "(module (func $f return_call $f))"),
            (
                Capability::ExtendedConst,
                "(module (global i32 (i32.add (i32.const 1) (i32.const 2))))",
            ),
            (
                Capability::CustomPageSizes,
                "(module (memory 1 (pagesize 1)))",
            ),
            (
                Capability::WideArithmetic,
                "(module (func (param i64 i64) (result i64 i64) (i64.mul_wide_s (local.get 0) (local.get 1))))",
            ),
        ] {
            assert_eq!(needed(wat, &none), Some(capability), "{wat}");
            let all = PROPOSALS.iter().map(|(proposal, _)| *proposal).collect();
            assert_eq!(needed(wat, &all), None, "{wat}");
        }
    }

    #[test]
    fn invalid_modules_need_nothing() {
        let none = Capabilities::default();
        assert_eq!(needed("(module (func (result i32)))", &none), None);
        let both = "(module (memory 1 1 shared) (func (result i32)))";
        assert_eq!(needed(both, &none), None);
    }

    #[test]
    fn a_proposal_that_another_brings_along_is_named_where_both_lack() {
        let references = "(module (type $t (func)) (func (param (ref null $t))))";
        let none = Capabilities::default();
        let needs = Some(Capability::FunctionReferences);
        assert_eq!(needed(references, &none), needs);
        assert_eq!(
            needed(references, &Capabilities::from([Capability::Gc])),
            None
        );
    }

    #[test]
    fn exact_imports_need_custom_descriptors() {
        // (import "" "" (func (exact (type 0))))
        let exact = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x02\x05\x01\0\0\x20\0";
        let needs = Some(Capability::CustomDescriptors);
        assert_eq!(needed_capability(exact, &Capabilities::default()), needs);
    }

    #[test]
    fn validation_tells_invalid_from_unsupported() {
        let kind = |wat: &str, has: Capabilities| {
            let artifact = Artifact::from_wat("a", wat).unwrap();
            validate(artifact.bytes(), &has).map_err(|e| e.kind().clone())
        };
        let simd = "(module (func (param v128)))";
        assert_eq!(kind(simd, Capabilities::from([Capability::Simd])), Ok(()));
        assert_eq!(
            kind(simd, Capabilities::default()),
            Err(ErrorKind::Unsupported(Capability::Simd))
        );
        assert!(matches!(
            kind("(module (func (result i32)))", Capabilities::default()),
            Err(ErrorKind::Invalid { offset: Some(_) })
        ));
    }
}
