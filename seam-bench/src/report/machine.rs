//! The machine and the versions that were measured.

use std::fs;
use std::process::Command;
use std::thread;

use seam_core::Backend;
use serde::{Deserialize, Serialize};

/// The machine and the versions that were measured. It has no name of a host and no path.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Machine {
    pub(super) processor: String,
    pub(super) cores: usize,
    pub(super) system: String,
    pub(super) rustc: String,
    pub(super) engines: Vec<String>,
}

impl Machine {
    /// Describes this machine.
    pub(super) fn this() -> Self {
        let backends = crate::engine::builds();
        let engines = backends.iter().map(|backend| {
            let info = backend.info();
            format!("{} {}", info.name, info.version)
        });
        Self {
            processor: processor().unwrap_or_else(|| std::env::consts::ARCH.into()),
            cores: thread::available_parallelism().map_or(1, usize::from),
            system: system().unwrap_or_else(|| std::env::consts::OS.into()),
            rustc: output("rustc", &["--version"]).unwrap_or_else(|| "unknown".into()),
            engines: engines.collect(),
        }
    }

    /// Describes the machine in one sentence.
    pub(super) fn sentence(&self) -> String {
        format!(
            "{}, {} cores, {}; {}; {}",
            self.processor,
            self.cores,
            self.system,
            self.rustc,
            self.engines.join(", ")
        )
    }
}

fn processor() -> Option<String> {
    let text = fs::read_to_string("/proc/cpuinfo").ok()?;
    let model = text.lines().find(|line| line.starts_with("model name"))?;
    Some(model.split_once(':')?.1.trim().to_owned())
}

fn system() -> Option<String> {
    output("uname", &["-sr"])
}

fn output(program: &str, args: &[&str]) -> Option<String> {
    let output = Command::new(program).args(args).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let text = text.trim();
    (output.status.success() && !text.is_empty()).then(|| text.to_owned())
}
