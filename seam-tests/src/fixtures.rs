//! The artifacts that the cases use. Other crates' tests may use them too.
//!
//! Their sources are in `seam-tests/fixtures`, each with the one command that rebuilds it.

use seam_core::{Artifact, Result};

macro_rules! fixtures {
    (
        text { $( $(#[$text_doc:meta])* $text:ident = $text_path:literal,)* }
        binary { $( $(#[$binary_doc:meta])* $binary:ident = $binary_path:literal,)* }
        // Compositions, and the core modules that a tool fused from them.
        fused { $( $fused:ident = $fused_path:literal,)* }
    ) => {
        $(
            $(#[$text_doc])*
            ///
            /// # Errors
            /// `Invalid` if the text does not parse. A test of this crate ensures that it does.
            pub fn $text() -> Result<Artifact> {
                Artifact::from_wat(
                    stringify!($text),
                    include_str!(concat!("../fixtures/", $text_path)),
                )
            }
        )*
        $(
            $(#[$binary_doc])*
            ///
            /// # Errors
            /// `Invalid` if the bytes are not WebAssembly. A test of this crate ensures that they
            /// are.
            pub fn $binary() -> Result<Artifact> {
                Artifact::from_bytes(
                    stringify!($binary),
                    include_bytes!(concat!("../fixtures/", $binary_path)).as_slice(),
                )
            }
        )*

        $(
            #[doc = concat!("The fixture `", $fused_path, "`, which `fixtures/fused/README.md` \
                             describes.")]
            ///
            /// # Errors
            /// `Invalid` if the bytes are not WebAssembly. A test of this crate ensures that they
            /// are.
            pub fn $fused() -> Result<Artifact> {
                Artifact::from_bytes(
                    $fused_path,
                    include_bytes!(concat!("../fixtures/", $fused_path)).as_slice(),
                )
            }
        )*

        /// Returns all compositions and the core modules that a tool fused from them.
        ///
        /// # Errors
        /// As [`all`].
        pub fn all_fused() -> Result<Vec<Artifact>> {
            Ok(vec![$( $fused()?, )*])
        }

        /// Returns all fixtures but those of [`all_fused`].
        ///
        /// # Errors
        /// `Invalid` if a fixture cannot be read. A test of this crate ensures that all can.
        pub fn all() -> Result<Vec<Artifact>> {
            Ok(vec![$( $text()?, )* $( $binary()?, )*])
        }
    };
}

fixtures! {
    text {
        /// A core module: arithmetic, every common trap, a memory, a table, and counters.
        calc = "core/calc.wat",
        /// A core module that exports a global of every value type; needs vectors.
        globals = "core/globals.wat",
        /// A core module that calls host functions in every possible way.
        imports = "core/imports.wat",
        /// A core module whose start function increments a counter and then traps.
        start_trap = "core/start-trap.wat",
        /// A component with counters at every nesting depth.
        nested = "core/nested.wat",
        /// A component that returns arbitrary bits as a `bool`.
        bool_from_bits = "hostile/bool-from-bits.wat",
        /// A component that keeps, transfers and drops handles that the host lent it.
        borrow_kept = "hostile/borrow-kept.wat",
        /// Components where one keeps a handle that another lent it.
        borrow_kept_inside = "hostile/borrow-kept-inside.wat",
        /// A component that drops a handle twice.
        double_drop = "hostile/double-drop.wat",
        /// A component that uses any number as a handle.
        handle_from_any_index = "hostile/handle-from-any-index.wat",
        /// Components where one uses handles that it has given away or lent.
        handle_given_away = "hostile/handle-given-away.wat",
        /// A component with strings in latin1+utf16, in both directions.
        latin1_utf16 = "hostile/latin1-utf16.wat",
        /// Components that pass a string through three encodings.
        transcode = "hostile/transcode.wat",
        /// A component with strings in utf16, in both directions.
        utf16 = "hostile/utf16.wat",
        /// A component that returns arbitrary bits as a `char`.
        char_from_bits = "hostile/char-from-bits.wat",
        /// A component that returns arbitrary bits as flags.
        flags_from_bits = "hostile/flags-from-bits.wat",
        /// A component that returns arbitrary bits as narrow integers.
        int_from_bits = "hostile/int-from-bits.wat",
        /// A component that returns lists at arbitrary addresses.
        list_anywhere = "hostile/list-anywhere.wat",
        /// A component that returns arbitrary bits as floats.
        nan_payloads = "hostile/nan-payloads.wat",
        /// A component whose post-return function calls an import.
        post_return_calls_import = "hostile/post-return-calls-import.wat",
        /// A component whose post-return function traps.
        post_return_traps = "hostile/post-return-traps.wat",
        /// A component whose `realloc` returns arbitrary addresses.
        realloc_anywhere = "hostile/realloc-anywhere.wat",
        /// A component whose `realloc` calls an import.
        realloc_calls_import = "hostile/realloc-calls-import.wat",
        /// A component whose `realloc` traps.
        realloc_traps = "hostile/realloc-traps.wat",
        /// A component whose export calls an import, so that the host can re-enter it.
        reenter = "hostile/reenter.wat",
        /// A component that returns an arbitrary address for its result.
        result_anywhere = "hostile/result-anywhere.wat",
        /// A component that returns strings longer than the specification allows.
        string_too_long = "hostile/string-too-long.wat",
        /// A component that returns strings at arbitrary addresses.
        utf8_anywhere = "hostile/utf8-anywhere.wat",
        /// A component that returns arbitrary discriminants.
        variant_from_discriminant = "hostile/variant-from-discriminant.wat",
    }
    binary {
        /// A component with strings and lists in both directions, and counters.
        greet = "greet/greet.wasm",
        /// A component that echoes values of every type.
        types = "types/types.wasm",
        /// A component that exports a resource.
        counters = "counters/counters.wasm",
        /// A component that witness has instrumented.
        coverage = "coverage/coverage.wasm",
        /// A core module that witness has instrumented.
        coverage_module = "coverage/coverage.module.wasm",
        /// A component that imports functions and a resource.
        hosted = "hosted/hosted.wasm",
        /// The core module of `types`, with its `component-type` section.
        types_module = "types/types.module.wasm",
        /// The core module of `counters`, with its `component-type` section.
        counters_module = "counters/counters.module.wasm",
        /// The core module of `hosted`, with its `component-type` section.
        hosted_module = "hosted/hosted.module.wasm",
        /// A library that imports preview1, as a component.
        lines = "fused/wasi/lines.wasm",
        /// The core module of `lines`, with its `component-type` section.
        lines_module = "fused/wasi/lines.module.wasm",
        /// A component made of a provider and a consumer of a resource.
        composed = "compose/composed.wasm",
        /// A component where two components share one provider.
        composed3 = "compose/composed3.wasm",
        /// A component made of a consumer on a reseller on a provider.
        chain = "compose/chain.wasm",
        /// A command, as a preview1 core module.
        command = "command/command.wasm",
        /// The same command, as a component.
        command_component = "command/command.component.wasm",
        /// A command of WASI 0.3.
        command3 = "command3/command3.wasm",
        /// A command that exercises files, clocks, random numbers and streams, as a preview1 core
        /// module.
        tour = "tour/tour.wasm",
        /// The same command, as a component.
        tour_component = "tour/tour.component.wasm",
        /// A reactor, as a preview1 core module.
        reactor = "reactor/reactor.wasm",
        /// A component whose entry is `wasi:cli/run`, which succeeds.
        run_only = "run-only/run-only.wasm",
        /// A component whose entry is `wasi:cli/run`, which fails.
        run_err = "run-only/run-err.wasm",
    }
    fused {
        fused_text_composed = "fused/text/composed.wasm",
        fused_text = "fused/text/multi.wasm",
        fused_chain_composed = "fused/chain/composed.wasm",
        fused_chain = "fused/chain/multi.wasm",
        fused_floats_composed = "fused/floats/composed.wasm",
        fused_floats = "fused/floats/multi.wasm",
        fused_lists_composed = "fused/lists/composed.wasm",
        fused_lists = "fused/lists/multi.wasm",
        fused_reexport_composed = "fused/reexport/composed.wasm",
        fused_reexport = "fused/reexport/multi.wasm",
        fused_imports_composed = "fused/imports/composed.wasm",
        fused_imports = "fused/imports/multi.wasm",
        fused_start_composed = "fused/start/composed.wasm",
        fused_start = "fused/start/multi.wasm",
        fused_text_named = "fused/text/named.wasm",
        fused_lists_named = "fused/lists/named.wasm",
        fused_score_composed = "fused/score/composed.wasm",
        fused_score = "fused/score/multi.wasm",
        fused_letters_composed = "fused/letters/composed.wasm",
        fused_letters = "fused/letters/multi.wasm",
        fused_utf16_composed = "fused/utf16/composed.wasm",
        fused_utf16 = "fused/utf16/multi.wasm",
        fused_realloc_composed = "fused/realloc/composed.wasm",
        fused_realloc = "fused/realloc/multi.wasm",
        fused_floats_shared = "fused/floats/shared.wasm",
        fused_letters_shared = "fused/letters/shared.wasm",
        fused_plain_composed = "fused/score/composed-plain.wasm",
        fused_plain = "fused/score/multi-plain.wasm",
        fused_plain_shared = "fused/score/shared-plain.wasm",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fixture_can_be_read() {
        let names: Vec<_> = all()
            .expect("a committed fixture")
            .iter()
            .map(|artifact| artifact.name().to_string())
            .collect();
        assert!(names.len() > 30, "{names:?}");
    }
}
