//! Hand-written modules with a provenance, as meld writes it.

use seam_core::{Artifact, CorePath, CoreType, CoreValue, Instance};
use seam_meld::{Intrinsic, MODULE, Split, split_async_imports};
use wasmparser::{Parser, Payload};

/// The original index of functions that meld made.
pub(crate) const MADE_BY_MELD: u32 = u32::MAX;

/// The origin of a function: its index, its component, its original index.
pub(crate) type Entry<'a> = (u32, &'a str, u32);

/// Returns the content of the section. Each entry has a range that is wrong.
pub(crate) fn provenance(entries: &[Entry<'_>]) -> Vec<u8> {
    let mut bytes = b"SCPV\x03\x01\x00".to_vec();
    bytes.extend([0xaa; 32]);
    bytes.extend(u32::try_from(entries.len()).unwrap().to_le_bytes());
    for (func, component, original) in entries {
        bytes.extend(func.to_le_bytes());
        bytes.extend(u32::try_from(component.len()).unwrap().to_le_bytes());
        bytes.extend(component.as_bytes());
        bytes.extend(original.to_le_bytes());
        bytes.push(1);
        bytes.extend([0xbb; 8]);
    }
    bytes
}

/// Returns the text of a custom section.
pub(crate) fn custom(name: &str, content: &[u8]) -> String {
    let escaped: String = content.iter().map(|byte| format!("\\{byte:02x}")).collect();
    format!("(@custom \"{name}\" \"{escaped}\")")
}

/// Imports an intrinsic under the name `$<field>`.
pub(crate) fn import(field: &str) -> String {
    let types = |types: &[CoreType]| {
        let types: Vec<_> = types.iter().map(ToString::to_string).collect();
        types.join(" ")
    };
    let ty = Intrinsic::of_field(field).unwrap().ty();
    let (params, results) = (types(&ty.params), types(&ty.results));
    format!("(import \"{MODULE}\" \"{field}\" (func ${field} (param {params}) (result {results})))")
}

pub(crate) fn fused(fields: &str, entries: &[Entry<'_>]) -> Artifact {
    let section = custom("component-provenance", &provenance(entries));
    Artifact::from_wat("fused", &format!("(module {fields} {section})")).unwrap()
}

/// Splits a module. The result is valid.
pub(crate) fn split(artifact: &Artifact) -> Split {
    let split = split_async_imports(artifact).unwrap();
    seam_decode::validate(&split.artifact).unwrap();
    split
}

/// Returns the names of the imported functions.
pub(crate) fn imports(artifact: &Artifact) -> Vec<String> {
    let mut names = Vec::new();
    for payload in Parser::new(0).parse_all(artifact.bytes()) {
        if let Payload::ImportSection(section) = payload.unwrap() {
            for import in section.into_imports() {
                names.push(import.unwrap().name.to_string());
            }
        }
    }
    names
}

/// Returns the name and content of each custom section.
pub(crate) fn customs(bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut sections = Vec::new();
    for payload in Parser::new(0).parse_all(bytes) {
        if let Payload::CustomSection(section) = payload.unwrap() {
            sections.push((section.name().to_string(), section.data().to_vec()));
        }
    }
    sections
}

/// The memories of a split, as pairs.
pub(crate) fn memories(split: &Split) -> Vec<(&str, &str)> {
    let memories = split.memories.iter();
    memories
        .map(|(field, memory)| (&**field, &**memory))
        .collect()
}

pub(crate) fn call(instance: &mut dyn Instance, name: &str, args: &[i32]) -> i64 {
    let args: Vec<_> = args.iter().map(|arg| CoreValue::I32(*arg)).collect();
    match &instance
        .call_core(&CorePath::new([0]), name, &args)
        .unwrap()[..]
    {
        [CoreValue::I32(value)] => i64::from(*value),
        [CoreValue::I64(value)] => *value,
        [] => 0,
        other => panic!("{other:?}"),
    }
}
