//! The conformance kit, on the builds that matter: plain, and with everything on; each with
//! wasmtime's own component model and with the seam's.

use seam_wasmtime::{Builder, Wasmtime};

fn everything() -> Builder {
    Wasmtime::builder()
        .fuel()
        .deadline()
        .inner_instances()
        .component_async()
}

mod plain {
    use seam_wasmtime::Wasmtime;

    seam_tests::conformance!(
        backend = Wasmtime::new(),
        engine = Wasmtime::new().engine().clone(),
    );
}

mod everything_on {
    seam_tests::conformance!(
        backend = super::everything().build(),
        engine = super::everything().build().engine().clone(),
    );
}

mod layered {
    use seam_wasmtime::Wasmtime;

    seam_tests::conformance!(backend = Wasmtime::layered());
}

mod layered_everything_on {
    seam_tests::conformance!(backend = super::everything().build_layered());
}
