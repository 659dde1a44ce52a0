//! JavaScript, JSX, TypeScript and TSX to `ModuleSummary`, in one walk over the tree.

mod classes;
mod expressions;
mod functions;
mod modules;
mod scopes;
mod statements;
mod types;

use super::{Lang, problems};
use crate::base::{Name, Span, name};
use crate::ir::{Expr, ExprId, Family, FuncId, GuardId, MODULE_BODY, ModuleSummary, VarId};
use rustc_hash::FxHashMap;
use tree_sitter::{Node, Parser, Tree};

/// Deepest nesting that is followed.
const DEEPEST: usize = 300;

/// Lowers ECMAScript source text.
#[must_use]
pub fn lower(text: &str, lang: Lang) -> ModuleSummary {
    let mut summary = ModuleSummary::new(Family::Ecma, text.len());
    summary.is_script = text.starts_with("#!");
    let Some(tree) = parse(text, lang) else {
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
        summary,
        scopes: Vec::new(),
        func: MODULE_BODY,
        this: MODULE_BODY,
        class: None,
        hint: None,
        main_guard: false,
        guard: None,
        depth: 0,
        has_var: text.contains("var "),
    };
    lowering.enter_function(root);
    lowering.block(root);
    lowering.summary
}

fn parse(text: &str, lang: Lang) -> Option<Tree> {
    let language = match lang {
        Lang::TypeScript => tree_sitter_typescript::LANGUAGE_TYPESCRIPT,
        Lang::Tsx => tree_sitter_typescript::LANGUAGE_TSX,
        _ => tree_sitter_javascript::LANGUAGE,
    };
    let mut parser = Parser::new();
    parser.set_language(&language.into()).ok()?;
    parser.parse(text, None)
}

struct Lowering<'t> {
    text: &'t str,
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
    depth: usize,
    has_var: bool,
}

fn span(node: Node<'_>) -> Span {
    Span::new(node.start_byte(), node.end_byte())
}

impl<'t> Lowering<'t> {
    fn text_of(&self, node: Node<'_>) -> &'t str {
        self.text.get(node.byte_range()).unwrap_or("")
    }

    fn name_of(&self, node: Node<'_>) -> Name {
        name(self.text_of(node))
    }

    /// The text of a property name: identifiers, strings and numbers; none for a computed one.
    fn key_of(&self, node: Node<'_>) -> Option<Name> {
        match node.kind() {
            "computed_property_name" => {
                let inner = node.named_child(0)?;
                (inner.kind() == "string").then(|| self.string(inner))
            }
            "string" => Some(self.string(node)),
            _ => Some(self.name_of(node)),
        }
    }

    fn string(&self, node: Node<'_>) -> Name {
        name(self.text_of(node).trim_matches(['"', '\'', '`']))
    }

    fn push(&mut self, expr: Expr) -> ExprId {
        self.summary.exprs.push(expr)
    }

    fn unknown(&mut self) -> ExprId {
        self.push(Expr::Unknown)
    }
}

fn named_children(node: Node<'_>) -> Vec<Node<'_>> {
    let mut cursor = node.walk();
    node.named_children(&mut cursor).collect()
}

fn has_token(node: Node<'_>, token: &str) -> bool {
    let mut cursor = node.walk();
    node.children(&mut cursor).any(|child| child.kind() == token)
}
