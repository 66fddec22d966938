//! `kiln_decoder`

pub(crate) mod component {
    use std::collections::HashMap;

    use seam_core::{Artifact, FuncType};
    use wasmparser::{
        CanonicalFunction, ComponentAlias, ComponentExternalKind, ComponentInstance, ExternalKind,
        Parser, Payload,
    };

    use crate::kiln_error::{Error, ErrorCategory, Result};

    /// A component with one core module. Its functions have the names of their core exports.
    #[derive(Default)]
    pub(crate) struct Component {
        pub(crate) module: Vec<u8>,
        /// Exported functions: name, core export, type.
        pub(crate) funcs: Vec<(String, String, FuncType)>,
        /// Exported instances: name, and the core export behind the first function.
        pub(crate) instances: Vec<(String, String)>,
    }

    /// Decodes a component that the seam accepts: one core module, and lifts of its exports.
    pub(crate) fn decode_component(binary: &[u8]) -> Result<Component> {
        let odd = |_| Error::new(ErrorCategory::Runtime, 1005, "the double cannot decode it");
        let artifact = Artifact::from_bytes("component", binary).map_err(odd)?;
        let types: HashMap<String, FuncType> = seam_decode::validate(&artifact)
            .map_err(odd)?
            .export_funcs()
            .iter()
            .map(|(name, ty)| (name.to_string(), FuncType::clone(ty)))
            .collect();
        let mut component = Component::default();
        // The index spaces, as core exports.
        let (mut core, mut lifted) = (Vec::new(), Vec::<String>::new());
        let mut instances = Vec::<String>::new();
        for payload in Parser::new(0).parse_all(binary).flatten() {
            match payload {
                Payload::ModuleSection {
                    unchecked_range, ..
                } => component.module = binary[unchecked_range].to_vec(),
                Payload::ComponentAliasSection(section) => {
                    for alias in section.into_iter().flatten() {
                        if let ComponentAlias::CoreInstanceExport {
                            kind: ExternalKind::Func,
                            name,
                            ..
                        } = alias
                        {
                            core.push(name.to_string());
                        }
                    }
                }
                Payload::ComponentCanonicalSection(section) => {
                    for canon in section.into_iter().flatten() {
                        if let CanonicalFunction::Lift {
                            core_func_index, ..
                        } = canon
                        {
                            lifted.push(core[core_func_index as usize].clone());
                        }
                    }
                }
                Payload::ComponentInstanceSection(section) => {
                    for instance in section.into_iter().flatten() {
                        if let ComponentInstance::FromExports(exports) = instance {
                            instances.push(lifted[exports[0].index as usize].clone());
                        }
                    }
                }
                Payload::ComponentExportSection(section) => {
                    for export in section.into_iter().flatten() {
                        let (name, index) = (export.name.name.to_string(), export.index as usize);
                        match export.kind {
                            ComponentExternalKind::Func => {
                                let core = lifted[index].clone();
                                let ty = types[&name].clone();
                                component.funcs.push((name, core.clone(), ty));
                                lifted.push(core);
                            }
                            ComponentExternalKind::Instance => {
                                component.instances.push((name, instances[index].clone()));
                            }
                            _ => {}
                        }
                    }
                }
                _ => {}
            }
        }
        Ok(component)
    }
}
