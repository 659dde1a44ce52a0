//! JavaScript, JSX, TypeScript and TSX to `ModuleSummary`, in one walk over the tree.

mod classes;
mod compiled;
mod expressions;
mod functions;
mod generators;
mod guards;
mod kept;
mod loops;
mod misread;
mod modules;
mod scopes;
mod statements;
mod texts;
mod types;

use super::syntax::{self, Syntax};
use super::{Lang, problems};
use crate::base::{Name, Span, name};
use crate::ir::loops::LoopId;
use crate::ir::{Expr, ExprId, Family, FuncId, GuardId, MODULE_BODY, ModuleSummary, VarId};
use rustc_hash::FxHashMap;
use tree_sitter::Node;

/// Deepest nesting that is followed.
const DEEPEST: usize = 300;

/// Lowers ECMAScript source text.
#[must_use]
pub fn lower(text: &str, lang: Lang) -> ModuleSummary {
    let mut summary = ModuleSummary::new(Family::Ecma, text.len());
    summary.is_script = text.starts_with("#!");
    let Some(tree) = syntax::parse(text, lang) else {
        summary.problems.push(crate::ir::Problem { message: "could not be parsed".to_owned(), span: None });
        return summary;
    };
    let root = tree.root_node();
    super::comments(root, text, "//", &mut summary);
    if root.has_error() {
        problems(root, &mut summary);
    }
    let mut lowering = Lowering {
        text,
        names: FxHashMap::default(),
        summary,
        scopes: Vec::new(),
        func: MODULE_BODY,
        this: MODULE_BODY,
        class: None,
        hint: None,
        main_guard: false,
        guard: None,
        looped: None,
        switched: (false, None),
        tested: Vec::new(),
        asking: Vec::new(),
        once: false,
        called: 0,
        depth: 0,
        noting: 0,
        noted: Vec::new(),
        async_bodies: Vec::new(),
        machine: None,
        has_var: text.contains("var "),
        floor: 1,
    };
    lowering.enter_function(root);
    lowering.block(root);
    super::kept::note_makers(&mut lowering.summary, &lowering.asking);
    lowering.summary
}

struct Lowering<'t> {
    text: &'t str,
    /// Names met in this file: asking the common table at each was a tenth of lowering.
    names: FxHashMap<&'t str, Name>,
    summary: ModuleSummary,
    /// Block scopes, the module's first.
    scopes: Vec<FxHashMap<Name, VarId>>,
    /// The function that is being read.
    func: FuncId,
    /// The function whose `this` holds here: arrows have none of their own.
    this: FuncId,
    /// The class whose body is being read, for `super`.
    class: Option<crate::ir::ClassId>,
    /// The name that a function without one gets from where it is stored.
    hint: Option<Name>,
    main_guard: bool,
    guard: Option<GuardId>,
    /// The innermost loop of the function that is being read.
    looped: Option<LoopId>,
    /// Whether a `switch` is being read, and the innermost loop around it.
    switched: (bool, Option<LoopId>),
    /// Conditions that hold or failed where the current statement stands, as written.
    tested: Vec<super::kept::Asked<'t>>,
    /// Calls made where a test has found something missing, with that test.
    asking: Vec<(crate::ir::CallId, super::kept::Asked<'t>)>,
    once: bool,
    /// The node that is being called: reading it is no read of its own. Asking a node for its parent walks from the root.
    called: usize,
    depth: usize,
    /// Conditions that are being read: what their parts become is noted.
    noting: usize,
    noted: Vec<(usize, ExprId)>,
    /// Where the functions begin that are bodies of compiled async functions, in bytes.
    async_bodies: Vec<usize>,
    /// The innermost of these that was compiled further, to a machine of states.
    machine: Option<generators::Machine>,
    has_var: bool,
    /// Scopes that are open where the body of the function that is being read begins.
    floor: usize,
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

    /// The text of a property name: identifiers, strings and numbers; none for a computed one.
    fn key_of(&mut self, node: Node<'_>) -> Option<Name> {
        match node.sort() {
            "computed_property_name" => {
                let inner = node.named_child(0)?;
                (inner.sort() == "string").then(|| self.string(inner))
            }
            "string" => Some(self.string(node)),
            _ => Some(self.name_of(node)),
        }
    }

    fn string(&self, node: Node<'_>) -> Name {
        let text = self.text_of(node);
        // One quote at each end: what stands inside may be quotes as well.
        name(text.get(1..text.len().saturating_sub(1)).unwrap_or(""))
    }

    fn push(&mut self, expr: Expr) -> ExprId {
        self.summary.exprs.push(expr)
    }

    fn unknown(&mut self) -> ExprId {
        self.push(Expr::Unknown)
    }
}

fn named_children(node: Node<'_>) -> syntax::Children<'_> {
    node.named()
}

fn has_token(node: Node<'_>, token: &str) -> bool {
    let mut cursor = node.walk();
    node.children(&mut cursor).any(|child| child.sort() == token)
}
