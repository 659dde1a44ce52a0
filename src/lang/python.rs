//! Python to `ModuleSummary`, in one walk over the tree.

mod definitions;
mod expressions;
mod guards;
mod kept;
mod loops;
mod scopes;
mod statements;
mod texts;

use super::{problems, syntax};
use crate::base::{Name, Span, name};
use crate::ir::Family;
use crate::ir::loops::LoopId;
use crate::ir::{ClassId, Expr, ExprId, FuncId, MODULE_BODY, ModuleSummary, Var, VarId};
use rustc_hash::FxHashMap;
use tree_sitter::Node;

/// Deepest nesting that is followed.
const DEEPEST: usize = 300;

/// Lowers Python source text.
#[must_use]
pub fn lower(text: &str, is_stub: bool) -> ModuleSummary {
    let mut summary = ModuleSummary::new(Family::Python, text.len());
    summary.is_stub = is_stub;
    summary.is_script = text.starts_with("#!");
    let Some(tree) = syntax::parse(text, super::Lang::Python) else {
        summary.problems.push(crate::ir::Problem { message: "could not be parsed".to_owned(), span: None });
        return summary;
    };
    let mut lowering = Lowering {
        text,
        names: FxHashMap::default(),
        summary,
        scopes: vec![FxHashMap::default()],
        global_names: vec![FxHashMap::default()],
        func: MODULE_BODY,
        class: None,
        members: Vec::new(),
        main_guard: false,
        guard: None,
        looped: None,
        tested: Vec::new(),
        asking: Vec::new(),
        once: false,
        accumulator: "",
        called: 0,
        depth: 0,
        noting: 0,
        noted: Vec::new(),
    };
    let root = tree.root_node();
    lowering.comments(root);
    if root.has_error() {
        problems(root, &mut lowering.summary);
    }
    lowering.declare(root);
    lowering.block(root);
    super::kept::note_makers(&mut lowering.summary, &lowering.asking);
    lowering.summary
}

struct Lowering<'t> {
    text: &'t str,
    /// Names met in this file: asking the common table at each was a tenth of lowering.
    names: FxHashMap<&'t str, Name>,
    summary: ModuleSummary,
    /// One map for each enclosing function, the module's first.
    scopes: Vec<FxHashMap<Name, VarId>>,
    /// Names declared `global` in each scope.
    global_names: Vec<FxHashMap<Name, VarId>>,
    func: FuncId,
    class: Option<ClassId>,
    /// Names bound in the class body that is being read.
    members: Vec<FxHashMap<Name, ExprId>>,
    main_guard: bool,
    guard: Option<crate::ir::GuardId>,
    /// The innermost loop of the function that is being read.
    looped: Option<LoopId>,
    /// Conditions that hold or failed where the current statement stands, as written.
    tested: Vec<super::kept::Asked<'t>>,
    /// Calls made where a test has found something missing, with that test.
    asking: Vec<(crate::ir::CallId, super::kept::Asked<'t>)>,
    once: bool,
    /// What the assignment that is being read assigns to, as written.
    accumulator: &'t str,
    /// The node that is being called: reading it is no read of its own. Asking a node for its parent walks from the root.
    called: usize,
    depth: usize,
    /// Conditions that are being read: what their parts become is noted.
    noting: usize,
    noted: Vec<(usize, ExprId)>,
}

fn span(node: Node<'_>) -> Span {
    Span::new(node.start_byte(), node.end_byte())
}

impl<'t> Lowering<'t> {
    fn text_of(&self, node: Node<'_>) -> &'t str {
        self.text.get(node.byte_range()).unwrap_or("")
    }

    fn name_of(&mut self, node: Node<'_>) -> Name {
        let text = self.text_of(node);
        *self.names.entry(text).or_insert_with(|| name(text))
    }

    fn push(&mut self, expr: Expr) -> ExprId {
        self.summary.exprs.push(expr)
    }

    fn unknown(&mut self) -> ExprId {
        self.push(Expr::Unknown)
    }

    fn new_var(&mut self, named: Name) -> VarId {
        if let Some(var) = self.scopes.last().and_then(|scope| scope.get(&named)) {
            return *var;
        }
        let var = self.summary.vars.push(Var::new(named, self.func));
        if let Some(scope) = self.scopes.last_mut() {
            scope.insert(named, var);
        }
        var
    }

    fn find_var(&self, named: Name) -> Option<VarId> {
        self.scopes.iter().rev().find_map(|scope| scope.get(&named).copied())
    }

    fn comments(&mut self, root: Node<'_>) {
        super::comments(root, self.text, "#", &mut self.summary);
    }
}

#[cfg(test)]
mod tests {
    use super::lower;
    use crate::ir::{CallKind, Expr};

    #[test]
    fn a_call_knows_its_function_and_await() {
        let summary = lower("import requests\nasync def f():\n    await g(requests.get('x'))\n", false);
        let calls: Vec<_> = summary.calls.iter().map(|call| (call.func.index(), call.awaited, call.kind)).collect();
        assert_eq!(calls, [(1, false, CallKind::Call), (1, true, CallKind::Call)]);
    }

    #[test]
    fn class_scope_is_invisible_to_methods() {
        let summary = lower("class A:\n    x = 1\n    def f(self):\n        return x\n", false);
        let value = summary.functions[crate::ir::FuncId::from_usize(1)].returns[0];
        assert!(matches!(summary.exprs[value], Expr::Global(_)));
    }

    #[test]
    fn broken_source_keeps_what_can_be_read() {
        let summary = lower("def f(:\n  pass\nasync def g():\n    time.sleep(1)\n", false);
        assert!(!summary.problems.is_empty());
        assert_eq!(summary.calls.len(), 1);
    }
}
