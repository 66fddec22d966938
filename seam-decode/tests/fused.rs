//! Binding a fused core module to its composition: what is chosen and why, and what is refused.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

use seam_core::{Artifact, CoreBinding, Error, ErrorKind, ExportName};
use seam_decode::{Chosen, ExportChoice, Provenance, Reason, TypedModule, decode_typed};

macro_rules! fixture {
    ($path:literal) => {
        Artifact::from_bytes(
            $path,
            include_bytes!(concat!("../../seam-tests/fixtures/fused/", $path)).as_slice(),
        )
        .unwrap()
    };
}

fn name(text: &str) -> ExportName {
    text.parse().unwrap()
}

fn choice(fused: &TypedModule, export: &str) -> Result<ExportChoice, String> {
    let found = fused
        .exports
        .iter()
        .find(|it| it.name.to_string() == export);
    found
        .unwrap_or_else(|| panic!("no export {export}"))
        .chosen
        .clone()
}

fn chosen(export: &str, reason: Reason) -> Chosen {
    Chosen {
        export: export.to_string(),
        reason,
    }
}

fn provenance(id: &str) -> Reason {
    Reason::Provenance(id.to_string())
}

fn refused(module: &Artifact) -> Error {
    decode_typed(module).expect_err("the binding is refused")
}

/// The module without its provenance, or with other content in that section.
fn with_provenance(module: &Artifact, content: Option<&[u8]>) -> Artifact {
    let wasm = module.bytes();
    let (range, _) = section(wasm);
    let mut bytes = wasm[..range.start].to_vec();
    if let Some(content) = content {
        let mut section = leb128(Provenance::SECTION.len());
        section.extend(Provenance::SECTION.as_bytes());
        section.extend(content);
        bytes.push(0);
        bytes.extend(leb128(section.len()));
        bytes.extend(section);
    }
    bytes.extend(&wasm[range.end..]);
    let typed = Artifact::from_bytes(module.name(), bytes).unwrap();
    typed.with_interface_of(module.interface_of().unwrap())
}

/// The ranges of the section with its id and size, and of its content.
fn section(wasm: &[u8]) -> (std::ops::Range<usize>, std::ops::Range<usize>) {
    for payload in wasmparser::Parser::new(0).parse_all(wasm) {
        if let wasmparser::Payload::CustomSection(section) = payload.unwrap() {
            if section.name() == Provenance::SECTION {
                let whole = section.range();
                let size = leb128(whole.len()).len();
                let content = section.data_offset()..whole.end;
                return (whole.start - size - 1..whole.end, content);
            }
        }
    }
    panic!("no provenance");
}

fn leb128(mut value: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let byte = u8::try_from(value & 0x7f).unwrap();
        value >>= 7;
        if value == 0 {
            bytes.push(byte);
            return bytes;
        }
        bytes.push(byte | 0x80);
    }
}

fn content(module: &Artifact) -> Vec<u8> {
    let (_, content) = section(module.bytes());
    module.bytes()[content].to_vec()
}

fn chain() -> Artifact {
    fixture!("chain/multi.wasm").with_interface_of(&fixture!("chain/composed.wasm"))
}

fn text() -> Artifact {
    fixture!("text/multi.wasm").with_interface_of(&fixture!("text/composed.wasm"))
}

#[test]
fn the_composition_says_which_of_two_functions_of_a_name_is_exported() {
    let fused = decode_typed(&chain()).unwrap();
    let visit = choice(&fused, "test:chain/step@0.1.0#visit").unwrap();
    let middle = || provenance("component-2");
    assert_eq!(
        visit.func,
        chosen("test:chain/step@0.1.0#visit$2", middle())
    );
    assert_eq!(visit.memory, Some(chosen("memory$2", middle())));
    assert_eq!(visit.realloc, Some(chosen("cabi_realloc$1", middle())));
    let post_return = "cabi_post_test:chain/step@0.1.0#visit$2";
    assert_eq!(visit.post_return.as_deref(), Some(post_return));
    // A function with numbers alone needs no memory.
    let depth = choice(&fused, "test:chain/step@0.1.0#depth").unwrap();
    assert_eq!((depth.memory, depth.realloc), (None, None));
}

#[test]
fn the_names_of_a_provenance_need_no_numbers() {
    let module = fixture!("text/named.wasm").with_interface_of(&fixture!("text/composed.wasm"));
    let fused = decode_typed(&module).unwrap();
    let shout = choice(&fused, "test:text/text@0.1.0#shout").unwrap();
    assert_eq!(
        shout.memory,
        Some(chosen("memory$2", provenance("front.wasm")))
    );
}

#[test]
fn the_only_memory_needs_no_provenance() {
    let composed = fixture!("letters/composed.wasm");
    let module = fixture!("letters/shared.wasm").with_interface_of(&composed);
    let fused = decode_typed(&module).unwrap();
    let needs = fused
        .exports
        .iter()
        .filter_map(|it| it.chosen.clone().unwrap().memory);
    let memories: Vec<Chosen> = needs.collect();
    assert!(!memories.is_empty());
    assert!(
        memories
            .iter()
            .all(|it| *it == chosen("memory", Reason::Only)),
        "{memories:?}"
    );
}

#[test]
fn without_provenance_a_suffix_and_the_loads_decide() {
    let fused = decode_typed(&with_provenance(&text(), None)).unwrap();
    let base = choice(&fused, "test:text/base@0.1.0#swap-tags");
    let error = base.unwrap_err();
    // Its `realloc` is one of two, and nothing says which.
    assert!(error.contains("cabi_realloc$1"), "{error}");
    let composed = fixture!("utf16/composed.wasm");
    let module = fixture!("utf16/multi.wasm").with_interface_of(&composed);
    // Its functions do not access the memory themselves.
    let error = refused(&with_provenance(&module, None));
    let expected = "expected one memory to be meant, found `memory`, `memory$1` and nothing that \
                    tells them apart";
    assert!(error.message().contains(expected), "{error}");
}

#[test]
fn a_realloc_that_is_another_function_is_not_used() {
    let composed = fixture!("realloc/composed.wasm");
    let module = fixture!("realloc/multi.wasm").with_interface_of(&composed);
    let fused = decode_typed(&module).unwrap();
    let join = choice(&fused, "test:realloc/b@0.1.0#join").unwrap();
    assert_eq!(
        join.realloc.map(|it| it.export).as_deref(),
        Some("cabi_realloc")
    );
    let composed = fixture!("realloc/composed-taken.wasm");
    let module = fixture!("realloc/multi-taken.wasm").with_interface_of(&composed);
    let fused = decode_typed(&module).unwrap();
    let error = choice(&fused, "test:realloc/b@0.1.0#join").unwrap_err();
    for part in [
        "`cabi_realloc`",
        "`cabi_realloc$1`",
        "expected an export that is function",
    ] {
        assert!(error.contains(part), "{error}");
    }
    // Functions that need none can be called.
    assert!(choice(&fused, "test:realloc/b@0.1.0#ticks").is_ok());
}

#[test]
fn a_tie_is_not_decided() {
    let composed = fixture!("twice/composed.wasm");
    let module = fixture!("twice/multi.wasm").with_interface_of(&composed);
    let error = refused(&module);
    assert_eq!(*error.kind(), ErrorKind::Link);
    assert!(
        error.message().contains("several such components"),
        "{error}"
    );
}

#[test]
fn a_module_of_another_composition_is_refused() {
    for composed in [
        fixture!("floats/composed.wasm"),
        fixture!("chain/composed.wasm"),
    ] {
        let error = refused(&fixture!("text/multi.wasm").with_interface_of(&composed));
        assert_eq!(*error.kind(), ErrorKind::Link);
        let message = error.message();
        assert!(
            message.starts_with("expected the exports of the composition"),
            "{message}"
        );
        assert!(message.contains("found none"), "{message}");
    }
}

#[test]
fn a_core_module_is_no_interface_and_a_component_is_no_fused_module() {
    let (module, composed) = (fixture!("text/multi.wasm"), fixture!("text/composed.wasm"));
    for artifact in [
        module.clone().with_interface_of(&module),
        composed.clone().with_interface_of(&composed),
        module,
    ] {
        assert_eq!(*refused(&artifact).kind(), ErrorKind::Misuse);
    }
}

#[test]
fn an_unreadable_provenance_is_invalid() {
    let whole = content(&chain());
    for length in [0, 3, 4, 40, whole.len() / 2, whole.len() - 1] {
        let error = refused(&with_provenance(&chain(), Some(&whole[..length])));
        assert!(matches!(error.kind(), ErrorKind::Invalid { .. }), "{error}");
        assert!(error.message().contains("component-provenance"), "{error}");
    }
    let mut newer = whole.clone();
    newer[4] = 4;
    let error = refused(&with_provenance(&chain(), Some(&newer)));
    assert!(
        error.message().contains("expected version 3, found 4"),
        "{error}"
    );
    assert!(decode_typed(&with_provenance(&chain(), Some(&whole))).is_ok());
}

#[test]
fn a_lying_provenance_is_refused_or_harmless() {
    let right = decode_typed(&chain()).unwrap();
    let whole = content(&chain());
    // xorshift64, so that every run tells the same lies.
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = |bound: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % u64::try_from(bound).unwrap()).unwrap()
    };
    for _ in 0..150 {
        let mut lie = whole.clone();
        for _ in 0..=next(3) {
            let at = 43 + next(lie.len() - 43);
            lie[at] = u8::try_from(next(256)).unwrap();
        }
        let Ok(fused) = decode_typed(&with_provenance(&chain(), Some(&lie))) else {
            continue;
        };
        // What is still decided is what the true provenance decides.
        for (lied, right) in fused.exports.iter().zip(&right.exports) {
            if let (Ok(lied), Ok(right)) = (&lied.chosen, &right.chosen) {
                assert_eq!(lied.func.export, right.func.export);
                let export = |chosen: &Option<Chosen>| chosen.clone().map(|it| it.export);
                assert_eq!(export(&lied.memory), export(&right.memory));
                let (lied, right) = (export(&lied.realloc), export(&right.realloc));
                // wit-bindgen exports the same allocator under a second name.
                let second = lied
                    .as_ref()
                    .is_some_and(|it| it.starts_with("cabi_realloc_wit"));
                assert!(second || lied == right, "{lied:?} {right:?}");
            }
        }
    }
}

#[test]
fn the_caller_decides_what_the_conventions_leave_open() {
    let composed = fixture!("realloc/composed-taken.wasm");
    let module = fixture!("realloc/multi-taken.wasm").with_interface_of(&composed);
    let join = "test:realloc/b@0.1.0#join";
    let given = CoreBinding {
        realloc: Some("cabi_realloc$1".into()),
        ..CoreBinding::default()
    };
    let bound = module.clone().with_core_binding(name(join), given);
    let choice = choice(&decode_typed(&bound).unwrap(), join).unwrap();
    assert_eq!(
        choice.realloc,
        Some(chosen("cabi_realloc$1", Reason::Given))
    );
    assert_eq!(
        choice.memory.map(|it| it.export).as_deref(),
        Some("memory$1")
    );
}

#[test]
fn the_caller_names_a_post_return_where_several_have_its_name() {
    let module = with_provenance(&chain(), None);
    let who = "test:chain/step@0.1.0#who";
    let post_return = format!("cabi_post_{who}$2");
    let bind = |post_return: Option<&str>| -> Result<ExportChoice, String> {
        let binding = CoreBinding {
            func: Some(format!("{who}$2").into()),
            memory: Some("memory$4".into()),
            realloc: None,
            post_return: post_return.map(Into::into),
        };
        let bound = module.clone().with_core_binding(name(who), binding);
        let fused = decode_typed(&bound).map_err(|error| error.message().to_string())?;
        choice(&fused, who)
    };
    let tie = bind(None).unwrap_err();
    assert!(tie.contains(&format!("`{post_return}`")), "{tie}");
    assert_eq!(
        bind(Some(&post_return)).unwrap().post_return,
        Some(post_return)
    );
    for (given, expected) in [
        ("free", "expected the given function `free` to be exported"),
        (who, "to be of type"),
    ] {
        let error = bind(Some(given)).unwrap_err();
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn a_post_return_is_not_given_to_an_export_without_one() {
    let composed = fixture!("realloc/composed.wasm");
    let join = "test:realloc/b@0.1.0#join";
    let binding = CoreBinding {
        post_return: Some("memory".into()),
        ..CoreBinding::default()
    };
    let module = fixture!("realloc/multi.wasm").with_interface_of(&composed);
    let bound = module.with_core_binding(name(join), binding);
    let error = choice(&decode_typed(&bound).unwrap(), join).unwrap_err();
    assert!(error.contains("expected no post-return"), "{error}");
}

#[test]
fn a_given_name_that_does_not_exist_or_fit_is_told() {
    let join = "test:realloc/b@0.1.0#join";
    let composed = fixture!("realloc/composed.wasm");
    let module = || fixture!("realloc/multi.wasm").with_interface_of(&composed);
    let given = |memory: Option<&str>, realloc: Option<&str>| CoreBinding {
        func: None,
        memory: memory.map(Into::into),
        realloc: realloc.map(Into::into),
        post_return: None,
    };
    for (binding, expected) in [
        (
            given(Some("heap"), None),
            "expected the given memory `heap` to be exported",
        ),
        (
            given(None, Some("malloc")),
            "expected the given function `malloc` to be exported",
        ),
        (
            given(None, Some("test:realloc/b@0.1.0#ticks")),
            "to be of type",
        ),
    ] {
        let bound = module().with_core_binding(name(join), binding);
        let error = choice(&decode_typed(&bound).unwrap(), join).unwrap_err();
        assert!(error.contains(expected), "{error}");
    }
    let bound = module().with_core_binding(name("join"), given(Some("memory"), None));
    let error = refused(&bound);
    assert_eq!(*error.kind(), ErrorKind::Link);
    assert!(error.message().contains("binding of `join`"), "{error}");
}

#[test]
fn imports_are_bound_to_the_memory_of_their_importer() {
    let composed = fixture!("imports/composed.wasm");
    let module = fixture!("imports/multi.wasm").with_interface_of(&composed);
    let fused = decode_typed(&module).unwrap();
    let memory = |field: &str| {
        let all = fused.imports.iter();
        let found = all.clone().find(|it| *it.core.1 == *field);
        let found = found.unwrap_or_else(|| panic!("no import {field}: {all:?}"));
        found.memory.clone().map(|it| it.export)
    };
    assert_eq!(memory("log").as_deref(), Some("memory"));
    assert_eq!(memory("log$2").as_deref(), Some("memory$2"));
    // Only the second importer has this import, and no suffix says so. It takes two handles.
    assert_eq!(memory("[static]sink.merge"), None);
    let merged = fused
        .plan
        .imports
        .iter()
        .map(|import| import.name.item().to_string());
    assert!(
        merged.clone().any(|item| item == "[static]sink.merge"),
        "{:?}",
        merged.collect::<Vec<_>>()
    );
}
