//! The functions that a registration takes: through arrays, objects, wrappers.

use super::Spread;
use crate::base::{FileId, Name};
use crate::facts::{Entry, Registered, Which};
use crate::ir::{Call, Expr, Family};
use crate::link::graph::{bound_parameters, functions};
use crate::link::{At, CallAt, ExprAt, FuncAt, Value};

/// Arrays, objects and wrappers around a handler, at most.
const DEEPEST_HANDLER: usize = 5;

impl Spread<'_, '_> {
    /// Functions among a call's arguments, through arrays, objects and wrappers.
    /// Where results are registered, among what the functions that are given return.
    pub(super) fn handlers(&self, file: FileId, call: &Call, which: Which, registers: Registered) -> Vec<FuncAt> {
        let mut found = Vec::new();
        let mut given = self.registered(file, call, which);
        if registers == Registered::Result {
            let makers: Vec<FuncAt> = given.iter().flat_map(|at| functions(self.solution, *at)).collect();
            let results =
                |maker: &FuncAt| self.input.func(*maker).returns.iter().map(|id| At { file: maker.file, id: *id }).collect::<Vec<_>>();
            given = makers.iter().flat_map(results).collect();
        }
        let mut pending: Vec<(ExprAt, usize)> = given.into_iter().map(|at| (at, 0)).collect();
        while let Some((at, depth)) = pending.pop() {
            if depth > DEEPEST_HANDLER {
                continue;
            }
            let summary = &self.input.summaries[at.file];
            let within = |id| At { file: at.file, id };
            let direct = functions(self.solution, at);
            match &summary.exprs[at.id] {
                Expr::List(items) => pending.extend(items.iter().map(|item| (within(*item), depth + 1))),
                // Hooks among options, resolvers by type and field.
                Expr::Object(fields) => pending.extend(fields.iter().map(|(_, value)| (within(*value), depth + 1))),
                Expr::Call(inner) if direct.is_empty() => {
                    // A wrapper of the handler (`asyncHandler(fn)`), or `fn.bind(x)`.
                    let inner = &summary.calls[*inner];
                    pending.extend(inner.args.iter().map(|arg| (within(arg.value), depth + 1)));
                    if let Expr::Attr { base, name } = &summary.exprs[inner.callee]
                        && name.as_str() == "bind"
                    {
                        pending.push((within(*base), depth + 1));
                    }
                }
                // A wrapper of this repository: what it returns calls the handler.
                Expr::Call(inner) => {
                    let call = At { file: at.file, id: *inner };
                    pending.extend(self.called_by(call, &direct).into_iter().map(|at| (at, depth + 1)));
                }
                _ => {}
            }
            let is_function = !direct.is_empty();
            found.extend(direct);
            for value in self.solution.values(at) {
                // Where functions may be meant, an object is what the same helper passes on for others.
                if let Value::Object(object) = value
                    && *object != at
                    && !is_function
                {
                    pending.push((*object, depth + 1));
                }
                if let Value::Class(class) = value {
                    let methods = &self.input.summaries[class.file].classes[class.id].methods;
                    found.extend(methods.iter().map(|(_, id)| At { file: class.file, id: *id }));
                }
            }
        }
        found.sort();
        found.dedup();
        found
    }

    /// The methods that an entry names, of the classes whose instances a registration takes.
    pub(super) fn methods(&self, file: FileId, call: &Call, entry: &Entry) -> Vec<FuncAt> {
        let mut classes = Vec::new();
        let mut pending: Vec<(ExprAt, usize)> = self.registered(file, call, entry.which).into_iter().map(|at| (at, 0)).collect();
        while let Some((at, depth)) = pending.pop() {
            if let Expr::List(items) = &self.input.summaries[at.file].exprs[at.id] {
                pending.extend(items.iter().map(|item| (At { file: at.file, id: *item }, depth + 1)));
            }
            for value in self.solution.values(at) {
                match value {
                    Value::Inst(class) | Value::Class(class) => classes.push(*class),
                    Value::Object(object) if *object != at && depth < DEEPEST_HANDLER => pending.push((*object, depth + 1)),
                    _ => {}
                }
            }
        }
        let mut found = Vec::new();
        for class in classes {
            let lineage = self.solution.lineage(class);
            let mut seen: Vec<Name> = Vec::new();
            for at in &lineage.0 {
                let class = &self.input.summaries[at.file].classes[at.id];
                for (method, id) in class.methods.iter().filter(|(method, _)| entry.takes_method(method)) {
                    if !seen.contains(method) {
                        seen.push(*method);
                        found.push(At { file: at.file, id: *id });
                    }
                }
            }
        }
        found.sort();
        found.dedup();
        found
    }

    /// The expressions that a registration takes: an argument, or for an object literal the property of that name.
    fn registered(&self, file: FileId, call: &Call, which: Which) -> Vec<ExprAt> {
        let within = |id| At { file, id };
        let Which::One(at, keyword) = which else { return call.args.iter().map(|arg| within(arg.value)).collect() };
        if let Some(arg) = call.args.iter().find(|arg| arg.name.is_some() && arg.name == keyword) {
            return vec![within(arg.value)];
        }
        let Some(arg) = call.args.iter().filter(|arg| arg.name.is_none()).nth(at) else { return Vec::new() };
        let Some(keyword) = keyword.filter(|_| self.input.summaries[file].family == Family::Ecma) else { return vec![within(arg.value)] };
        // One object or an array of them, written here or held by a variable.
        let mut objects = self.objects(within(arg.value));
        for part in keyword.split('.') {
            let mut next = Vec::new();
            for object in objects {
                if let Expr::Object(fields) = &self.input.summaries[object.file].exprs[object.id] {
                    let named = fields.iter().filter(|(key, _)| key.is_some_and(|key| key.as_str() == part));
                    for (_, value) in named {
                        let at = At { file: object.file, id: *value };
                        next.push(at);
                        next.extend(self.objects(at).into_iter().filter(|inner| *inner != at));
                    }
                }
            }
            objects = next;
        }
        objects
    }

    /// Object literals that an expression may be; of an array, its elements.
    fn objects(&self, at: ExprAt) -> Vec<ExprAt> {
        let literal = |at: ExprAt| matches!(self.input.summaries[at.file].exprs[at.id], Expr::Object(_) | Expr::List(_));
        let of_values = self.solution.values(at).iter().filter_map(|value| match value {
            Value::Object(object) => Some(*object),
            _ => None,
        });
        let mut found = Vec::new();
        for object in std::iter::once(at).filter(|at| literal(*at)).chain(of_values) {
            match &self.input.summaries[object.file].exprs[object.id] {
                Expr::List(items) => {
                    for item in items {
                        let item = At { file: object.file, id: *item };
                        let values = self.solution.values(item).iter().filter_map(|value| match value {
                            Value::Object(object) => Some(*object),
                            _ => None,
                        });
                        found.extend(values);
                    }
                }
                _ => found.push(object),
            }
        }
        found.sort();
        found.dedup();
        found
    }

    /// The arguments of a call that the functions it returned call: `fn` of `catchAsync(fn)`.
    fn called_by(&self, wrapper: CallAt, returned: &[FuncAt]) -> Vec<ExprAt> {
        let mut found = Vec::new();
        let call = &self.input.summaries[wrapper.file].calls[wrapper.id];
        for maker in functions(self.solution, At { file: wrapper.file, id: call.callee }) {
            let summary = &self.input.summaries[maker.file];
            let inside = |mut id| loop {
                if returned.contains(&At { file: maker.file, id }) {
                    return true;
                }
                match summary.functions[id].parent {
                    Some(parent) => id = parent,
                    None => return false,
                }
            };
            for (arg, position) in bound_parameters(&self.input.summaries[wrapper.file], self.input.func(maker), call, 0) {
                let Some(var) = summary.functions[maker.id].params[position].var else { continue };
                let calls = |made: &Call| matches!(summary.exprs[made.callee], Expr::Var(called) if called == var) && inside(made.func);
                if summary.calls.iter().any(calls) {
                    found.push(At { file: wrapper.file, id: arg });
                }
            }
        }
        found
    }
}
