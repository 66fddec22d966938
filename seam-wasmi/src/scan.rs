//! What the adapter must know of a module before the engine sees it.

use seam_core::{Error, ErrorKind, Limit, Result};
use wasmparser::{
    ConstExpr, DataKind, ElementItems, ElementKind, FunctionBody, Operator, Parser, Payload,
    TableInit,
};

/// Operators that one constant expression may have. The engine makes a closure of each one that
/// calls those before it: a long expression is a recursion that overflows the native stack.
const CONST_OPERATORS: usize = 500;

/// Whether a module has indirect calls. What cannot be read is passed over, since the engine judges
/// the bytes.
///
/// # Errors
/// `Limit(EngineCapacity)` for what would overflow the engine's native stack.
pub(crate) fn indirect_calls(wasm: &[u8]) -> Result<bool> {
    let mut found = false;
    for payload in Parser::new(0).parse_all(wasm) {
        let Ok(payload) = payload else { break };
        match payload {
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
            Payload::CodeSectionEntry(body) => found = found || calls_indirectly(&body),
            _ => {}
        }
    }
    Ok(found)
}

fn constant(expr: &ConstExpr<'_>) -> Result<()> {
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
        indirect_calls(Artifact::from_wat("a", wat).unwrap().bytes())
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
