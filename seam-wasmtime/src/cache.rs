//! Compiled code in a folder, so that an artifact is compiled once for all processes.
//!
//! A file is named after the artifact and the build of the engine, and says so itself. It also has the
//! digest of its code. A file that was damaged, shortened, or renamed is compiled anew, as is one of
//! another version or build of the engine, which the engine checks in addition.

use std::fs;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sha2::{Digest, Sha256};
use wasmtime::component::Component;
use wasmtime::{Engine, Module, Result};

use crate::build::VERSION;
use crate::unchecked;

/// A folder of compiled code.
#[derive(Clone, Debug)]
pub(crate) struct Cache(Arc<Path>);

type Key = [u8; 32];

impl Cache {
    pub(crate) fn new(dir: PathBuf) -> Self {
        Self(dir.into())
    }

    /// Returns a compiled component.
    ///
    /// # Errors
    /// Those of compiling it.
    pub(crate) fn component(&self, engine: &Engine, source: &[u8]) -> Result<Component> {
        self.get(
            key("component", engine, source),
            |compiled| unchecked::component(engine, compiled),
            || Component::from_binary(engine, source),
            Component::serialize,
        )
    }

    /// Returns a compiled module.
    ///
    /// # Errors
    /// Those of compiling it.
    pub(crate) fn module(&self, engine: &Engine, source: &[u8]) -> Result<Module> {
        self.get(
            key("module", engine, source),
            |compiled| unchecked::module(engine, compiled),
            || Module::from_binary(engine, source),
            Module::serialize,
        )
    }

    fn get<C>(
        &self,
        key: Key,
        load: impl FnOnce(&[u8]) -> Result<C>,
        compile: impl FnOnce() -> Result<C>,
        serialize: impl FnOnce(&C) -> Result<Vec<u8>>,
    ) -> Result<C> {
        let path = self.0.join(format!("{}.seam-wasmtime", hex(&key)));
        let found = fs::read(&path).ok();
        let found = found.as_deref().and_then(|file| compiled(&key, file));
        if let Some(Ok(loaded)) = found.map(load) {
            return Ok(loaded);
        }
        let made = compile()?;
        // Without the file, the artifact is only compiled again.
        if let Ok(compiled) = serialize(&made) {
            let _ = self.write(&path, &key, &compiled);
        }
        Ok(made)
    }

    /// Writes a file as a whole, so that another process never reads a part of it.
    fn write(&self, path: &Path, key: &Key, compiled: &[u8]) -> std::io::Result<()> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let part = format!("{}-{number}.part", std::process::id());
        let part = self.0.join(part);
        fs::create_dir_all(&self.0)?;
        let file = [&key[..], &Sha256::digest(compiled)[..], compiled].concat();
        let written = fs::write(&part, file).and_then(|()| fs::rename(&part, path));
        if written.is_err() {
            let _ = fs::remove_file(&part);
        }
        written
    }
}

/// Returns the compiled code of a file, if the file has this key and is undamaged.
fn compiled<'f>(key: &Key, file: &'f [u8]) -> Option<&'f [u8]> {
    let (found, rest) = file.split_first_chunk::<32>()?;
    let (digest, compiled) = rest.split_first_chunk::<32>()?;
    let undamaged = found == key && Sha256::digest(compiled)[..] == digest[..];
    undamaged.then_some(compiled)
}

/// Identifies an artifact, and everything that changes its compiled code.
fn key(kind: &str, engine: &Engine, source: &[u8]) -> Key {
    let mut hasher = IntoSha(Sha256::new());
    (kind, VERSION).hash(&mut hasher);
    engine.precompile_compatibility_hash().hash(&mut hasher);
    hasher.0.update(source);
    hasher.0.finalize().into()
}

/// Passes what is hashed to SHA-256, so that different engines never share a file.
struct IntoSha(Sha256);

impl Hasher for IntoSha {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        let digest = self.0.clone().finalize();
        digest
            .first_chunk()
            .map_or(0, |first| u64::from_le_bytes(*first))
    }
}

fn hex(key: &Key) -> String {
    key.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::panic,
        clippy::indexing_slicing,
        reason = "tests"
    )]

    use super::*;

    /// A folder that is removed at the end.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let dir = std::env::temp_dir().join(format!("seam-{name}-{}", std::process::id()));
            let _ = fs::remove_dir_all(&dir);
            Self(dir)
        }

        fn files(&self) -> Vec<PathBuf> {
            let files = fs::read_dir(&self.0).into_iter().flatten();
            files.map(|file| file.unwrap().path()).collect()
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    /// Gets a text that is "compiled" to itself, and returns whether it was compiled.
    fn compiles(cache: &Cache, key: &Key, text: &str) -> bool {
        let mut made = false;
        let compile = || {
            made = true;
            Ok(text.to_owned())
        };
        let load = |bytes: &[u8]| Ok(String::from_utf8(bytes.to_vec())?);
        let found = cache.get(*key, load, compile, |text| Ok(text.clone().into_bytes()));
        assert_eq!(found.unwrap(), text);
        made
    }

    #[test]
    fn code_is_compiled_once_for_each_key() {
        let folder = Folder::new("cache-keys");
        let cache = Cache::new(folder.0.clone());
        assert!(compiles(&cache, &[1; 32], "one"));
        assert!(compiles(&cache, &[2; 32], "two"));
        assert!(!compiles(&cache, &[1; 32], "one"));
        assert!(!compiles(&cache, &[2; 32], "two"));
        assert_eq!(folder.files().len(), 2);
    }

    #[test]
    fn a_file_that_is_damaged_shortened_or_renamed_is_not_used() {
        let folder = Folder::new("cache-damage");
        let cache = Cache::new(folder.0.clone());
        assert!(compiles(&cache, &[1; 32], "the code"));
        let [path] = &folder.files()[..] else {
            panic!("expected one file");
        };
        let whole = fs::read(path).unwrap();
        for at in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[at] ^= 1;
            fs::write(path, damaged).unwrap();
            assert!(compiles(&cache, &[1; 32], "the code"), "byte {at}");
            fs::write(path, &whole[..at]).unwrap();
            assert!(compiles(&cache, &[1; 32], "the code"), "length {at}");
            // It has been replaced.
            assert!(!compiles(&cache, &[1; 32], "the code"));
        }
        assert!(compiles(&cache, &[2; 32], "other code"));
        let mut others = folder.files();
        others.retain(|other| other != path);
        fs::rename(&others[0], path).unwrap();
        assert!(compiles(&cache, &[1; 32], "the code"));
    }

    #[test]
    fn code_that_the_engine_refuses_is_compiled_anew() {
        let folder = Folder::new("cache-refused");
        let cache = Cache::new(folder.0.clone());
        let (engine, source) = (Engine::default(), wat("(component)"));
        let key = key("component", &engine, &source);
        assert!(compiles(&cache, &key, "no compiled code of any engine"));
        cache.component(&engine, &source).unwrap();
        assert!(!fs::read(&folder.files()[0]).unwrap().ends_with(b"engine"));
    }

    #[test]
    fn every_build_has_files_of_its_own() {
        let fuel = Engine::new(wasmtime::Config::new().consume_fuel(true)).unwrap();
        let plain = Engine::default();
        let source = wat("(module)");
        assert_eq!(
            key("module", &plain, &source),
            key("module", &Engine::default(), &source)
        );
        assert_ne!(
            key("module", &plain, &source),
            key("module", &fuel, &source)
        );
        assert_ne!(
            key("module", &plain, &source),
            key("component", &plain, &source)
        );
        assert_ne!(
            key("module", &plain, &source),
            key("module", &plain, &wat("(module (memory 1))"))
        );
    }

    #[test]
    fn without_a_folder_that_can_be_written_code_is_compiled_each_time() {
        let folder = Folder::new("cache-file");
        fs::write(&folder.0, "a file").unwrap();
        let cache = Cache::new(folder.0.clone());
        assert!(compiles(&cache, &[1; 32], "one"));
        assert!(compiles(&cache, &[1; 32], "one"));
        fs::remove_file(&folder.0).unwrap();
    }

    fn wat(text: &str) -> Vec<u8> {
        let artifact = seam_core::Artifact::from_wat("cached", text).unwrap();
        artifact.bytes().to_vec()
    }
}
