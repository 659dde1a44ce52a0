"""Finds paths in the source of libraries that are unpacked and not imported."""

import ast
import functools
import pathlib


class Source:
    """Unpacked wheels in one folder."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        # Modules import each other: what is being looked for is not there until it is found.
        self.answers = {}

    def find(self, parts):
        """Name and version of the distribution that holds the first part, and whether the whole path is there; None if none does."""
        if not (self.folder / parts[0]).is_dir() and not self.modules(parts[:1]):
            return None
        name, version = self.distribution(parts[0])
        return name, version, self.exists(tuple(parts), 0)

    def distribution(self, root):
        for metadata in sorted(self.folder.glob("*.dist-info/METADATA")):
            fields = dict(line.split(": ", 1) for line in metadata.read_text(errors="replace").split("\n\n")[0].splitlines() if ": " in line)
            top = fields.get("Name", "").lower().replace("-", "_")
            if top in (root.lower(), TOP_LEVEL.get(root, "").replace("-", "_")):
                return fields["Name"], fields["Version"]
        return root, "?"

    def exists(self, parts, depth):
        """Whether modules, then definitions, spell the path."""
        if parts not in self.answers:
            self.answers[parts] = False
            self.answers[parts] = self.spelled(parts, depth)
        return self.answers[parts]

    def spelled(self, parts, depth):
        if depth > 12:
            return False
        for count in range(len(parts), 0, -1):
            for module in self.modules(parts[:count]):
                if count == len(parts) or self.defined(module, parts[:count], parts[count:], depth):
                    return True
        return False

    def modules(self, parts):
        base = self.folder.joinpath(*parts)
        files = [base / "__init__.py", base / "__init__.pyi", base.with_name(base.name + ".py"), base.with_name(base.name + ".pyi")]
        return [file for file in files if file.exists()]

    def defined(self, file, module, rest, depth):
        tree = parsed(file)
        package = file.name.startswith("__init__.")
        for node in statements(tree.body):
            if isinstance(node, ast.ClassDef) and node.name == rest[0]:
                if len(rest) == 1 or self.in_class(node, file, module, rest[1], depth):
                    return True
            elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name == rest[0]:
                if len(rest) == 1:
                    return True
            elif isinstance(node, (ast.Assign, ast.AnnAssign)) and rest[0] in targets(node):
                if len(rest) == 1:
                    return True
                alias = dotted(node.value)
                if alias and alias[0] != rest[0] and self.defined(file, module, (*alias, *rest[1:]), depth + 1):
                    return True
            elif isinstance(node, ast.ImportFrom):
                origin = self.origin(node, module, package)
                for alias in node.names:
                    if alias.name == "*" and self.exists((*origin, *rest), depth + 1):
                        return True
                    if (alias.asname or alias.name) == rest[0] and self.exists((*origin, alias.name, *rest[1:]), depth + 1):
                        return True
            elif isinstance(node, ast.Import):
                for alias in node.names:
                    if alias.asname == rest[0] and self.exists((*alias.name.split("."), *rest[1:]), depth + 1):
                        return True
        # A package that imports on demand names what it gives in a table of strings, or finds it by its files.
        return lazy(tree) and self.in_package(file.parent, rest, depth)

    def in_package(self, folder, rest, depth):
        for file in files_with(folder, rest[0]):
            module = file.relative_to(self.folder).with_suffix("").parts
            module = module[:-1] if module[-1] == "__init__" else module
            for node in parsed(file).body:
                if getattr(node, "name", None) == rest[0]:
                    if len(rest) == 1 or isinstance(node, ast.ClassDef) and self.in_class(node, file, module, rest[1], depth):
                        return True
        return False

    def in_class(self, node, file, module, member, depth):
        for inner in ast.walk(node):
            if getattr(inner, "name", None) == member:
                return True
            if isinstance(inner, (ast.Assign, ast.AnnAssign)) and member in targets(inner):
                return True
        return depth < 12 and any(
            (named := dotted(base)) and self.defined(file, module, (*named, member), depth + 1) for base in node.bases
        )

    def origin(self, node, module, package):
        if not node.level:
            return tuple(node.module.split("."))
        base = module if package else module[:-1]
        base = base[: len(base) - node.level + 1]
        return (*base, *(node.module.split(".") if node.module else ()))


# Where the distribution's name is not the module's.
TOP_LEVEL = {"MySQLdb": "mysqlclient", "whisper": "openai-whisper", "discord": "discord.py", "airflow": "apache-airflow-core"}


@functools.cache
def parsed(file):
    try:
        return ast.parse(file.read_text(errors="replace"))
    except SyntaxError:
        return ast.parse("")


@functools.cache
def files_with(folder, name):
    """Files below a folder that define a class or function of this name."""
    wanted = (f"class {name}(", f"class {name}:", f"def {name}(")
    return [file for file in sorted(folder.rglob("*.py")) if any(text in file.read_text(errors="replace") for text in wanted)]


def statements(body):
    """Statements that run at import, those in `if`, `try` and `with` too."""
    for node in body:
        yield node
        for field in ("body", "orelse", "finalbody", "handlers"):
            if isinstance(node, (ast.If, ast.Try, ast.With, ast.ExceptHandler)):
                yield from statements(getattr(node, field, []) or [])


def targets(node):
    nodes = node.targets if isinstance(node, ast.Assign) else [node.target]
    for target in nodes:
        for part in target.elts if isinstance(target, (ast.Tuple, ast.List)) else [target]:
            if isinstance(part, ast.Name):
                yield part.id
            elif isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name) and part.value.id == "self":
                yield part.attr


def dotted(node):
    parts = []
    while isinstance(node, ast.Attribute):
        parts.insert(0, node.attr)
        node = node.value
    if isinstance(node, ast.Subscript):
        return dotted(node.value) if not parts else None
    return (node.id, *parts) if isinstance(node, ast.Name) else None


def lazy(tree):
    text = ast.dump(tree)
    return "__getattr__" in text or "LazyModule" in text
