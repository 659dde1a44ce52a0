// Resolves every path of rules/facts/node against installed packages.
//
// usage: node check_node.mjs [--folder DIR] [--write] [FILE.toml ...]
//
// The pinned versions of package.json beside this file are installed into DIR (a folder under the system's temporary
// one, if left out). A path resolves if it is a property of the module or of a class's prototype, or, where the package
// does not export the type, if its declaration files have that name. Exit code 1 if a path does not resolve, 2 if the
// packages cannot be installed.

import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { builtinModules, createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { Declarations } from "./declarations.mjs";
import { Runtime } from "./runtime.mjs";

const here = path.dirname(fileURLToPath(import.meta.url));
const factFolder = path.join(here, "../../rules/facts/node");

const options = { folder: path.join(os.tmpdir(), "loopwarden-check-facts"), write: false, files: [] };
for (let at = 2; at < process.argv.length; at++) {
  const word = process.argv[at];
  if (word === "--write") options.write = true;
  else if (word === "--folder") options.folder = path.resolve(process.argv[++at]);
  else options.files.push(path.resolve(word));
}

function install(folder) {
  fs.mkdirSync(folder, { recursive: true });
  const wanted = fs.readFileSync(path.join(here, "package.json"), "utf8");
  const marker = path.join(folder, "package.json");
  const ready = fs.existsSync(marker) && fs.readFileSync(marker, "utf8") === wanted && fs.existsSync(path.join(folder, "node_modules/smol-toml"));
  if (ready) return;
  fs.writeFileSync(marker, wanted);
  // Nothing of the packages is run at installation; their mutual wishes for versions do not matter here.
  const flags = ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--legacy-peer-deps", "--force"];
  execFileSync("npm", flags, { cwd: folder, stdio: ["ignore", "ignore", "inherit"] });
}

try {
  install(options.folder);
} catch (error) {
  console.error(`cannot install into ${options.folder}: ${error.message}`);
  process.exit(2);
}

const require = createRequire(path.join(options.folder, "index.js"));
const { parse } = require("smol-toml");
const pinned = Object.keys(JSON.parse(fs.readFileSync(path.join(here, "package.json"), "utf8")).dependencies);
const dynamic = new Map(parse(fs.readFileSync(path.join(here, "node_dynamic.toml"), "utf8")).dynamic.map((one) => [one.path, { ...one, used: false }]));

const read = (file) => {
  try {
    return parse(fs.readFileSync(file, "utf8"));
  } catch (error) {
    console.error(`${file}: ${error.message}`);
    return process.exit(1);
  }
};
const all = fs.readdirSync(factFolder).filter((name) => name.endsWith(".toml")).sort().map((name) => path.join(factFolder, name));
const facts = new Map(all.map((file) => [file, read(file)]));
const chosen = options.files.length > 0 ? options.files : all;

const builtins = new Set(builtinModules.filter((name) => !name.startsWith("_")).concat(["sqlite", "test", "test/reporters", "sea"]));
const listed = new Set([...facts.values()].flatMap((file) => file.library.modules));
const types = new Map();
for (const file of facts.values()) for (const type of file.type ?? []) types.set(type.path, [...(types.get(type.path) ?? []), type]);

const packageOf = (module) => module.split("/").slice(0, module.startsWith("@") ? 2 : 1).join("/");
// `execa--9` is another release of `execa`, for what only that release has.
const releases = (name) => pinned.filter((one) => one === name || one.startsWith(`${name}--`));
const declarations = new Declarations(options.folder, require("typescript--5"));
const runtime = new Runtime(options.folder, builtins);

/** The module that a path begins with, and the names after it. */
function split(whole) {
  const segments = whole.split(".");
  let found = null;
  for (let length = 1; length <= segments.length; length++) {
    const module = segments.slice(0, length).join(".");
    const name = packageOf(module);
    // `sdk/server/mcp.js` is a module too.
    const ending = /^[cm]?js$/.test(segments[length - 1]) && length > 1 && segments[length - 2].includes("/");
    const known = ending || listed.has(module) || builtins.has(module) || releases(module).length > 0 || (segments[length - 1].includes("/") && releases(name).length > 0);
    if (known) found = { module, members: segments.slice(length) };
  }
  return found;
}

/** Whether and how a path resolves: `runtime`, `declared`, `result` (of a call), or null. */
async function resolve(whole, depth = 0) {
  if (whole.includes("()")) {
    const made = whole.slice(0, whole.indexOf("()"));
    return (await resolve(made, depth)) && "result";
  }
  if (whole.startsWith("globalThis")) return (await runtime.global(whole.split(".").slice(1))) || declarations.global(whole.split(".").slice(1));
  const parts = split(whole);
  if (!parts) return null;
  const members = parts.members.filter((member) => member !== "*");
  const names = builtins.has(parts.module) ? [null] : releases(packageOf(parts.module));
  for (const name of names) {
    const module = name === null ? parts.module : name + parts.module.slice(packageOf(parts.module).length);
    if (await runtime.has(module, members)) return "runtime";
  }
  for (const name of names) {
    const module = name === null ? parts.module : name + parts.module.slice(packageOf(parts.module).length);
    if (declarations.has(module, members, builtins.has(parts.module))) return "declared";
  }
  // All that a module has, of one that can't be loaded here: without its peers, or a native library.
  if (members.length === 0 && parts.members.length > 0 && names.length > 0) return "declared";
  // A member of a type that this catalogue names: of one of its bases, or of what makes it.
  const [owner, member] = [whole.slice(0, whole.lastIndexOf(".")), whole.slice(whole.lastIndexOf(".") + 1)];
  for (const type of (depth < 4 && types.get(owner)) || []) {
    for (const base of type.bases ?? []) if (await resolve(`${base}.${member}`, depth + 1)) return "declared";
  }
  return null;
}

const several = (paths) => (paths === undefined ? [] : Array.isArray(paths) ? paths : [paths]);

function pathsOf(file) {
  const found = new Set();
  const add = (paths) => several(paths).forEach((one) => found.add(one));
  for (const table of ["call", "neutral", "concurrency", "worker_file", "keeps", "unblocks", "serves", "script", "structural", "awaitable", "loop_check", "loop_bound", "promise", "drops_promise", "limiter", "gathers", "counts", "plain_decorator"])
    for (const entry of file[table] ?? []) add(entry.paths);
  for (const table of ["boundary", "calls_argument", "returns_argument", "container", "generic"]) for (const entry of file[table] ?? []) add(entry.path);
  for (const entry of file.entry ?? []) [entry.decorator, entry.base, entry.call, entry.attribute].forEach(add);
  for (const type of file.type ?? []) {
    add(type.path);
    add(type.constructors);
    add(type.bases);
    for (const [member, of] of Object.entries(type.members ?? {})) {
      if (member !== "*") add(`${type.path}.${member}`);
      add(of);
    }
  }
  return [...found].sort();
}

const counts = { runtime: 0, declared: 0, result: 0, dynamic: 0 };
let wrong = 0;
const complain = (file, message) => {
  wrong++;
  console.log(`${path.relative(process.cwd(), file)}: ${message}`);
};

for (const file of chosen) {
  const library = facts.get(file).library;
  if (!library.source) complain(file, "no source");
  for (const module of library.modules) {
    if (module.endsWith("*")) {
      if (!pinned.some((name) => `${name}/`.startsWith(module.slice(0, -1)))) complain(file, `module ${module}: no pinned package has a name like this`);
    } else if (!(builtins.has(module) || dynamic.has(module) || releases(packageOf(module)).some((name) => runtime.exists(name + module.slice(packageOf(module).length))))) {
      complain(file, `module ${module} is not installed`);
    } else if (dynamic.has(module)) dynamic.get(module).used = true;
  }
  for (const one of pathsOf(facts.get(file))) {
    const exception = dynamic.get(one) ?? dynamic.get(`${one.slice(0, one.lastIndexOf("."))}.*`);
    if (exception) {
      exception.used = true;
      counts.dynamic++;
      continue;
    }
    const how = await resolve(one);
    if (how) counts[how]++;
    else complain(file, `${one} does not resolve`);
  }
  if (options.write) write(file, library);
}
runtime.close();
if (options.files.length === 0) {
  for (const one of dynamic.values()) if (!one.used) complain(path.join(here, "node_dynamic.toml"), `${one.path}: no fact speaks of it`);
}

function write(file, library) {
  const versions = new Set();
  for (const module of library.modules.length > 0 ? library.modules : ["globalThis"]) {
    if (builtins.has(module) || module === "globalThis") versions.add(`Node.js ${process.versions.node}`).add(`@types/node ${runtime.version("@types/node")}`);
    const names = module.endsWith("*") ? pinned.filter((name) => name.startsWith(module.slice(0, -1)) || `${name}/` === module.slice(0, -1)) : releases(packageOf(module));
    if (!builtins.has(module)) for (const name of names) versions.add(`${name.split("--")[0]} ${runtime.version(name)}`);
  }
  const text = fs.readFileSync(file, "utf8");
  const checked = `checked = "${[...versions].join(", ")}, ${new Date().toISOString().slice(0, 10)}"`;
  fs.writeFileSync(file, text.replace(/^checked = .*$/m, () => checked));
}

const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
console.log(`${chosen.length} files, ${total + wrong} paths: ${counts.runtime} in the module, ${counts.declared} in its declarations, ${counts.result} results of calls, ${counts.dynamic} exceptions, ${wrong} wrong`);
process.exit(wrong > 0 ? 1 : 0);
