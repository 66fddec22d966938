//! The conformance kit on three builds: plain, without re-entry, and with everything on.

mod plain {
    use seam_wasmi::{Wasmi, WasmiEngine};

    seam_tests::conformance!(backend = Wasmi::new(), engine = WasmiEngine::new());
    seam_tests::conformance_wasi!();
}

/// Behaves like an engine whose host functions cannot call back.
mod without_reentry {
    use seam_wasmi::{Builder, Wasmi};

    fn builder() -> Builder {
        Wasmi::builder().without_reentry()
    }

    seam_tests::conformance!(
        backend = builder().build(),
        engine = builder().build_engine(),
    );
    seam_tests::conformance_wasi!();
}

mod everything_on {
    use seam_wasmi::{Builder, Wasmi};

    fn builder() -> Builder {
        Wasmi::builder().fuel().deadline()
    }

    seam_tests::conformance!(
        backend = builder().build(),
        engine = builder().build_engine(),
    );
    seam_tests::conformance_wasi!();
}
