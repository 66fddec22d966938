//! The known failures and the known unsupported directives.

/// A script whose directives do not all pass.
#[derive(Clone, Copy)]
pub(crate) struct Exception {
    pub(crate) suite: &'static str,
    pub(crate) backend: &'static str,
    pub(crate) file: &'static str,
    /// The number of directives that fail.
    pub(crate) failed: usize,
    /// The number of directives that need a capability which the backend lacks.
    pub(crate) unsupported: usize,
    /// The reason.
    pub(crate) reason: &'static str,
}

/// Exceptions of one suite that share a reason.
struct Group {
    suite: &'static str,
    /// Each of these backends has all of these exceptions.
    backends: &'static [&'static str],
    reason: &'static str,
    /// Script, number of failed directives, number of unsupported directives.
    files: &'static [(&'static str, usize, usize)],
}

impl Group {
    fn exceptions(&self) -> impl Iterator<Item = Exception> + '_ {
        self.backends.iter().flat_map(move |backend| {
            self.files
                .iter()
                .map(move |(file, failed, unsupported)| Exception {
                    suite: self.suite,
                    backend,
                    file,
                    failed: *failed,
                    unsupported: *unsupported,
                    reason: self.reason,
                })
        })
    }
}

/// Returns all exceptions.
pub(crate) fn exceptions() -> impl Iterator<Item = Exception> {
    TABLE.iter().flat_map(Group::exceptions)
}

const TABLE: &[Group] = &[
    Group {
        suite: "core",
        backends: &["wasmtime"],
        reason: "wasmtime has no custom descriptors",
        files: &[
            ("br_on_cast.wast", 0, 3),
            ("br_on_cast_fail.wast", 0, 3),
            ("proposals/custom-descriptors/array_new_exact.wast", 0, 1),
            ("proposals/custom-descriptors/binary-descriptors.wast", 0, 2),
            ("proposals/custom-descriptors/br_on_cast.wast", 0, 1),
            (
                "proposals/custom-descriptors/br_on_cast_desc_eq.wast",
                0,
                103,
            ),
            (
                "proposals/custom-descriptors/br_on_cast_desc_eq_fail.wast",
                0,
                103,
            ),
            ("proposals/custom-descriptors/br_on_cast_fail.wast", 0, 1),
            ("proposals/custom-descriptors/descriptors.wast", 0, 6),
            ("proposals/custom-descriptors/exact-casts.wast", 0, 111),
            ("proposals/custom-descriptors/exact-func-import.wast", 0, 21),
            ("proposals/custom-descriptors/exact.wast", 0, 16),
            ("proposals/custom-descriptors/ref_cast_desc_eq.wast", 0, 97),
            ("proposals/custom-descriptors/ref_get_desc.wast", 0, 30),
            ("proposals/custom-descriptors/struct_new_desc.wast", 0, 26),
        ],
    },
    Group {
        suite: "core",
        backends: &["wasmtime"],
        reason: "asserts the rule before multi-memory: one memory, one table",
        files: &[
            ("proposals/threads/imports.wast", 6, 0),
            ("proposals/threads/memory.wast", 2, 0),
        ],
    },
    Group {
        suite: "core",
        backends: &["wasmi"],
        reason: "wasmi has no garbage collection, no typed function references and no exceptions",
        files: &[
            ("array.wast", 0, 48),
            ("array_copy.wast", 0, 31),
            ("array_fill.wast", 0, 27),
            ("array_init_data.wast", 0, 44),
            ("array_init_elem.wast", 0, 33),
            ("array_new_data.wast", 0, 28),
            ("array_new_elem.wast", 0, 24),
            ("br_on_cast.wast", 0, 34),
            ("br_on_cast_fail.wast", 0, 34),
            ("br_on_non_null.wast", 0, 11),
            ("br_on_null.wast", 0, 9),
            ("br_table.wast", 0, 162),
            ("call_ref.wast", 0, 31),
            ("data.wast", 0, 2),
            ("elem.wast", 0, 18),
            ("extern.wast", 0, 18),
            ("global.wast", 0, 8),
            ("i31.wast", 0, 71),
            ("imports.wast", 0, 59),
            ("instance.wast", 0, 23),
            ("linking.wast", 0, 43),
            ("local_init.wast", 0, 6),
            ("ref.wast", 0, 1),
            ("ref_as_non_null.wast", 0, 6),
            ("ref_cast.wast", 0, 45),
            ("ref_eq.wast", 0, 83),
            ("ref_is_null.wast", 0, 20),
            ("ref_null.wast", 0, 34),
            ("ref_test.wast", 0, 71),
            ("return_call_ref.wast", 0, 40),
            ("struct.wast", 0, 25),
            ("table-sub.wast", 0, 1),
            ("table.wast", 0, 12),
            ("table_init.wast", 0, 2),
            ("table_init64.wast", 0, 2),
            ("tag.wast", 0, 8),
            ("throw.wast", 0, 10),
            ("throw_ref.wast", 0, 13),
            ("try_table.wast", 0, 56),
            ("type-canon.wast", 0, 2),
            ("type-equivalence.wast", 0, 29),
            ("type-rec.wast", 0, 17),
            ("type-subtyping.wast", 0, 94),
            ("unreached-valid.wast", 0, 11),
        ],
    },
    Group {
        suite: "core",
        backends: &["wasmi"],
        reason: "wasmi has no custom descriptors",
        files: &[
            ("proposals/custom-descriptors/array_new_exact.wast", 0, 1),
            ("proposals/custom-descriptors/binary-descriptors.wast", 0, 2),
            ("proposals/custom-descriptors/br_on_cast.wast", 0, 31),
            (
                "proposals/custom-descriptors/br_on_cast_desc_eq.wast",
                0,
                99,
            ),
            (
                "proposals/custom-descriptors/br_on_cast_desc_eq_fail.wast",
                0,
                99,
            ),
            ("proposals/custom-descriptors/br_on_cast_fail.wast", 0, 31),
            ("proposals/custom-descriptors/descriptors.wast", 0, 6),
            ("proposals/custom-descriptors/exact-casts.wast", 0, 111),
            ("proposals/custom-descriptors/exact-func-import.wast", 0, 26),
            ("proposals/custom-descriptors/exact.wast", 0, 16),
            ("proposals/custom-descriptors/ref_cast_desc_eq.wast", 0, 93),
            ("proposals/custom-descriptors/ref_get_desc.wast", 0, 27),
            ("proposals/custom-descriptors/struct_new_desc.wast", 0, 26),
        ],
    },
    Group {
        suite: "core",
        backends: &["wasmi"],
        reason: "wasmi has no threads",
        files: &[
            ("proposals/threads/atomic.wast", 0, 249),
            ("proposals/threads/exports.wast", 0, 6),
        ],
    },
    Group {
        suite: "core",
        backends: &["wasmi"],
        reason: "asserts the rule before multi-memory: one memory, one table",
        files: &[
            ("proposals/threads/imports.wast", 6, 2),
            ("proposals/threads/memory.wast", 2, 2),
        ],
    },
    Group {
        suite: "component-model",
        backends: &["wasmtime"],
        reason: "not implemented in wasmtime 48, as the suite says itself",
        files: &[
            (
                "async/during-sync-call-may-block-if-other-ready-threads.wast",
                1,
                0,
            ),
            ("async/during-sync-call-no-exclusive-resume.wast", 1, 0),
            ("async/during-sync-call-no-sibling-resume.wast", 1, 0),
        ],
    },
    Group {
        suite: "component-model",
        backends: &["wasmtime"],
        reason: "wasmtime 48's validator does not bound the size of values",
        files: &[("validation/max-value-size.wast", 7, 0)],
    },
    Group {
        suite: "component-model",
        backends: &["wasmtime-layered", "wasmi-without-reentry"],
        reason: "a call needs a second native stack, which only engines that suspend calls have",
        files: &[
            ("async/async-calls-sync.wast", 0, 2),
            ("async/big-interleaving-test.wast", 0, 4),
            ("async/cancel-subtask.wast", 0, 1),
            ("async/cancellable.wast", 0, 1),
            (
                "async/during-sync-call-may-block-if-other-ready-threads.wast",
                0,
                1,
            ),
            ("async/during-sync-call-no-exclusive-resume.wast", 0, 1),
            ("async/during-sync-call-no-sibling-resume.wast", 0, 1),
            ("async/sync-barges-in.wast", 0, 1),
            ("async/sync-streams.wast", 0, 1),
            ("async/trap-if-block-and-sync.wast", 0, 1),
            ("async/trap-if-sync-and-waitable-set.wast", 0, 4),
        ],
    },
    Group {
        suite: "component-model",
        backends: &["wasmtime-layered", "wasmi", "wasmi-without-reentry"],
        reason: "asserts that a component cannot call one nested in it, nor the reverse, which the reference interpreter allows",
        files: &[("async/trap-on-reenter.wast", 3, 0)],
    },
    Group {
        suite: "component-model",
        backends: &["wasmi", "wasmi-without-reentry"],
        reason: "wasmi has no exceptions",
        files: &[("linking/tags.wast", 0, 10)],
    },
];
