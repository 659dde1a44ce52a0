//! The texts of database statements, as far as they are written in the source.

use crate::ir::{Call, Const, Expr, ModuleSummary};
use crate::link::{At, CallAt, ExprAt};
use crate::rules::Program;

/// How a statement begins that changes what tables there are, or asks how one is made. It is of one of them, and as good as never made.
const SCHEMA: [&str; 5] = ["DROP", "CREATE", "ALTER", "TRUNCATE", "PRAGMA"];

/// Variables, calls and functions that are followed from an argument.
const DEEPEST: u8 = 6;

/// Whether the statement that a call makes is about the schema.
#[must_use]
pub fn is_schema(program: &Program<'_, '_>, at: CallAt) -> bool {
    let call = &program.input.summaries[at.file].calls[at.id];
    written(program, at, call) || call.args.first().is_some_and(|arg| begins(program, At { file: at.file, id: arg.value }, DEEPEST))
}

/// A text with values put in is none in the summary: what is written in the call tells how it begins.
fn written(program: &Program<'_, '_>, at: CallAt, call: &Call) -> bool {
    let text = program.input.sources[at.file].text.get(call.span.start as usize..call.span.end as usize).unwrap_or("");
    let argument = text.split_once('(').map_or("", |(_, argument)| argument.trim_start());
    let literal = argument.trim_start_matches(['f', 'F', 'r', 'R']);
    literal.starts_with(['"', '\'', '`']) && is_schema_text(literal.trim_start_matches(['"', '\'', '`']))
}

fn is_schema_text(text: &str) -> bool {
    let word = text.split_whitespace().next().unwrap_or("");
    SCHEMA.iter().any(|schema| word.eq_ignore_ascii_case(schema))
}

fn begins(program: &Program<'_, '_>, at: ExprAt, depth: u8) -> bool {
    let Some(depth) = depth.checked_sub(1) else { return false };
    let summary: &ModuleSummary = &program.input.summaries[at.file];
    let any = |file, ids: &[crate::ir::ExprId]| ids.iter().any(|id| begins(program, At { file, id: *id }, depth));
    match &summary.exprs[at.id] {
        Expr::Const(Const::Str(text)) => is_schema_text(text),
        Expr::Var(var) => any(at.file, program.solution.assigned(at.file, *var)),
        Expr::Await(inner) => any(at.file, &[*inner]),
        Expr::Call(id) => {
            let (call, here) = (&summary.calls[*id], At { file: at.file, id: *id });
            let returned = || {
                let mut edges = program.graph.edges_of(here);
                edges.any(|edge| any(edge.to.file, &program.input.func(edge.to).returns))
            };
            // `text("drop ...")`, and `"drop ...".format(table)`.
            let receiver = match summary.exprs[call.callee] {
                Expr::Attr { base, .. } => Some(base),
                _ => None,
            };
            written(program, here, call) || returned() || any(at.file, receiver.as_slice()) || any(at.file, first(call).as_slice())
        }
        _ => false,
    }
}

fn first(call: &Call) -> Option<crate::ir::ExprId> {
    call.args.first().map(|arg| arg.value)
}
