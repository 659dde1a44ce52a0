//! What is known of a value that is written out: a literal, a function, a fresh instance.

use super::given::is_bound_once;
use crate::base::{FileId, Name};
use crate::facts::Facts;
use crate::ir::{CallId, CallKind, Const, Expr, Family};
use crate::link::{At, ClassAt, ExprAt, FuncAt, Solution, Value};

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Of {
    /// One of these builtin types, none below them.
    Builtin(&'static [&'static str]),
    /// A function.
    Function,
    /// A class.
    Class,
    /// A fresh instance of the class.
    Instance(ClassAt),
    /// A fresh instance of a library's class.
    Library(Name),
    /// An object.
    Unknown,
}

/// What is known of a value.
#[derive(Clone, Debug)]
pub struct Shape {
    /// The constant that it is.
    pub constant: Option<Const>,
    /// Whether it counts as true.
    pub truth: Option<bool>,
    /// The class attribute that the constant is the value of.
    pub member: Option<(ClassAt, Name)>,
    of: Of,
    family: Family,
}

/// What is known of the value of an expression; none where it may be nothing, or anything.
#[must_use]
pub fn of(solution: &Solution<'_>, at: ExprAt) -> Option<Shape> {
    let summary = &solution.input.summaries[at.file];
    let family = summary.family;
    let ecma = family == Family::Ecma;
    let shape =
        |of, truth: Option<bool>| Some(Shape { constant: None, member: None, truth: if ecma { Some(true) } else { truth }, of, family });
    match &summary.exprs[at.id] {
        Expr::Const(constant) => Some(Shape::constant(*constant, family)),
        Expr::Builtin(named) => match (named.as_str(), ecma) {
            ("str", false) => shape(Of::Builtin(&["str"]), None),
            ("bytes", false) => shape(Of::Builtin(&["bytes"]), None),
            ("int", false) => shape(Of::Builtin(&["int", "float", "complex"]), None),
            ("list", false) => shape(Of::Builtin(&["list"]), None),
            ("tuple", false) => shape(Of::Builtin(&["tuple"]), None),
            ("set", false) => shape(Of::Builtin(&["set"]), None),
            ("dict", false) => shape(Of::Builtin(&["dict"]), None),
            ("String", true) => Some(Shape { constant: None, member: None, truth: None, of: Of::Builtin(&["String"]), family }),
            ("Array", true) => shape(Of::Builtin(&["Array"]), None),
            ("Object", true) => shape(Of::Builtin(&["Object"]), None),
            ("RegExp", true) => shape(Of::Builtin(&["RegExp"]), None),
            _ => None,
        },
        // Whether a container of Python is empty changes while it is filled.
        Expr::Object(_) => shape(Of::Builtin(if ecma { &["Object"] } else { &["dict"] }), None),
        Expr::List(_) => shape(Of::Builtin(if ecma { &["Array"] } else { &["list", "tuple", "set"] }), None),
        Expr::Function(_) => shape(Of::Function, Some(true)),
        Expr::Class(_) => shape(Of::Class, Some(true)),
        Expr::Unknown if summary.judged.binary_search(&at.id).is_ok() => shape(Of::Unknown, None),
        Expr::Call(call) => fresh(solution, At { file: at.file, id: *call }),
        _ => None,
    }
}

/// What a constructor makes.
fn fresh(solution: &Solution<'_>, at: At<CallId>) -> Option<Shape> {
    let summary = &solution.input.summaries[at.file];
    let (call, family) = (&summary.calls[at.id], summary.family);
    if !matches!(call.kind, CallKind::Call | CallKind::New) {
        return None;
    }
    let callee = At { file: at.file, id: call.callee };
    let bound_once = is_bound_once(solution, callee);
    let shape = |of, truth| Some(Shape { constant: None, member: None, truth, of, family });
    match solution.values(callee) {
        [Value::Class(class)] if bound_once && !solution.is_cut(callee) => {
            let plain = is_whole(solution, *class) && solution.lineage(*class).1.is_empty();
            let has = |method| solution.find_method(*class, crate::base::name(method)).is_some();
            match family {
                Family::Python if has("__new__") => None,
                Family::Python => shape(Of::Instance(*class), (plain && !has("__bool__") && !has("__len__")).then_some(true)),
                // A constructor may return another object.
                Family::Ecma => (call.kind == CallKind::New).then(|| shape(Of::Unknown, Some(true))).flatten(),
            }
        }
        _ if call.kind == CallKind::New => shape(Of::Unknown, Some(true)),
        // `bool(x)`, `String(x)`
        [Value::Ext(path)] if bound_once && call.kind == CallKind::Call && solution.input.facts_of(at.file).is_builtin(*path) => {
            Shape::declared(path.rsplit('.').next()?, family)
        }
        // What another function of the library gives may be of a class below.
        [Value::Ext(path)] if bound_once && solution.input.facts_of(at.file).result(*path) == Some(*path) => {
            shape(Of::Library(*path), None)
        }
        _ => None,
    }
}

/// Whether every base of the class and of those above is known.
pub(super) fn is_whole(solution: &Solution<'_>, class: ClassAt) -> bool {
    solution.lineage(class).0.iter().all(|at| {
        let class = &solution.input.summaries[at.file].classes[at.id];
        class.bases.iter().all(|base| solution.is_named(At { file: at.file, id: *base }))
    })
}

impl Shape {
    /// A constant.
    #[must_use]
    pub fn constant(constant: Const, family: Family) -> Self {
        let ecma = family == Family::Ecma;
        let of: &'static [&'static str] = match (&constant, ecma) {
            (Const::Null, false) => &["NoneType"],
            (Const::Null, true) => &[],
            (Const::Bool(_), false) => &["bool"],
            (Const::Bool(_), true) => &["Boolean"],
            (Const::Number(_), false) => &["int", "float"],
            (Const::Number(_), true) => &["Number"],
            (Const::Str(_), false) => &["str"],
            (Const::Str(_), true) => &["String"],
        };
        let truth = match &constant {
            Const::Null => false,
            Const::Bool(value) => *value,
            Const::Number(value) => *value != 0.0 && !value.is_nan(),
            Const::Str(text) => !text.is_empty(),
        };
        let truth = (!matches!(&constant, Const::Number(value) if value.is_nan())).then_some(truth);
        Self { constant: Some(constant), member: None, truth, of: Of::Builtin(of), family }
    }

    /// What is known of a builtin type's values: those of types below it may be meant too.
    #[must_use]
    pub fn declared(named: &str, family: Family) -> Option<Self> {
        let of: &'static [&'static str] = match (named, family) {
            ("str", Family::Python) => &["str"],
            ("bytes", Family::Python) => &["bytes", "bytearray", "memoryview"],
            ("bool", Family::Python) => &["bool"],
            ("int", Family::Python) => &["int", "bool"],
            ("float", Family::Python) => &["float", "int", "bool"],
            ("dict", Family::Python) => &["dict"],
            ("list", Family::Python) => &["list"],
            ("tuple", Family::Python) => &["tuple"],
            ("set", Family::Python) => &["set"],
            ("String", Family::Ecma) => &["String"],
            ("Number", Family::Ecma) => &["Number"],
            ("Boolean", Family::Ecma) => &["Boolean"],
            ("Array", Family::Ecma) => &["Array"],
            _ => return None,
        };
        Some(Self { constant: None, member: None, truth: None, of: Of::Builtin(of), family })
    }

    /// What ECMAScript's `typeof` gives.
    #[must_use]
    pub fn kind(&self) -> Option<&'static str> {
        match self.of {
            Of::Builtin(["String"]) => Some("string"),
            Of::Builtin(["Number"]) => Some("number"),
            Of::Builtin(["Boolean"]) => Some("boolean"),
            // `null` is an object and `undefined` is not.
            Of::Builtin([]) => None,
            Of::Builtin(_) => Some("object"),
            Of::Function | Of::Class => Some("function"),
            // What `new` makes may be callable.
            Of::Instance(_) | Of::Library(_) | Of::Unknown => None,
        }
    }

    /// Whether it is of the builtin type: by its name, or `Function` for what can be called.
    #[must_use]
    pub fn is_type(&self, named: &str) -> Option<bool> {
        match self.of {
            Of::Function | Of::Class => Some(named == "Function"),
            Of::Builtin(of) => self.is_builtin(of, named),
            Of::Instance(_) | Of::Library(_) | Of::Unknown => None,
        }
    }

    fn is_builtin(&self, of: &[&str], named: &str) -> Option<bool> {
        let primitive = |one: &str| matches!(one, "String" | "Number" | "Boolean");
        let is = |one: &str| match self.family {
            Family::Python => one == named || named == "object" || (one == "bool" && named == "int"),
            Family::Ecma => one == named || (named == "Object" && !primitive(one)),
        };
        if of.iter().all(|one| is(one)) && !of.is_empty() {
            return Some(true);
        }
        (!of.iter().any(|one| is(one))).then_some(false)
    }

    /// Whether it is an instance of the class, or of one of those in the tuple.
    #[must_use]
    pub fn is_instance(&self, solution: &Solution<'_>, class: ExprAt) -> Option<bool> {
        let summary = &solution.input.summaries[class.file];
        if self.family == Family::Ecma && matches!(self.of, Of::Builtin(["String" | "Number" | "Boolean"] | [])) {
            return Some(false);
        }
        if let Expr::List(items) = &summary.exprs[class.id] {
            let each = items.iter().map(|item| self.is_instance(solution, At { file: class.file, id: *item }));
            return each.reduce(|one, other| match (one, other) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (Some(false), Some(false)) => Some(false),
                _ => None,
            })?;
        }
        let bound_once = is_bound_once(solution, class);
        match solution.values(class) {
            [Value::Class(class)] if bound_once => self.is_of_class(solution, *class),
            [Value::Ext(path)] if bound_once => self.is_of_library(solution, class.file, *path),
            _ => None,
        }
    }

    /// Whether it has the method, where that is looked up by its name.
    #[must_use]
    pub fn runs(&self, solution: &Solution<'_>, method: FuncAt) -> Option<bool> {
        match self.of {
            Of::Instance(own) => solution.find_method(own, solution.input.func(method).name).map(|found| found == method),
            Of::Builtin(_) => Some(false),
            Of::Function | Of::Class | Of::Library(_) | Of::Unknown => None,
        }
    }

    /// Whether a method of it is that of the library's type.
    #[must_use]
    pub fn is_made(&self, facts: &Facts, of: Name) -> Option<bool> {
        match self.of {
            Of::Library(own) => (!facts.is_a(own, &of)).then_some(false),
            Of::Builtin(_) => (!facts.is_builtin(of)).then_some(false),
            Of::Function | Of::Class | Of::Instance(_) | Of::Unknown => None,
        }
    }

    /// The language.
    #[must_use]
    pub fn family(&self) -> Family {
        self.family
    }

    fn is_of_class(&self, solution: &Solution<'_>, class: ClassAt) -> Option<bool> {
        let facts = solution.input.facts_of(class.file);
        let above = solution.lineage(class);
        if above.1.iter().any(|path| facts.is_structural(*path)) || !is_whole(solution, class) {
            return None;
        }
        match self.of {
            Of::Instance(own) if solution.lineage(own).0.contains(&class) => Some(true),
            Of::Instance(own) => is_whole(solution, own).then_some(false),
            Of::Library(_) | Of::Unknown => None,
            // A class may let others pass for its own: `ABC.register`, `__instancecheck__` of a metaclass.
            Of::Builtin(_) | Of::Function | Of::Class => above.1.is_empty().then_some(false),
        }
    }

    fn is_of_library(&self, solution: &Solution<'_>, file: FileId, path: Name) -> Option<bool> {
        let root = if self.family == Family::Python { "builtins." } else { "globalThis." };
        let facts = solution.input.facts_of(file);
        let is_a = |of: Name| if facts.is_a(of, &path) { Some(true) } else { facts.is_never_a(of, path).then_some(false) };
        let Some(named) = path.strip_prefix(root) else {
            return match self.of {
                Of::Library(own) => is_a(own),
                Of::Builtin([one]) => is_a(ustr::existing_ustr(&format!("{root}{one}"))?),
                _ => None,
            };
        };
        match self.of {
            Of::Builtin(of) => self.is_builtin(of, named),
            Of::Function => Some(matches!(named, "object" | "Object" | "Function")),
            Of::Instance(_) if named == "object" => Some(true),
            Of::Instance(own) => (is_whole(solution, own) && solution.lineage(own).1.is_empty()).then_some(false),
            Of::Library(_) if named == "object" => Some(true),
            Of::Library(own) => facts.is_never_a(own, path).then_some(false),
            Of::Class | Of::Unknown => None,
        }
    }
}
