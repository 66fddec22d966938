//! Finds out what each function of a module uses.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;

use seam_core::{Error, Result};
use wasm_encoder::reencode::{self, Reencode};
use wasmparser::{
    CodeSectionReader, ElementItems, ElementKind, ExternalKind, Operator, Parser, Payload, TypeRef,
};

use crate::intrinsic::{Intrinsic, MODULE};

/// The parts of a module that decide how its imports are split.
#[derive(Default)]
pub(super) struct Scan<'a> {
    /// The number of imported functions.
    pub(super) imported: u32,
    /// The imports to split, by function index: field name and index of the type.
    pub(super) imports: BTreeMap<u32, (&'a str, u32)>,
    /// The first name under which each memory is exported.
    pub(super) memory_exports: BTreeMap<u32, &'a str>,
    /// The number of memories.
    pub(super) memories: u32,
    /// The names of all exports.
    pub(super) exports: BTreeSet<&'a str>,
    /// Defined functions, in order.
    pub(super) bodies: Vec<Uses>,
    /// The functions in the active segments of each table.
    pub(super) segments: BTreeMap<u32, BTreeSet<u32>>,
    /// Functions that are exported or started, or to which there is a reference outside of active
    /// segments.
    pub(super) elsewhere: BTreeSet<u32>,
    /// The content of the section `component-provenance`.
    pub(super) provenance: Option<&'a [u8]>,
}

/// What a function uses, by index.
#[derive(Default)]
pub(super) struct Uses {
    pub(super) calls: BTreeSet<u32>,
    pub(super) refs: BTreeSet<u32>,
    pub(super) memories: BTreeSet<u32>,
    pub(super) tables: BTreeSet<u32>,
}

impl<'a> Scan<'a> {
    /// Reads a valid module.
    pub(super) fn of(bytes: &'a [u8]) -> Result<Self> {
        let mut scan = Self::default();
        for payload in Parser::new(0).parse_all(bytes) {
            scan.read(payload.map_err(invalid)?, bytes)?;
        }
        let refs = scan.bodies.iter().flat_map(|body| &body.refs);
        scan.elsewhere.extend(refs);
        Ok(scan)
    }

    /// Returns whether anything uses a function.
    pub(super) fn is_used(&self, func: u32) -> bool {
        self.elsewhere.contains(&func)
            || self.bodies.iter().any(|body| body.calls.contains(&func))
            || self.segments.values().any(|funcs| funcs.contains(&func))
    }

    fn read(&mut self, payload: Payload<'a>, bytes: &'a [u8]) -> Result<()> {
        match payload {
            Payload::ImportSection(section) => self.imports(section)?,
            Payload::MemorySection(section) => self.memories += section.count(),
            Payload::ExportSection(section) => self.exports(section)?,
            Payload::StartSection { func, .. } => {
                self.elsewhere.insert(func);
            }
            Payload::GlobalSection(section) => {
                for global in section {
                    let init = global.map_err(invalid)?.init_expr;
                    self.elsewhere.extend(Recorder::const_expr(init)?);
                }
            }
            Payload::TableSection(section) => {
                for table in section {
                    if let wasmparser::TableInit::Expr(init) = table.map_err(invalid)?.init {
                        self.elsewhere.extend(Recorder::const_expr(init)?);
                    }
                }
            }
            Payload::ElementSection(section) => {
                for element in section {
                    self.element(element.map_err(invalid)?)?;
                }
            }
            Payload::CodeSectionStart { range, .. } => {
                let content = bytes.get(range.clone()).unwrap_or_default();
                let reader = wasmparser::BinaryReader::new(content, range.start);
                for body in CodeSectionReader::new(reader).map_err(invalid)? {
                    self.bodies.push(Recorder::body(body.map_err(invalid)?)?);
                }
            }
            Payload::CustomSection(section)
                if section.name() == seam_decode::Provenance::SECTION =>
            {
                self.provenance = Some(section.data());
            }
            _ => {}
        }
        Ok(())
    }

    fn imports(&mut self, section: wasmparser::ImportSectionReader<'a>) -> Result<()> {
        for import in section.into_imports() {
            let import = import.map_err(invalid)?;
            match import.ty {
                TypeRef::Func(ty) | TypeRef::FuncExact(ty) => {
                    if import.module == MODULE && Intrinsic::of_field(import.name).is_some() {
                        self.imports.insert(self.imported, (import.name, ty));
                    }
                    self.imported += 1;
                }
                TypeRef::Memory(_) => self.memories += 1,
                _ => {}
            }
        }
        Ok(())
    }

    fn exports(&mut self, section: wasmparser::ExportSectionReader<'a>) -> Result<()> {
        for export in section {
            let export = export.map_err(invalid)?;
            self.exports.insert(export.name);
            match export.kind {
                ExternalKind::Memory => {
                    let names = &mut self.memory_exports;
                    names.entry(export.index).or_insert(export.name);
                }
                ExternalKind::Func => {
                    self.elsewhere.insert(export.index);
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn element(&mut self, element: wasmparser::Element<'a>) -> Result<()> {
        let mut funcs = BTreeSet::new();
        match element.items {
            ElementItems::Functions(section) => {
                for func in section {
                    funcs.insert(func.map_err(invalid)?);
                }
            }
            ElementItems::Expressions(_, section) => {
                for expr in section {
                    funcs.extend(Recorder::const_expr(expr.map_err(invalid)?)?);
                }
            }
        }
        match element.kind {
            ElementKind::Active { table_index, .. } => {
                let table = self.segments.entry(table_index.unwrap_or(0));
                table.or_default().extend(funcs);
            }
            ElementKind::Passive | ElementKind::Declared => self.elsewhere.extend(funcs),
        }
        Ok(())
    }
}

/// Records what a function uses while it encodes the function. The encoding is thrown away.
#[derive(Default)]
struct Recorder(Uses);

impl Recorder {
    fn body(body: wasmparser::FunctionBody<'_>) -> Result<Uses> {
        let mut recorder = Self::default();
        let mut code = wasm_encoder::CodeSection::new();
        recorder
            .parse_function_body(&mut code, body)
            .map_err(unencodable)?;
        Ok(recorder.0)
    }

    fn const_expr(expr: wasmparser::ConstExpr<'_>) -> Result<BTreeSet<u32>> {
        let mut recorder = Self::default();
        recorder.const_expr(expr).map_err(unencodable)?;
        Ok(recorder.0.refs)
    }
}

impl Reencode for Recorder {
    type Error = Infallible;

    fn function_index(&mut self, func: u32) -> Result<u32, reencode::Error> {
        self.0.calls.insert(func);
        Ok(func)
    }

    fn memory_index(&mut self, memory: u32) -> Result<u32, reencode::Error> {
        self.0.memories.insert(memory);
        Ok(memory)
    }

    fn table_index(&mut self, table: u32) -> Result<u32, reencode::Error> {
        self.0.tables.insert(table);
        Ok(table)
    }

    fn instruction<'a>(
        &mut self,
        operator: Operator<'a>,
    ) -> Result<wasm_encoder::Instruction<'a>, reencode::Error> {
        if let Operator::RefFunc { function_index } = operator {
            self.0.refs.insert(function_index);
            return Ok(wasm_encoder::Instruction::RefFunc(function_index));
        }
        reencode::utils::instruction(self, operator)
    }
}

fn invalid(error: wasmparser::BinaryReaderError) -> Error {
    Error::invalid(error.message().to_string())
        .at(error.offset() as u64)
        .with_source(error)
}

/// Returns the error for code that validates but that wasm-encoder cannot write.
pub(super) fn unencodable(error: reencode::Error) -> Error {
    Error::invalid(format!("expected code that can be encoded again: {error}")).with_source(error)
}
