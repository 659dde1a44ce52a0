"""Finds paths in the source of libraries that are unpacked and not imported."""

import ast
import functools
import pathlib
import re


class Source:
    """Unpacked wheels in one folder."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        # Modules import each other: what is being looked for is not there until it is found.
        self.answers = {}

    def find(self, parts):
        """Name and version of the distribution that holds the first part, and whether the whole path is there; None if none does."""
        if not (self.folder / parts[0]).is_dir() and not self.modules(tuple(parts[:1])):
            return None
        name, version = self.distribution(parts[0])
        return name, version, self.exists(tuple(parts), 0)

    def distribution(self, root):
        for metadata in sorted(self.folder.glob("*.dist-info/METADATA")):
            fields = dict(line.split(": ", 1) for line in metadata.read_text(errors="replace").split("\n\n")[0].splitlines() if ": " in line)
            top = fields.get("Name", "").lower().replace("-", "_")
            if top in (root.lower(), TOP_LEVEL.get(root, "").lower().replace("-", "_")):
                return fields["Name"], fields["Version"]
        return root, "?"

    def exists(self, parts, depth):
        """Whether modules, then definitions, spell the path."""
        if parts not in self.answers:
            self.answers[parts] = False
            self.answers[parts] = self.spelled(parts, depth)
        return self.answers[parts]

    def spelled(self, parts, depth):
        # Aliases that name each other make ever longer paths.
        if depth > 8 or len(parts) > LONGEST:
            return False
        for count in range(len(parts), 0, -1):
            files = self.modules(parts[:count])
            # The deepest module decides: asking those above as well goes in circles where they import each other.
            if files:
                return count == len(parts) or any(self.defined(file, parts[:count], parts[count:], depth) for file in files)
        return False

    @functools.lru_cache(maxsize=None)
    def modules(self, parts):
        base = self.folder.joinpath(*parts)
        files = [base / "__init__.py", base / "__init__.pyi", base.with_name(base.name + ".py"), base.with_name(base.name + ".pyi")]
        return [file for file in files if file.exists()]

    def defined(self, file, module, rest, depth):
        names, stars, lazy = table(file)
        package = file.name.startswith("__init__.")
        for node in names.get(rest[0], []):
            if isinstance(node, ast.ClassDef):
                if len(rest) == 1 or self.in_class(node, file, module, rest[1], depth):
                    return True
            elif isinstance(node, (ast.ImportFrom, ast.Import)):
                origin = self.origin(node, module, package) if isinstance(node, ast.ImportFrom) else ()
                for alias in node.names:
                    if (alias.asname or alias.name) == rest[0] and self.exists((*origin, *alias.name.split("."), *rest[1:]), depth + 1):
                        return True
            elif len(rest) == 1:
                return True
            elif isinstance(node, (ast.Assign, ast.AnnAssign)):
                alias = dotted(node.value)
                if alias and alias[0] != rest[0] and self.defined(file, module, (*alias, *rest[1:]), depth + 1):
                    return True
        if any(self.exists((*self.origin(node, module, package), *rest), depth + 1) for node in stars):
            return True
        # A package that imports on demand names what it gives in a table of strings, or finds it by its files.
        return package and lazy and self.in_package(file.parent, rest, depth)

    def in_package(self, folder, rest, depth):
        for file in definitions(folder).get(rest[0], []):
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
        return depth < 8 and any(
            (named := dotted(base)) and self.defined(file, module, (*named, member), depth + 1) for base in node.bases
        )

    def origin(self, node, module, package):
        if not node.level:
            return tuple(node.module.split("."))
        base = module if package else module[:-1]
        base = base[: len(base) - node.level + 1]
        return (*base, *(node.module.split(".") if node.module else ()))


# Parts of a path at most.
LONGEST = 8
# Where the distribution's name is not the module's.
TOP_LEVEL = {"zwave_js_server": "zwave-js-server-python", "pyhap": "HAP-python", "velbusaio": "velbus-aio", "kasa": "python-kasa", "yolink": "yolink-api", "tuya_sharing": "tuya-device-sharing-sdk", "MySQLdb": "mysqlclient", "whisper": "openai-whisper", "discord": "discord.py", "airflow": "apache-airflow-core", "agent": "agent-py", "evohomeasync": "evohome-async", "evohomeasync2": "evohome-async", "haffmpeg": "ha-ffmpeg", "hyperion": "hyperion-py", "onvif": "onvif-zeep-async", "RFXtrx": "pyRFXtrx", "synology_dsm": "py-synologydsm-api", "apyhiveapi": "pyhive-integration", "pyhiveapi": "pyhive-integration", "mysensors": "pymysensors", "pypjlink": "pypjlink2", "switchbot": "PySwitchbot", "pyecobee": "python-ecobee-api", "matter_server": "python-matter-server", "mpd": "python-mpd2", "roborock": "python-roborock", "qbittorrentapi": "qbittorrent-api", "xbox": "xbox-webapi"}


@functools.cache
def parsed(file):
    """The tree of a file; an empty one where it can't be parsed."""
    try:
        return ast.parse(file.read_text(errors="replace"))
    except SyntaxError:
        return ast.parse("")


@functools.cache
def table(file):
    """What a module's statements name, its star imports, and whether it finds what it gives when it is asked for."""
    names, stars, lazy = {}, [], False
    for node in statements(parsed(file).body):
        if isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            names.setdefault(node.name, []).append(node)
            lazy |= node.name == "__getattr__"
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            for name in targets(node):
                names.setdefault(name, []).append(node)
            text = ast.unparse(node.value) if isinstance(node.value, ast.Call) else ""
            lazy |= "LazyModule" in text or "lazy" in text
        elif isinstance(node, (ast.ImportFrom, ast.Import)):
            stars += [node for alias in node.names if alias.name == "*"]
            for alias in node.names:
                names.setdefault(alias.asname or alias.name, []).append(node)
    return names, stars, lazy


@functools.cache
def definitions(folder):
    """Files below a folder by the names of the classes and functions that they define at their top."""
    found = {}
    for file in sorted(folder.rglob("*.py")):
        for name in re.findall(r"(?m)^(?:class|def|async def) (\w+)", file.read_text(errors="replace")):
            found.setdefault(name, []).append(file)
    return found


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
