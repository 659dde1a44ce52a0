//! The texts of database statements, as far as they are written in the source.

use crate::base::{FileId, Name};
use crate::ir::{Call, Const, Expr, ExprId, ModuleSummary};
use crate::link::{At, CallAt, ExprAt};
use crate::rules::Program;

/// How a statement begins that changes what tables there are or asks how one is made, or that is about the session: it is of one of them
/// or of none, and no other form of it asks for all at once.
const SINGLE: [&str; 27] = [
    "DROP",
    "CREATE",
    "ALTER",
    "TRUNCATE",
    "PRAGMA",
    "VACUUM",
    "ANALYZE",
    "REINDEX",
    "OPTIMIZE",
    "REFRESH",
    "GRANT",
    "REVOKE",
    "COMMENT",
    "ATTACH",
    "DETACH",
    "BEGIN",
    "START",
    "COMMIT",
    "ROLLBACK",
    "SAVEPOINT",
    "RELEASE",
    "SET",
    "RESET",
    "USE",
    "LOCK",
    "LISTEN",
    "UNLISTEN",
];

/// Those that are commands by themselves: `SET` alone is one of Redis.
const ALONE: [&str; 5] = ["BEGIN", "COMMIT", "ROLLBACK", "VACUUM", "ANALYZE"];

/// Variables, calls and functions that are followed from an argument.
const DEEPEST: u8 = 6;

/// Whether the statement that a call makes is about the schema or the session.
#[must_use]
pub fn is_single(program: &Program<'_, '_>, at: CallAt) -> bool {
    let call = &program.input.summaries[at.file].calls[at.id];
    first(call).is_some_and(|arg| begins(program, At { file: at.file, id: arg }, DEEPEST, &is_single_text))
}

/// Whether a call hands on such a statement, in capitals, to what makes it.
#[must_use]
pub fn hands_on(program: &Program<'_, '_>, at: CallAt) -> bool {
    let args = &program.input.summaries[at.file].calls[at.id].args;
    let shouts = |text: &str| is_single_text(text) && text.trim_start().bytes().take(2).all(|letter| letter.is_ascii_uppercase());
    args.iter().any(|arg| begins(program, At { file: at.file, id: arg.value }, DEEPEST, &shouts))
}

/// Whether a text begins so.
fn is_single_text(text: &str) -> bool {
    let text = text.trim_start();
    let word = text.split(|end: char| !end.is_ascii_alphabetic()).next().unwrap_or("");
    let rest = &text[word.len()..];
    let known: &[&str] = if rest.is_empty() || rest.starts_with(';') { &ALONE } else { &SINGLE };
    known.iter().any(|known| word.eq_ignore_ascii_case(known)) && !rest.starts_with(|next: char| !next.is_whitespace() && next != ';')
}

/// Whether a text begins so whose content is not kept, as it is written.
fn is_written(program: &Program<'_, '_>, at: ExprAt, is: &dyn Fn(&str) -> bool) -> bool {
    let source = &program.input.sources[at.file].text;
    let begun = program.input.summaries[at.file].text_begun(at.id, source);
    let literal = begun.unwrap_or("").trim_start_matches(|first: char| first == '(' || first.is_whitespace());
    let quoted = literal.trim_start_matches(['f', 'F', 'r', 'R', 't', 'T', 'u', 'U']);
    quoted.starts_with(['"', '\'', '`']) && is(quoted.trim_start_matches(['"', '\'', '`']))
}

fn begins(program: &Program<'_, '_>, at: ExprAt, depth: u8, is: &dyn Fn(&str) -> bool) -> bool {
    let Some(depth) = depth.checked_sub(1) else { return false };
    let summary: &ModuleSummary = &program.input.summaries[at.file];
    let any = |file, ids: &[ExprId]| ids.iter().any(|id| begins(program, At { file, id: *id }, depth, is));
    match &summary.exprs[at.id] {
        Expr::Const(Const::Str(text)) => is(text),
        Expr::Builtin(_) => is_written(program, at, is),
        Expr::Var(var) => any(at.file, program.solution.assigned(at.file, *var)),
        Expr::Await(inner) => any(at.file, &[*inner]),
        Expr::Either(ways) => any(at.file, ways),
        Expr::Attr { base, name } => any(at.file, &under(program, at.file, *base, *name)),
        Expr::Index { base, key } => summary.exprs[*key].key().is_some_and(|key| any(at.file, &under(program, at.file, *base, key))),
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
            returned() || any(at.file, receiver.as_slice()) || any(at.file, first(call).as_slice())
        }
        _ => false,
    }
}

/// What the dictionaries and objects that a value may be hold under a key, as they are written in its file: of a list's elements, too.
fn under(program: &Program<'_, '_>, file: FileId, base: ExprId, key: Name) -> Vec<ExprId> {
    let summary = &program.input.summaries[file];
    let mut pending: Vec<(ExprId, u8)> = vec![(base, DEEPEST)];
    let mut found = Vec::new();
    while let Some((id, depth)) = pending.pop() {
        let Some(depth) = depth.checked_sub(1) else { continue };
        match &summary.exprs[id] {
            Expr::Var(var) => pending.extend(program.solution.assigned(file, *var).iter().map(|id| (*id, depth))),
            Expr::Element(of) | Expr::Many(of) => pending.push((*of, depth)),
            Expr::List(items) => pending.extend(items.iter().map(|id| (*id, depth))),
            Expr::Object(fields) => found.extend(fields.iter().filter(|(known, _)| *known == Some(key)).map(|(_, value)| *value)),
            _ => {}
        }
    }
    found
}

fn first(call: &Call) -> Option<ExprId> {
    call.args.first().map(|arg| arg.value)
}
