"""Resolves every path of one fact file, in the environment that check_python.py made; prints one line of JSON."""

import contextlib
import dis
import importlib
import importlib.metadata
import inspect
import io
import json
import os
import pathlib
import platform
import sys
import tomllib
import warnings

from read_source import Source

HERE = pathlib.Path(__file__).resolve().parent


class Missing(Exception):
    """A path, or a part of it, that does not exist."""


def paths_of(facts):
    """Every path of every table, with the table's name."""

    def several(value):
        return [value] if isinstance(value, str) else value or []

    for table, rows in facts.items():
        # What these tell are names, of options and of functions anywhere.
        if table in ("library", "debugging", "async_form"):
            continue
        for row in rows:
            for key in ("path", "paths", "constructors", "bases", "enter", "element", "decorator", "base", "call", "attribute", "parameters"):
                for path in several(row.get(key)):
                    yield table, path
            for member, of in row.get("members", {}).items():
                yield table, of
                if member != "*":
                    yield table, f"{row['path']}.{member}"
            for condition in [*row.get("unless", []), *row.get("light_when", [])]:
                _, _, value = condition.partition("=")
                # `*.read()` is whatever has that method.
                if "." in value and not value.startswith("*") and not value.replace(".", "").isdigit():
                    yield table, value


class Resolver:
    """Imports what a path names and asks for its attributes."""

    def __init__(self, source):
        self.source = Source(source)
        self.known = {}
        self.files = files_of_distributions(pathlib.Path(source).parent / "distributions.json")

    def resolve(self, path):
        """The name and version of what `path` was found in; raises Missing."""
        path = path.removesuffix(".*")
        # What a call gives has no path to ask for: its callee must exist.
        called, parenthesis, rest = path.partition("()")
        if parenthesis and rest:
            raise Missing(f"{path}: members of a call's result can't be asked for")
        parts = called.split(".")
        module = value = self.load(parts[0])
        if module is None:
            found = self.source.find(parts)
            if found is None:
                raise Missing(f"{path}: no module {parts[0]}")
            name, version, exists = found
            if not exists:
                raise Missing(f"{path}: not in the source of {name} {version}")
            return f"{name}=={version} (read, not imported)"
        for at in range(1, len(parts)):
            named = ".".join(parts[: at + 1])
            # A class that has the name of its module hides it.
            if value is module and (not hasattr(module, parts[at]) or inspect.ismodule(getattr(module, parts[at]))):
                deeper = self.load(named)
                if deeper is not None:
                    module = value = deeper
                    continue
            value = member(value, parts[at], named)
        return self.version(module)

    def load(self, named):
        if named not in self.known:
            self.known[named] = load(named)
        return self.known[named]

    def version(self, module):
        root = module.__name__.partition(".")[0]
        if root in sys.stdlib_module_names:
            return f"CPython {platform.python_version()}"
        # A namespace package has no file: what is in it says whose it is.
        return self.files.get(str(getattr(module, "__file__", None)), "")


def files_of_distributions(cache):
    """Name and version of the distribution that installed each module's file; reading the records of all takes seconds."""
    if cache.exists():
        return json.loads(cache.read_text())
    files = {}
    for distribution in importlib.metadata.distributions():
        named, folder = f"{distribution.name}=={distribution.version}", str(distribution.locate_file(""))
        for file in distribution.files or []:
            if file.suffix in (".py", ".so", ".pyd"):
                files[f"{folder}/{file}"] = named
    cache.write_text(json.dumps(files))
    return files


def load(named):
    try:
        return importlib.import_module(named)
    except ModuleNotFoundError as error:
        # A module that exists and needs another one is not a module that does not exist.
        if error.name and named.startswith(error.name):
            return None
        raise Missing(f"{named}: import failed: {error}") from error
    except Missing:
        raise
    except BaseException as error:
        raise Missing(f"{named}: import failed: {type(error).__name__}: {error}") from error


NOTHING = object()


def member(value, name, path):
    try:
        found = getattr(value, name, NOTHING)
    except Exception as error:
        raise Missing(f"{path}: {type(error).__name__}: {error}") from error
    if found is not NOTHING:
        return found
    if inspect.isclass(value):
        # A descriptor that answers only on instances.
        if inspect.getattr_static(value, name, NOTHING) is not NOTHING:
            return None
        for owner in value.__mro__:
            fields = [vars(owner).get(field) or {} for field in ("__annotations__", "model_fields", "__pydantic_fields__", "__dataclass_fields__")]
            if any(name in table for table in fields) or name in assigned(owner):
                return None
    raise Missing(f"{path}: no attribute {name}")


def assigned(owner):
    """Attributes that the methods of a class give to `self`."""
    names = set()
    for function in vars(owner).values():
        code = getattr(inspect.unwrap(function) if callable(function) else function, "__code__", None)
        before = None
        for instruction in dis.get_instructions(code) if code else []:
            if instruction.opname == "STORE_ATTR" and before is not None and (before.opname, before.argval) == ("LOAD_FAST", "self"):
                names.add(instruction.argval)
            before = instruction
    return names


def main():
    file, source = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    facts = tomllib.loads(file.read_text())
    library = facts.get("library", {})
    # What is of no library names no modules.
    told_of = [field for field in ("name", "modules", "source", "checked") if not library.get(field) and library.get(field) != []]
    problems = [f"library.{field} is missing" for field in told_of]
    if not str(library.get("source", "")).startswith("https://"):
        problems.append("library.source is not an address")
    dynamic = {}
    told = tomllib.loads((HERE / "python_dynamic.toml").read_text())
    for row in told["prepare"]:
        if any(module.startswith(row["module"]) for _, module in paths_of(facts)):
            exec(row["run"], {})
    for row in told["dynamic"]:
        if not row.get("reason") or not row.get("source"):
            problems.append(f"python_dynamic.toml: {row['paths']}: no reason or no source")
        dynamic.update(dict.fromkeys(row["paths"]))
    resolver = Resolver(source)
    modules = tuple(library.get("modules", []))
    own, others = set(), set()
    named = [*paths_of(facts)]
    # A file of entries by file name speaks of no library.
    paths = list(dict.fromkeys([*named, *(("library", module) for module in modules if named)]))
    for table, path in paths:
        owners = [path[:at] for at, letter in enumerate(path) if letter == "."]
        if path in dynamic or any(f"{owner}.*" in dynamic for owner in owners):
            continue
        try:
            version = resolver.resolve(path)
        except Missing as error:
            problems.append(f"[[{table}]] {error}")
            continue
        (own if path.startswith(tuple(f"{module}." for module in modules)) or path in modules else others).add(version)
    checked = ", ".join(sorted((own or others) - {""}, key=str.lower))
    return {"problems": list(dict.fromkeys(problems)), "checked": checked, "paths": len(paths)}


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        answer = main()
    print(json.dumps(answer), flush=True)
    # Libraries start threads and leave hooks: their farewell is of no interest.
    os._exit(0)
