//! What the adapter must know of a module before the engine sees it.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use seam_core::{Error, ErrorKind, Limit, Result};
use wasmparser::{
    BinaryReader, Chunk, CodeSectionReader, ConstExpr, DataKind, ElementItems, ElementKind,
    FunctionBody, Operator, Parser, Payload, TableInit,
};

/// Operators that one constant expression may have. The engine makes a closure of each one that
/// calls those before it: a long expression is a recursion that overflows the native stack.
const CONST_OPERATORS: usize = 500;

/// The sections of a module that the adapter looks at.
#[derive(Debug, Default)]
pub(crate) struct Sections<'a> {
    pub(crate) has_start: bool,
    /// The contents of the import section.
    pub(crate) imports: &'a [u8],
    /// The contents of the export section.
    pub(crate) exports: &'a [u8],
    /// Where the contents of the code section are in the module.
    code: Range<usize>,
}

/// Reads the sections of a module in one pass that skips function bodies, and refuses constant
/// expressions that are too long for the engine. It ends at what it cannot read, since the engine
/// judges the bytes.
///
/// # Errors
/// `Limit(EngineCapacity)` for what would overflow the engine's native stack.
pub(crate) fn sections(wasm: &[u8]) -> Result<Sections<'_>> {
    let mut sections = Sections::default();
    let (mut parser, mut rest) = (Parser::new(0), wasm);
    while let Ok(Chunk::Parsed { payload, consumed }) = parser.parse(rest, true) {
        rest = rest.get(consumed..).unwrap_or_default();
        match payload {
            Payload::CodeSectionStart { range, size, .. } => {
                parser.skip_section();
                rest = rest.get(size as usize..).unwrap_or_default();
                sections.code = range;
            }
            Payload::StartSection { .. } => sections.has_start = true,
            Payload::ImportSection(section) => {
                sections.imports = wasm.get(section.range()).unwrap_or_default();
            }
            Payload::ExportSection(section) => {
                sections.exports = wasm.get(section.range()).unwrap_or_default();
            }
            Payload::End(_) => break,
            section => constants(section)?,
        }
    }
    Ok(sections)
}

/// Checks the constant expressions of a section.
fn constants(section: Payload<'_>) -> Result<()> {
    if let Some((_, range)) = section.as_section() {
        if has_few_operators(range.len()) {
            return Ok(());
        }
    }
    match section {
        Payload::TableSection(section) => {
            for table in section.into_iter().flatten() {
                if let TableInit::Expr(init) = &table.init {
                    constant(init)?;
                }
            }
        }
        Payload::GlobalSection(section) => {
            for global in section.into_iter().flatten() {
                constant(&global.init_expr)?;
            }
        }
        Payload::ElementSection(section) => {
            for element in section.into_iter().flatten() {
                if let ElementKind::Active { offset_expr, .. } = &element.kind {
                    constant(offset_expr)?;
                }
                if let ElementItems::Expressions(_, items) = element.items {
                    items
                        .into_iter()
                        .flatten()
                        .try_for_each(|item| constant(&item))?;
                }
            }
        }
        Payload::DataSection(section) => {
            for data in section.into_iter().flatten() {
                if let DataKind::Active { offset_expr, .. } = &data.kind {
                    constant(offset_expr)?;
                }
            }
        }
        _ => {}
    }
    Ok(())
}

/// Whether the code of a module calls through a table. The code is read when this is first asked,
/// which is after a trap.
#[derive(Debug)]
pub(crate) struct IndirectCalls {
    bytes: Arc<[u8]>,
    code: Range<usize>,
    found: OnceLock<bool>,
}

impl IndirectCalls {
    /// Keeps the bytes that the module with these sections is in. It starts at `start`.
    pub(crate) fn of(bytes: &Arc<[u8]>, start: usize, sections: &Sections<'_>) -> Self {
        let Range { start: from, end } = sections.code;
        Self {
            bytes: bytes.clone(),
            code: start.saturating_add(from)..start.saturating_add(end),
            found: OnceLock::new(),
        }
    }

    /// Whether there are any.
    pub(crate) fn any(&self) -> bool {
        *self.found.get_or_init(|| {
            let code = self.bytes.get(self.code.clone()).unwrap_or_default();
            let bodies = CodeSectionReader::new(BinaryReader::new(code, 0));
            let mut bodies = bodies.into_iter().flatten().map_while(Result::ok);
            bodies.any(|body| calls_indirectly(&body))
        })
    }
}

/// Returns whether this many bytes cannot hold a constant expression that is too long: each operator
/// takes at least one byte.
fn has_few_operators(bytes: usize) -> bool {
    bytes <= CONST_OPERATORS
}

fn constant(expr: &ConstExpr<'_>) -> Result<()> {
    if has_few_operators(expr.get_binary_reader().bytes_remaining()) {
        return Ok(());
    }
    let operators = expr.get_operators_reader().into_iter();
    if operators.take(CONST_OPERATORS + 1).count() > CONST_OPERATORS {
        let message = format!(
            "expected a constant expression of at most {CONST_OPERATORS} operators, found more"
        );
        return Err(Error::new(ErrorKind::Limit(Limit::EngineCapacity), message));
    }
    Ok(())
}

fn calls_indirectly(body: &FunctionBody<'_>) -> bool {
    let Ok(operators) = body.get_operators_reader() else {
        return false;
    };
    operators.into_iter().map_while(Result::ok).any(|operator| {
        matches!(
            operator,
            Operator::CallIndirect { .. } | Operator::ReturnCallIndirect { .. }
        )
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use seam_core::Artifact;

    fn found(wat: &str) -> Result<bool> {
        let artifact = Artifact::from_wat("a", wat).unwrap();
        let sections = sections(artifact.bytes())?;
        // The module is not always at the start of the bytes.
        let within: Arc<[u8]> = [b"before", artifact.bytes()].concat().into();
        Ok(IndirectCalls::of(&within, 6, &sections).any())
    }

    #[test]
    fn indirect_calls_are_found() {
        for (body, expected) in [
            ("(drop (i32.const 0)) (call_indirect (i32.const 0))", true),
            ("(return_call_indirect (i32.const 0))", true),
            ("(drop (table.get (i32.const 0))) (call 0)", false),
        ] {
            let wat = format!("(module (table 1 funcref) (func) (func {body}))");
            assert_eq!(found(&wat).unwrap(), expected, "{wat}");
        }
    }

    #[test]
    fn start_sections_are_found_before_and_after_code() {
        for (text, expected) in [
            (
                "(module (func $f) (start $f) (memory 1) (data (i32.const 0) \"a\"))",
                true,
            ),
            (
                "(module (func $f) (memory 1) (data (i32.const 0) \"a\"))",
                false,
            ),
        ] {
            let artifact = Artifact::from_wat("a", text).unwrap();
            assert_eq!(
                sections(artifact.bytes()).unwrap().has_start,
                expected,
                "{text}"
            );
        }
    }

    #[test]
    fn long_constant_expressions_are_beyond_the_engine() {
        let sum = |n: usize| format!("i32.const 0{}", " i32.const 1 i32.add".repeat(n));
        for place in ["(global i32 {})", "(memory 1) (data (offset {}) \"a\")"] {
            let module = |n| format!("(module {})", place.replace("{}", &sum(n)));
            assert!(found(&module(100)).is_ok(), "{place}");
            let error = found(&module(CONST_OPERATORS)).unwrap_err();
            assert_eq!(*error.kind(), ErrorKind::Limit(Limit::EngineCapacity));
        }
    }
}
