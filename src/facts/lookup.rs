//! Questions asked of the facts: by a call's path, its type's bases, `Type.*`.

use super::threads::Polls;
use super::{
    Asks, Boundary, CallFact, Container, Effect, Entry, Facts, GenericKind, Invoke, Linear, Lock, Pool, Regex, Sized, Starting, TypeFact,
    Which,
};
use crate::base::{Name, name};
use crate::facts::FactBase;
use rustc_hash::FxHashMap;
use std::rc::Rc;
use std::sync::Arc;

impl Facts {
    /// Looks `path` up in a table: itself, its type's bases, then `Type.*`.
    pub(super) fn by_path<'a, T>(&self, table: &'a FxHashMap<Name, T>, path: Name) -> Option<&'a T> {
        if let Some(found) = table.get(&path) {
            return Some(found);
        }
        let spellings = self.spellings.borrow().get(&path).cloned();
        let spellings = spellings.unwrap_or_else(|| {
            let made: Rc<[Name]> = self.spell(path).into();
            self.spellings.borrow_mut().insert(path, made.clone());
            made
        });
        spellings.iter().find_map(|spelling| table.get(spelling))
    }

    /// Other paths under which facts may speak of `path`, the most specific first. The same few are asked for in
    /// every table, so they are kept.
    fn spell(&self, path: Name) -> Vec<Name> {
        let Some((owner, member)) = path.rsplit_once('.') else { return Vec::new() };
        // A name that no fact has made is in no table.
        let mut pending: Vec<Name> = ustr::existing_ustr(owner).into_iter().collect();
        let (mut found, mut spelled, mut seen) = (Vec::new(), String::new(), 0);
        while let Some(owner) = pending.pop() {
            seen += 1;
            if seen > 32 {
                break;
            }
            // A wildcard speaks for what one calls, not for `__enter__` and its like.
            let spoken_for = if member.starts_with("__") { &[member][..] } else { &[member, "*"][..] };
            for member in spoken_for {
                spelled.clear();
                spelled.extend([owner.as_str(), ".", *member]);
                found.extend(ustr::existing_ustr(&spelled).filter(|spelling| self.known.contains(spelling)));
            }
            if let Some(fact) = self.types.get(&owner) {
                pending.extend(fact.bases.iter().rev());
            }
        }
        found
    }

    /// The fact of a call on `path`, if it blocks or computes.
    #[must_use]
    pub fn call(&self, path: Name) -> Option<&CallFact> {
        self.by_path(&self.calls, path).copied().flatten().map(|at| &self.details[at])
    }

    /// How messages call a member of a type that is not shown by its path.
    #[must_use]
    pub fn shown(&self, path: Name) -> Option<String> {
        let (owner, member) = path.as_str().rsplit_once('.')?;
        let shown = self.types.get(&ustr::existing_ustr(owner)?)?.shown.as_deref()?;
        Some(format!("{shown}.{member}"))
    }

    /// Whether a fact says that a call on `path` does not block.
    #[must_use]
    pub fn is_neutral(&self, path: Name) -> bool {
        self.by_path(&self.calls, path).is_some_and(Option::is_none)
    }

    /// Whether a fact says that a call on `path` places its arguments in a context.
    #[must_use]
    pub fn places(&self, path: Name) -> bool {
        self.boundaries.contains_key(&path) || self.decorators.contains_key(&path) || self.registrations.contains_key(&path)
    }

    /// Whether a value of the type `path` can be awaited.
    #[must_use]
    pub fn is_awaitable(&self, path: Name) -> bool {
        self.by_path(&self.awaitables, path).is_some()
    }

    /// Whether a class with the base `path` is met by any class with the same members.
    #[must_use]
    pub fn is_structural(&self, path: Name) -> bool {
        self.structural.contains_key(&path)
    }

    /// Whether a variable, attribute or option of this name is true only while the program is being debugged.
    #[must_use]
    pub fn tells_debugging(&self, named: Name) -> bool {
        self.debugging.contains_key(&named)
    }

    /// Whether the base `path` asks a class for no methods: builtin types and what only marks a class.
    #[must_use]
    pub fn is_bare_base(&self, path: Name) -> bool {
        self.bare_bases.contains_key(&path) || self.is_builtin(path)
    }

    /// The names that the plain form of the asynchronous function `name` may have: `load` for `aload`.
    pub fn plain_forms<'n>(&self, name: &'n str) -> impl Iterator<Item = &'n str> {
        self.async_forms.keys().filter_map(move |form| {
            let (start, end) = form.split_once('*')?;
            name.strip_prefix(start)?.strip_suffix(end).filter(|plain| !plain.is_empty())
        })
    }

    /// Whether a file that uses `path` is a command-line program.
    #[must_use]
    pub fn is_script(&self, path: Name) -> bool {
        self.scripts.contains_key(&path)
    }

    /// Whether a call on `path` runs the file that its first argument names elsewhere.
    #[must_use]
    pub fn starts_worker(&self, path: Name) -> bool {
        self.by_path(&self.workers, path).is_some()
    }

    /// Whether a decorator keeps the results of its function.
    #[must_use]
    pub fn keeps(&self, path: Name) -> bool {
        self.by_path(&self.keeps, path).is_some()
    }

    /// Whether a call on `path`, or an attribute of that path, given false or zero, makes its receiver's calls return at once; of an
    /// exception, whether only such a receiver raises it.
    #[must_use]
    pub fn unblocks(&self, path: Name) -> bool {
        self.by_path(&self.unblocks, path).is_some()
    }

    /// Whether the path of something that makes its receiver's calls return at once ends in `member`.
    #[must_use]
    pub fn ends_unblocking(&self, member: Name) -> bool {
        self.unblocks.keys().any(|path| path.rsplit_once('.').is_some_and(|(_, last)| last == member.as_str()))
    }

    /// Whether a call on `path` begins to serve: what leads to it is start-up.
    #[must_use]
    pub fn serves(&self, path: Name) -> bool {
        self.by_path(&self.serves, path).is_some()
    }

    /// Whether what is given to a call on `path` goes on running on the loop when the call has returned.
    #[must_use]
    pub fn goes_on(&self, path: Name) -> bool {
        self.by_path(&self.background, path).is_some()
    }

    /// Whether the exception of this path tells that something is not there in this version.
    #[must_use]
    pub fn tells_missing(&self, path: Name) -> bool {
        self.missing.contains_key(&path)
    }

    /// Whether a path that marks a command-line program ends in `member`.
    #[must_use]
    pub fn ends_script(&self, member: Name) -> bool {
        self.scripts.keys().any(|path| path.rsplit_once('.').is_some_and(|(_, last)| last == member.as_str()))
    }

    /// Whether `path` is a builtin of the language or its runtime.
    #[must_use]
    pub fn is_builtin(&self, path: Name) -> bool {
        path.starts_with("builtins.") || path.starts_with("globalThis.")
    }

    /// Whether `path` is a type of plain values: text, bytes, numbers.
    #[must_use]
    pub fn is_scalar(&self, path: Name) -> bool {
        self.scalars.contains_key(&path)
    }

    /// The boundary at `path`.
    #[must_use]
    pub fn boundary(&self, path: Name) -> Option<&Boundary> {
        self.by_path(&self.boundaries, path)
    }

    /// The entries that a decorator makes.
    #[must_use]
    pub fn decorator(&self, path: Name) -> &[Arc<Entry>] {
        self.by_path(&self.decorators, path).map_or(&[], Vec::as_slice)
    }

    /// The entry that assigning to an attribute makes.
    #[must_use]
    pub fn attribute(&self, path: Name) -> Option<&Arc<Entry>> {
        self.by_path(&self.attributes, path)
    }

    /// Whether an attribute of that name makes entries.
    #[must_use]
    pub fn takes_entries(&self, member: Name) -> bool {
        self.attributes.keys().any(|path| path.rsplit_once('.').is_some_and(|(_, last)| last == member.as_str()))
    }

    /// The entries that a registration call makes.
    #[must_use]
    pub fn registrations(&self, path: Name) -> &[Arc<Entry>] {
        self.by_path(&self.registrations, path).map_or(&[], Vec::as_slice)
    }

    /// Entries of a base class.
    #[must_use]
    pub fn base(&self, path: Name) -> &[Arc<Entry>] {
        self.bases.get(&path).map_or(&[], Vec::as_slice)
    }

    /// Bases of an external type.
    #[must_use]
    pub fn type_bases(&self, path: Name) -> &[Name] {
        self.types.get(&path).map_or(&[], |fact| fact.bases.as_slice())
    }

    /// Which arguments a call on `path` runs itself.
    #[must_use]
    pub fn invokes(&self, path: Name) -> &[Invoke] {
        self.by_path(&self.invokes, path).map_or(&[], Vec::as_slice)
    }

    /// What a call on `path` does with the elements of containers.
    #[must_use]
    pub fn containers(&self, path: Name) -> &[Container] {
        self.by_path(&self.containers, path).map_or(&[], Vec::as_slice)
    }

    /// Whether some attribute of this name is read by a call that a fact speaks of.
    #[must_use]
    pub fn is_property_name(&self, member: Name) -> bool {
        self.properties.contains(&member)
    }

    /// Whether the type `path` is `base` or has it among its bases.
    #[must_use]
    pub fn is_a(&self, path: Name, base: &str) -> bool {
        let mut pending = vec![path];
        let mut seen = 0;
        while let Some(of) = pending.pop() {
            seen += 1;
            if of.as_str() == base {
                return true;
            }
            if seen < 32 {
                pending.extend(self.type_bases(of));
            }
        }
        false
    }

    /// Whether an object of the type `of` is never an instance of the class, as a test at run time tells: all types below that are known.
    #[must_use]
    pub fn is_never_a(&self, of: Name, class: Name) -> bool {
        self.type_of(of).is_some() && self.nominal.contains_key(&class) && !self.is_a(of, &class)
    }

    /// Whether what a decorator of this path stands at receives what is provided for its token.
    #[must_use]
    pub fn receives(&self, path: Name) -> bool {
        self.receives.contains_key(&path)
    }

    /// What a method of this name tests a text for: how it begins, how it ends, what it has in it.
    #[must_use]
    pub fn text_test(&self, member: Name) -> Option<Asks> {
        self.text_tests.get(&member).copied()
    }

    /// What a function of this path tests its first argument for: a type by its name, or none for its second argument.
    #[must_use]
    pub fn type_test(&self, path: Name) -> Option<Option<Name>> {
        self.type_tests.get(&path).copied()
    }

    /// Whether a function of this path tests if its first argument is a coroutine function; then, whether it looks at what calls an
    /// instance, too.
    #[must_use]
    pub fn coroutine_test(&self, path: Name) -> Option<bool> {
        self.coroutine_tests.get(&path).copied()
    }

    /// Whether one of these functions has this name.
    #[must_use]
    pub fn names_coroutine_test(&self, member: Name) -> bool {
        self.coroutine_test_names.contains(&member)
    }

    /// Whether a method of this name gives what is held under the key that is its first argument.
    #[must_use]
    pub fn reads_key(&self, member: Name) -> bool {
        self.key_reads.contains(&member)
    }

    /// Whether a method of this name forgets the functions that it is given, and calls none.
    #[must_use]
    pub fn unlistens(&self, member: &str) -> bool {
        self.unlistens.iter().any(|known| known.as_str() == member)
    }

    /// The builtin method that a name tells by itself.
    #[must_use]
    pub fn by_name(&self, member: Name) -> Option<Name> {
        self.by_name.get(&member).copied()
    }

    /// Whether facts speak of a member of this name, of any type.
    #[must_use]
    pub fn names_member(&self, member: Name) -> bool {
        self.members.contains(&member)
    }

    /// The type of a value with this path, where all of that type together hold what the program puts into any.
    #[must_use]
    pub fn shared(&self, path: Name) -> Option<Name> {
        let of = if self.types.contains_key(&path) { path } else { self.member(path)? };
        let mut pending = vec![of];
        let mut seen = 0;
        while let Some(of) = pending.pop() {
            seen += 1;
            if self.types.get(&of).is_some_and(|fact| fact.shared) {
                return Some(of);
            }
            if seen < 32 {
                pending.extend(self.type_bases(of));
            }
        }
        None
    }

    /// Whether instances of `path` are told apart that a call on `maker` makes.
    #[must_use]
    pub fn is_tracked(&self, path: Name, maker: Name) -> bool {
        self.types.get(&path).is_some_and(|fact| fact.tracked || fact.tracked_by.contains(&maker))
    }

    /// The argument whose value a call on `path` gives back.
    #[must_use]
    pub fn wraps(&self, path: Name) -> Option<Which> {
        self.by_path(&self.wraps, path).copied()
    }

    /// How a generic type speaks of its argument, and the type whose methods it has.
    #[must_use]
    pub fn generic(&self, path: Name) -> Option<(GenericKind, Option<Name>)> {
        self.generics.get(&path).copied()
    }

    /// Whether the call tells the time.
    #[must_use]
    pub fn is_clock(&self, path: Name) -> bool {
        self.by_path(&self.clocks, path).is_some()
    }

    /// Whether the call shows that other work waits on the loop.
    #[must_use]
    pub fn is_concurrency(&self, path: Name) -> bool {
        self.by_path(&self.concurrency, path).is_some()
    }

    /// How large what a call on `path` gives may be, or what the attribute is.
    #[must_use]
    pub fn size(&self, path: Name) -> Option<&Sized> {
        self.by_path(&self.sizes, path)
    }

    /// With whose size the time of a call on `path` grows.
    #[must_use]
    pub fn linear(&self, path: Name) -> Option<&Linear> {
        self.by_path(&self.linear, path)
    }

    /// What a call on `path` does with a regular expression.
    #[must_use]
    pub fn regex(&self, path: Name) -> Option<&Regex> {
        self.by_path(&self.regexes, path)
    }

    /// The path of the method of texts of this name that applies a pattern.
    #[must_use]
    pub fn regex_member(&self, member: Name) -> Option<Name> {
        self.regex_members.get(&member).copied()
    }

    /// The letter of the flag that a constant is.
    #[must_use]
    pub fn regex_flag(&self, path: Name) -> Option<char> {
        self.regex_flags.get(&path).copied()
    }

    /// The outcome of a call on `path` that shows that no loop runs here.
    #[must_use]
    pub fn off_loop(&self, path: Name) -> Option<crate::ir::Branch> {
        self.by_path(&self.loop_checks, path).copied()
    }

    /// Whether what stands under a test for the text under the key is start-up.
    #[must_use]
    pub fn shows_startup(&self, key: Name, text: Name) -> bool {
        self.startup_tests.contains(&(key, text))
    }

    /// Whether a call on `path` works only in the loop's own thread.
    #[must_use]
    pub fn is_loop_bound(&self, path: Name) -> bool {
        self.by_path(&self.loop_bound, path).is_some()
    }

    /// What a thread other than the loop's writes in place of a call on `path`, which works only in the loop's own.
    #[must_use]
    pub fn from_other_thread(&self, path: Name) -> Option<Name> {
        self.by_path(&self.loop_bound, path).copied().flatten()
    }

    /// How a lock of the type `path`, or of one below it, is taken.
    #[must_use]
    pub fn lock(&self, path: Name) -> Option<Lock> {
        let above = || self.type_bases(path).iter().find_map(|base| self.locks.get(base)).copied();
        self.locks.get(&path).copied().or_else(above)
    }

    /// Whether some lock is taken by a method of this name.
    #[must_use]
    pub fn names_lock_method(&self, member: Name) -> bool {
        self.locks.values().any(|lock| lock.acquire == member)
    }

    /// What waits for what a call on `path` only asks for.
    #[must_use]
    pub fn waits_instead(&self, path: Name) -> Option<Polls> {
        self.by_path(&self.polls, path).copied()
    }

    /// Whether an instance of the type `path` keeps a value of its own for each thread.
    #[must_use]
    pub fn is_thread_local(&self, path: Name) -> bool {
        self.thread_locals.contains_key(&path)
    }

    /// Whether some type that keeps a value for each thread has this name.
    #[must_use]
    pub fn names_thread_local(&self, member: Name) -> bool {
        self.thread_locals.keys().any(|path| path.rsplit('.').next() == Some(member.as_str()))
    }

    /// Whether a call on `path` computes under the GIL and does nothing else.
    #[must_use]
    pub fn is_under_gil(&self, path: Name) -> bool {
        self.is_builtin(path) || self.by_path(&self.under_gil, path).is_some()
    }

    /// Whether nothing awaits what an entry with this label runs.
    #[must_use]
    pub fn is_plain(&self, label: &str) -> bool {
        self.plain.contains(label)
    }

    /// The effects that stall nobody in a program that has called `path`.
    #[must_use]
    pub fn cooperative(&self, path: Name) -> &[Effect] {
        self.by_path(&self.cooperative, path).map_or(&[], Vec::as_slice)
    }

    /// Looks a type up in a table: itself, then its bases.
    fn by_type<'a, T>(&self, table: &'a FxHashMap<Name, T>, path: Name) -> Option<&'a T> {
        let mut pending = vec![path];
        let mut seen = 0;
        while let Some(of) = pending.pop() {
            if let Some(found) = table.get(&of) {
                return Some(found);
            }
            seen += 1;
            if seen < 32 {
                pending.extend(self.type_bases(of).iter().rev());
            }
        }
        None
    }

    /// What is known of the pool that a value of the type `path` is.
    #[must_use]
    pub fn pool(&self, path: Name) -> Option<&Pool> {
        self.by_type(&self.pools, path)
    }

    /// What is known of the pool that a call on `path` makes.
    #[must_use]
    pub fn makes(&self, path: Name) -> Option<&Pool> {
        self.pools.get(&path).or_else(|| self.pool(*self.constructors.get(&path)?))
    }

    /// How a call on `path` chooses how processes are started.
    #[must_use]
    pub fn starting(&self, path: Name) -> Option<Starting> {
        self.by_path(&self.starting, path).copied()
    }

    /// Whether values of the type `path` can't be pickled; true where a process may be given one as it is started.
    #[must_use]
    pub fn unpicklable(&self, path: Name) -> Option<bool> {
        self.by_type(&self.unpicklable, path).copied()
    }

    /// Whether values of the type `path` are large as a rule.
    #[must_use]
    pub fn is_large(&self, path: Name) -> bool {
        self.by_type(&self.large, path).is_some()
    }

    /// The type fact of `path`.
    #[must_use]
    pub fn type_of(&self, path: Name) -> Option<&TypeFact> {
        self.types.get(&path)
    }

    /// The type that a call on `path` makes.
    #[must_use]
    pub fn constructed(&self, path: Name) -> Option<Name> {
        self.constructors.get(&path).copied()
    }

    /// The type of what a call on `path` returns, or of the attribute `path`.
    #[must_use]
    pub fn result(&self, path: Name) -> Option<Name> {
        if let Some(of) = self.constructors.get(&path) {
            return Some(*of);
        }
        self.member(path)
    }

    /// The type of what a call on an instance of `path` returns: that of its `__call__`, or of `path` where it is a call's
    /// result itself.
    #[must_use]
    pub fn called(&self, path: Name) -> Option<Name> {
        if path.ends_with("()") { self.result(path) } else { self.member(name(&format!("{path}.__call__"))) }
    }

    /// The type of the member `path` of a known type.
    #[must_use]
    pub fn member(&self, path: Name) -> Option<Name> {
        let (owner, member) = path.rsplit_once('.')?;
        let (member, any) = (ustr::existing_ustr(member)?, FactBase::any());
        let mut pending = vec![ustr::existing_ustr(owner)?];
        let mut seen = 0;
        while let Some(owner) = pending.pop() {
            seen += 1;
            if let Some(fact) = self.types.get(&owner) {
                if let Some(of) = fact.members.get(&member).or_else(|| fact.members.get(&any)) {
                    return Some(*of);
                }
                pending.extend(fact.bases.iter().rev());
            }
            if seen > 32 {
                break;
            }
        }
        None
    }

    /// Whether `path` is of a library that facts speak of.
    #[must_use]
    pub fn knows(&self, path: &str) -> bool {
        let in_module =
            |module: &Name| path.strip_prefix(module.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '/', '(']));
        self.libraries.iter().any(in_module)
    }

    /// Whether several libraries are imported from under this package: Python's `google`.
    #[must_use]
    pub fn shares(&self, package: &str) -> bool {
        let under = |module: &&Name| module.strip_prefix(package).is_some_and(|rest| rest.starts_with('.'));
        !self.knows(package) && self.libraries.iter().any(|module| under(&module))
    }

    /// Paths of all calls that block or compute, in no order.
    pub fn paths(&self) -> impl Iterator<Item = Name> + '_ {
        self.calls.keys().copied()
    }

    /// How many call facts there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.calls.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.calls.is_empty()
    }
}
