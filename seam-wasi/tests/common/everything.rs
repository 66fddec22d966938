//! A component that imports all of WASI.

use seam_core::Artifact;
use wit_component::{ComponentEncoder, StringEncoding};
use wit_parser::{ManglingAndAbi, Resolve};

/// The official packages, in dependency order.
const PACKAGES: [&str; 7] = [
    include_str!("../../wit/io.wit"),
    include_str!("../../wit/clocks.wit"),
    include_str!("../../wit/random.wit"),
    include_str!("../../wit/filesystem.wit"),
    include_str!("../../wit/sockets.wit"),
    include_str!("../../wit/cli.wit"),
    include_str!("../../wit/http.wit"),
];

/// The official packages of WASI 0.3, in dependency order.
const PACKAGES_0_3: [&str; 6] = [
    include_str!("../../wit/0.3/clocks.wit"),
    include_str!("../../wit/0.3/random.wit"),
    include_str!("../../wit/0.3/filesystem.wit"),
    include_str!("../../wit/0.3/sockets.wit"),
    include_str!("../../wit/0.3/cli.wit"),
    include_str!("../../wit/0.3/http.wit"),
];

/// Returns a component that imports every WASI function of a version.
pub(crate) fn component(version: &str) -> Artifact {
    let http = format!(
        "import wasi:http/types@{version};
         import wasi:http/outgoing-handler@{version};"
    );
    encode(version, true, &http)
}

/// Like [`component`], but without unstable functions and without HTTP.
pub(crate) fn stable(version: &str) -> Artifact {
    encode(version, false, "")
}

/// Returns a component that imports every function of WASI 0.3.
#[allow(
    dead_code,
    reason = "not every test file that has this module needs it"
)]
pub(crate) fn component_0_3(version: &str) -> Artifact {
    let http = format!(
        "import wasi:http/types@{version};
         import wasi:http/client@{version};"
    );
    of_packages(&PACKAGES_0_3, "0.3.0", version, true, &http)
}

/// Like [`component_0_3`], but without unstable functions and without HTTP.
#[allow(
    dead_code,
    reason = "not every test file that has this module needs it"
)]
pub(crate) fn stable_0_3(version: &str) -> Artifact {
    of_packages(&PACKAGES_0_3, "0.3.0", version, false, "")
}

fn encode(version: &str, unstable: bool, imports: &str) -> Artifact {
    of_packages(&PACKAGES, "0.2.12", version, unstable, imports)
}

fn of_packages(
    packages: &[&str],
    official: &str,
    version: &str,
    unstable: bool,
    imports: &str,
) -> Artifact {
    let mut resolve = Resolve::new();
    resolve.all_features = unstable;
    for package in packages {
        // The version is replaced below. Older packages must not carry `@since` of later versions.
        let lines = package
            .lines()
            .filter(|line| !line.trim().starts_with("@since"));
        let lines = lines.filter(|line| !line.trim().starts_with("@deprecated"));
        let text = lines
            .collect::<Vec<_>>()
            .join("\n")
            .replace(official, version);
        resolve.push_source("wasi.wit", &text).unwrap();
    }
    let world = format!(
        "package test:everything;
         world everything {{
           include wasi:cli/imports@{version};
           {imports}
         }}"
    );
    let package = resolve.push_source("everything.wit", &world).unwrap();
    let world = resolve.select_world(&[package], None).unwrap();
    let mut module = wit_component::dummy_module(&resolve, world, ManglingAndAbi::Standard32);
    let encoding = StringEncoding::UTF8;
    wit_component::embed_component_metadata(&mut module, &resolve, world, encoding).unwrap();
    let encoder = ComponentEncoder::default().module(&module).unwrap();
    let bytes = encoder.validate(true).encode().unwrap();
    Artifact::from_bytes("everything", bytes).unwrap()
}
