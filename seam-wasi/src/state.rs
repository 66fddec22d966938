//! The WASI state of one instance.

use std::sync::Arc;

use crate::files::{Files, Recipe};
use crate::meter::Meter;
use crate::rng::Random;
use crate::stdin::Stdin;
use crate::table::Table;
use crate::time::Datetime;

/// The initial state of every instance.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    pub(crate) args: Vec<String>,
    pub(crate) env: Vec<(String, String)>,
    pub(crate) cwd: Option<String>,
    pub(crate) stdin: Arc<[u8]>,
    pub(crate) monotonic: u64,
    pub(crate) wall: Datetime,
    pub(crate) seed: u64,
    pub(crate) files: Recipe,
}

/// The state that all functions of an instance share.
pub(crate) struct State {
    pub(crate) config: Arc<Config>,
    pub(crate) table: Table,
    pub(crate) random: Random,
    pub(crate) stdin: Stdin,
    pub(crate) files: Files,
    pub(crate) meter: Meter,
}

impl State {
    /// Creates a fresh state. The file systems in `config` must have been checked.
    pub(crate) fn new(config: Arc<Config>) -> Self {
        Self {
            table: Table::default(),
            random: Random::new(config.seed),
            stdin: Stdin::new(config.stdin.clone()),
            files: config.files.files(config.wall),
            meter: Meter::default(),
            config,
        }
    }
}
