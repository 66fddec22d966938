//! A binding by hand, where the module does not say what an export uses.

use seam_core::{BackendExt, CoreBinding, ErrorKind, ExportName, InstanceExt, Result, World};

use crate::{backends, fixture, fuse_without_provenance};

#[test]
fn an_undecided_export_is_an_error_until_it_is_bound() -> Result<()> {
    let composed = fixture("text/composed.wasm")?;
    let fused = fuse_without_provenance("text/composed.wasm")?.with_interface_of(&composed);
    let shout: ExportName = "test:text/text@0.1.0#shout".parse()?;
    let binding = CoreBinding {
        memory: Some("memory$2".into()),
        realloc: Some("cabi_realloc$1".into()),
        ..CoreBinding::default()
    };
    let bound = fused.clone().with_core_binding(shout.clone(), binding);
    for backend in backends() {
        let mut text = backend.instantiate_blocking(&fused, &World::new())?;
        let error = text.call_typed_blocking::<_, String>(&shout, ("héllo",));
        let error = error.expect_err("two components allocate");
        assert_eq!(*error.kind(), ErrorKind::Link, "{error}");
        assert!(error.message().contains("`cabi_realloc$1`"), "{error}");

        let mut text = backend.instantiate_blocking(&bound, &World::new())?;
        let shouted: String = text.call_typed_blocking(&shout, ("héllo",))?;
        assert_eq!(shouted, "<HÉLLO!>");
    }
    Ok(())
}
