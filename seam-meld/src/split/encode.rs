//! Writes the new module.

use std::convert::Infallible;

use seam_core::Result;
use wasm_encoder::reencode::{self, Error, Reencode};
use wasm_encoder::{EntityType, ExportKind, SectionId};

use super::origin::Unit;
use super::plan::Plan;
use super::scan::{Scan, unencodable};
use crate::intrinsic::MODULE;

/// Writes the module according to the plan, without its provenance.
///
/// Returns the bytes, and the names of the sections that were left out.
pub(super) fn encode(bytes: &[u8], scan: &Scan<'_>, plan: &Plan) -> Result<(Vec<u8>, Vec<String>)> {
    let mut writer = Writer {
        scan,
        plan,
        user: None,
        next_body: scan.imported,
        in_body: false,
        exports_done: false,
        dropped: Vec::new(),
    };
    let mut module = wasm_encoder::Module::new();
    let parser = wasmparser::Parser::new(0);
    writer
        .parse_core_module(&mut module, parser, bytes)
        .map_err(unencodable)?;
    Ok((module.finish(), writer.dropped))
}

struct Writer<'a> {
    scan: &'a Scan<'a>,
    plan: &'a Plan,
    /// The unit that uses the item that is being written.
    user: Option<Unit>,
    /// The original index of the next function body.
    next_body: u32,
    in_body: bool,
    exports_done: bool,
    dropped: Vec<String>,
}

impl Writer<'_> {
    fn new_exports(&mut self, exports: &mut wasm_encoder::ExportSection) {
        for (memory, name) in &self.plan.new_exports {
            exports.export(name, ExportKind::Memory, *memory);
        }
        self.exports_done = true;
    }
}

impl Reencode for Writer<'_> {
    type Error = Infallible;

    fn function_index(&mut self, func: u32) -> Result<u32, Error> {
        Ok(self.plan.moved_for(self.scan, func, self.user))
    }

    fn parse_import_section(
        &mut self,
        imports: &mut wasm_encoder::ImportSection,
        section: wasmparser::ImportSectionReader<'_>,
    ) -> Result<(), Error> {
        let mut func = 0;
        for import in section.into_imports() {
            let import = import?;
            let is_func = matches!(
                import.ty,
                wasmparser::TypeRef::Func(_) | wasmparser::TypeRef::FuncExact(_)
            );
            let made = self.plan.imports.get(&func).filter(|_| is_func);
            let first = made.and_then(|made| made.first());
            let name = first.map_or(import.name, |made| &made.field);
            imports.import(import.module, name, self.entity_type(import.ty)?);
            func += u32::from(is_func);
        }
        // These are planned in the order of their indices.
        for (import, made) in &self.plan.imports {
            let ty = self.scan.imports.get(import).map(|(_, ty)| *ty);
            for made in made.iter().skip(1) {
                let ty = EntityType::Function(ty.unwrap_or_default());
                imports.import(MODULE, &made.field, ty);
            }
        }
        Ok(())
    }

    fn parse_export_section(
        &mut self,
        exports: &mut wasm_encoder::ExportSection,
        section: wasmparser::ExportSectionReader<'_>,
    ) -> Result<(), Error> {
        reencode::utils::parse_export_section(self, exports, section)?;
        self.new_exports(exports);
        Ok(())
    }

    fn intersperse_section_hook(
        &mut self,
        module: &mut wasm_encoder::Module,
        _after: Option<SectionId>,
        before: Option<SectionId>,
    ) -> Result<(), Error> {
        let past = !matches!(
            before,
            Some(
                SectionId::Type
                    | SectionId::Import
                    | SectionId::Function
                    | SectionId::Table
                    | SectionId::Memory
                    | SectionId::Tag
                    | SectionId::Global
                    | SectionId::Export
            )
        );
        if past && !self.exports_done && !self.plan.new_exports.is_empty() {
            let mut exports = wasm_encoder::ExportSection::new();
            self.new_exports(&mut exports);
            module.section(&exports);
        }
        Ok(())
    }

    fn parse_element(
        &mut self,
        elements: &mut wasm_encoder::ElementSection,
        element: wasmparser::Element<'_>,
    ) -> Result<(), Error> {
        if let wasmparser::ElementKind::Active { table_index, .. } = &element.kind {
            let table = table_index.unwrap_or(0);
            self.user = self.plan.origins.tables.get(&table).copied();
        }
        let outcome = reencode::utils::parse_element(self, elements, element);
        self.user = None;
        outcome
    }

    fn parse_function_body(
        &mut self,
        code: &mut wasm_encoder::CodeSection,
        body: wasmparser::FunctionBody<'_>,
    ) -> Result<(), Error> {
        self.user = self.plan.origins.units.get(&self.next_body).copied();
        self.in_body = true;
        self.next_body += 1;
        let outcome = reencode::utils::parse_function_body(self, code, body);
        self.in_body = false;
        self.user = None;
        outcome
    }

    fn instruction<'a>(
        &mut self,
        operator: wasmparser::Operator<'a>,
    ) -> Result<wasm_encoder::Instruction<'a>, Error> {
        // An import to which a body refers must be declared elsewhere, and keeps its name there.
        if let (wasmparser::Operator::RefFunc { function_index }, true) = (&operator, self.in_body)
        {
            let moved = self.plan.moved_for(self.scan, *function_index, None);
            return Ok(wasm_encoder::Instruction::RefFunc(moved));
        }
        reencode::utils::instruction(self, operator)
    }

    fn parse_custom_section(
        &mut self,
        module: &mut wasm_encoder::Module,
        section: wasmparser::CustomSectionReader<'_>,
    ) -> Result<(), Error> {
        let name = section.name();
        if name == seam_decode::Provenance::SECTION {
            // It is appended to the finished module.
            return Ok(());
        }
        if describes_code(name) {
            self.dropped.push(name.to_string());
            return Ok(());
        }
        reencode::utils::parse_custom_section(self, module, section)
    }
}

/// Returns whether a custom section contains offsets into the module, function indices, or a digest
/// of the module.
fn describes_code(name: &str) -> bool {
    const NAMES: [&str; 5] = [
        "wsc.transformation.attestation",
        "linking",
        "sourceMappingURL",
        "external_debug_info",
        "build_id",
    ];
    let prefixes = [".debug_", "reloc.", "metadata.code."];
    NAMES.contains(&name) || prefixes.iter().any(|prefix| name.starts_with(prefix))
}
