//! Node kinds and fields by number, resolved once a grammar: looking them up by name at every node cost a
//! twentieth of a run.

use super::Lang;
use smallvec::SmallVec;
use std::cell::Cell;
use std::sync::LazyLock;
use tree_sitter::{Language, Node, Parser, Tree};

macro_rules! fields {
    ($($field:ident $text:literal),* $(,)?) => {
        /// A field of a node.
        #[derive(Clone, Copy)]
        pub(super) enum Field { $($field),* }
        const FIELDS: &[&str] = &[$($text),*];
    };
}

fields! {
    Alias "alias", Alternative "alternative", Argument "argument", Arguments "arguments", Attribute "attribute", Body "body",
    Condition "condition", Consequence "consequence", Constructor "constructor", Declaration "declaration", Definition "definition",
    Function "function", Guard "guard", Increment "increment", Index "index", Initializer "initializer", Key "key", Kind "kind", Left "left", Module "module", ModuleName "module_name", Name "name",
    Object "object", Operator "operator", Parameter "parameter", Parameters "parameters", Pattern "pattern", Property "property",
    ReturnType "return_type", Right "right", Source "source", Subject "subject", Subscript "subscript", Superclasses "superclasses", Type "type",
    TypeArguments "type_arguments", Value "value",
}

struct Grammar {
    language: &'static Language,
    kinds: Vec<&'static str>,
    fields: Vec<u16>,
}

impl Grammar {
    fn new(language: Language) -> Self {
        // A grammar lives as long as the program; there are four.
        let language: &'static Language = Box::leak(Box::new(language));
        let count = u16::try_from(language.node_kind_count()).unwrap_or(u16::MAX);
        let kinds = (0..count).map(|id| language.node_kind_for_id(id).unwrap_or("")).collect();
        // Zero is no field: a grammar without it answers with none.
        let fields = FIELDS.iter().map(|field| language.field_id_for_name(field).map_or(0, std::num::NonZero::get)).collect();
        Self { language, kinds, fields }
    }
}

static PYTHON: LazyLock<Grammar> = LazyLock::new(|| Grammar::new(tree_sitter_python::LANGUAGE.into()));
static JAVASCRIPT: LazyLock<Grammar> = LazyLock::new(|| Grammar::new(tree_sitter_javascript::LANGUAGE.into()));
static TYPESCRIPT: LazyLock<Grammar> = LazyLock::new(|| Grammar::new(tree_sitter_typescript::LANGUAGE_TYPESCRIPT.into()));
static TSX: LazyLock<Grammar> = LazyLock::new(|| Grammar::new(tree_sitter_typescript::LANGUAGE_TSX.into()));

thread_local! {
    /// The grammar of the tree that this thread reads.
    static CURRENT: Cell<Option<&'static Grammar>> = const { Cell::new(None) };
}

/// Parses; the nodes of the tree are read by this grammar until the next call on this thread.
pub(super) fn parse(text: &str, lang: Lang) -> Option<Tree> {
    let grammar: &'static Grammar = match lang {
        Lang::Python | Lang::PythonStub => &PYTHON,
        Lang::JavaScript => &JAVASCRIPT,
        Lang::TypeScript => &TYPESCRIPT,
        Lang::Tsx => &TSX,
    };
    CURRENT.set(Some(grammar));
    let mut parser = Parser::new();
    parser.set_language(grammar.language).ok()?;
    parser.parse(text, None)
}

/// What lowering asks of a node.
pub(super) trait Syntax<'t>: Sized {
    /// The node's kind.
    fn sort(self) -> &'static str;
    /// The first child in a field.
    fn at(self, field: Field) -> Option<Node<'t>>;
    /// Every child in a field.
    fn every(self, field: Field) -> Vec<Node<'t>>;
    /// The named children in order.
    fn named(self) -> Children<'t>;
}

/// Most nodes have few children: they need no space of their own.
pub(super) type Children<'t> = SmallVec<[Node<'t>; 8]>;

impl<'t> Syntax<'t> for Node<'t> {
    fn sort(self) -> &'static str {
        let known = CURRENT.get().and_then(|grammar| grammar.kinds.get(usize::from(self.kind_id())).copied());
        // Errors have a number outside of the grammar.
        known.unwrap_or("ERROR")
    }

    fn at(self, field: Field) -> Option<Node<'t>> {
        let id = CURRENT.get().and_then(|grammar| grammar.fields.get(field as usize).copied()).filter(|id| *id > 0)?;
        self.child_by_field_id(id)
    }

    fn every(self, field: Field) -> Vec<Node<'t>> {
        let id = CURRENT.get().and_then(|grammar| grammar.fields.get(field as usize).copied()).and_then(std::num::NonZero::new);
        let Some(id) = id else { return Vec::new() };
        let mut cursor = self.walk();
        self.children_by_field_id(id, &mut cursor).collect()
    }

    fn named(self) -> Children<'t> {
        // A cursor takes space of its own, and asking by number is quadratic: the one for many, the other for few.
        let count = self.named_child_count();
        if count <= 8 {
            return (0..count).filter_map(|at| self.named_child(u32::try_from(at).ok()?)).collect();
        }
        let mut cursor = self.walk();
        self.named_children(&mut cursor).collect()
    }
}
