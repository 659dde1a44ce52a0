// What a package's declaration files (.d.ts) name, read by their syntax.

import * as fs from "node:fs";
import * as path from "node:path";

/** Declaration files read for one package at most. */
const MOST_FILES = 4000;

export class Declarations {
  constructor(folder, typescript) {
    this.modules = path.join(folder, "node_modules");
    this.ts = typescript;
    this.indices = new Map();
  }

  /** Whether a module's package, or `@types` of it, declares `members`, through base types and types of members. */
  has(module, members, builtin) {
    if (members.length === 0) return false;
    const names = builtin ? ["@types/node"] : packagesOf(module).flatMap((name) => [name, ...this.dependencies(name)]);
    const indices = names.map((name) => this.index(name)).filter((index) => index !== null);
    if (indices.length > 1) indices.unshift(merged(indices));
    return indices.some((index) => this.declares(index, members, builtin ? module : null));
  }

  /** Whether the language's own library or Node's declarations have a global of that path. */
  global(members) {
    const index = this.index("@types/node");
    return index !== null && this.declares(index, members, null) ? "declared" : null;
  }

  /** What a package builds on may declare its types: `@types/express` and `@types/express-serve-static-core`. */
  dependencies(name) {
    const manifest = path.join(this.modules, name, "package.json");
    if (!fs.existsSync(manifest)) return [];
    const { dependencies = {} } = JSON.parse(fs.readFileSync(manifest, "utf8"));
    const [scope] = name.startsWith("@") ? name.split("/") : [`@${name}`];
    return Object.keys(dependencies).filter((one) => one.startsWith(`${scope}/`));
  }

  declares(index, members, module) {
    for (let from = 0; from < Math.min(members.length, 3); from++) {
      const [name, ...rest] = members.slice(from);
      // Leading names may be namespaces: `Express.Application`.
      if (!members.slice(0, from).every((space) => index.has(space))) return false;
      const known = index.get(name);
      if (!known || (module !== null && !known.modules.has(module))) continue;
      if (rest.length === 0) return true;
      const found = this.member(index, name, rest[0], 0);
      if (found && rest.length === 1) return true;
      if (found && rest.slice(1).every((member) => [...found].some((type) => this.member(index, type, member, 0)))) return true;
    }
    return false;
  }

  /** The types named by a member of a declared name; null if there is no such member. */
  member(index, name, member, depth) {
    const known = index.get(name) ?? this.index("@types/node")?.get(name);
    if (!known || depth > 6) return null;
    if (known.members.has(member)) return known.members.get(member);
    for (const base of known.bases) {
      const found = base === name ? null : this.member(index, base, member, depth + 1);
      if (found) return found;
    }
    return null;
  }

  /** Names declared by a package: their members with the types these name, and what they extend. */
  index(name) {
    if (this.indices.has(name)) return this.indices.get(name);
    const folder = path.join(this.modules, name);
    if (!fs.existsSync(folder)) {
      this.indices.set(name, null);
      return null;
    }
    const index = new Map();
    for (const file of declarationFiles(folder)) this.read(file, index);
    this.indices.set(name, index);
    return index;
  }

  read(file, index) {
    const { ts } = this;
    const source = ts.createSourceFile(file, fs.readFileSync(file, "utf8"), ts.ScriptTarget.Latest, false);
    const at = (name) => {
      if (!index.has(name)) index.set(name, { members: new Map(), bases: new Set(), modules: new Set() });
      return index.get(name);
    };
    const namesIn = (node) => {
      const found = new Set();
      const visit = (inner) => {
        if (ts.isTypeReferenceNode(inner) || ts.isExpressionWithTypeArguments(inner)) found.add(lastName(ts, inner.typeName ?? inner.expression));
        if (ts.isTypeQueryNode(inner)) found.add(lastName(ts, inner.exprName));
        ts.forEachChild(inner, visit);
      };
      if (node) visit(node);
      return found;
    };
    const declare = (name, module) => {
      const known = at(name);
      if (module !== null) known.modules.add(module);
      return known;
    };
    const membersOf = (known, members) => {
      for (const member of members ?? []) {
        const name = member.name && (ts.isIdentifier(member.name) || ts.isStringLiteral(member.name)) ? member.name.text : null;
        if (name !== null) known.members.set(name, new Set([...(known.members.get(name) ?? []), ...namesIn(member.type)]));
      }
    };
    const visit = (node, module, space) => {
      const name = node.name && ts.isIdentifier(node.name) ? node.name.text : null;
      if (ts.isModuleDeclaration(node)) {
        const text = node.name.text.replace(/^node:/, "");
        const inner = ts.isStringLiteral(node.name) ? text : module;
        const outer = ts.isStringLiteral(node.name) ? null : text;
        if (outer !== null) declare(outer, module);
        if (node.body) ts.forEachChild(node.body, (child) => visit(child, inner, outer));
        return;
      }
      if (name !== null && space !== null) at(space).members.set(name, new Set([name, ...namesIn(node.type)]));
      if (ts.isClassDeclaration(node) || ts.isInterfaceDeclaration(node)) {
        const known = declare(name ?? "default", module);
        for (const clause of node.heritageClauses ?? []) for (const type of clause.types) for (const base of namesIn(type)) known.bases.add(base);
        membersOf(known, node.members);
      } else if (ts.isTypeAliasDeclaration(node)) {
        const known = declare(name, module);
        for (const base of namesIn(node.type)) known.bases.add(base);
        const literal = (type) => {
          if (ts.isTypeLiteralNode(type)) membersOf(known, type.members);
          if (ts.isIntersectionTypeNode(type) || ts.isUnionTypeNode(type)) type.types.forEach(literal);
        };
        literal(node.type);
      } else if (ts.isFunctionDeclaration(node) && name !== null) {
        const known = declare(name, module);
        for (const base of namesIn(node.type)) known.bases.add(base);
      } else if (ts.isVariableStatement(node)) {
        for (const one of node.declarationList.declarations) {
          if (!ts.isIdentifier(one.name)) continue;
          const known = declare(one.name.text, module);
          if (space !== null) at(space).members.set(one.name.text, namesIn(one.type));
          for (const base of namesIn(one.type)) known.bases.add(base);
          if (one.type && ts.isTypeLiteralNode(one.type)) membersOf(known, one.type.members);
        }
      } else if (ts.isExportDeclaration(node) && node.exportClause && ts.isNamedExports(node.exportClause)) {
        for (const one of node.exportClause.elements) {
          const known = declare(one.name.text, module);
          if (one.propertyName) known.bases.add(one.propertyName.text);
        }
      } else if (ts.isImportEqualsDeclaration(node) && name !== null && !ts.isExternalModuleReference(node.moduleReference)) {
        declare(name, module).bases.add(lastName(ts, node.moduleReference));
      }
    };
    const own = path.basename(file).replace(/\.d\.[cm]?ts$/, "");
    ts.forEachChild(source, (node) => visit(node, own, null));
  }
}

function lastName(ts, node) {
  if (ts.isIdentifier(node)) return node.text;
  return ts.isQualifiedName(node) ? node.right.text : (node.name?.text ?? "");
}

/** One index of several: a type may extend one of another package. */
function merged(indices) {
  const whole = new Map();
  for (const index of indices) for (const [name, known] of index) if (!whole.has(name)) whole.set(name, known);
  return whole;
}

/** A module's package and its `@types`. */
function packagesOf(module) {
  const parts = module.split("/");
  const name = parts.slice(0, module.startsWith("@") ? 2 : 1).join("/");
  const plain = name.split("--")[0];
  const typed = plain.startsWith("@") ? plain.slice(1).replace("/", "__") : plain;
  return plain.startsWith("@types/") ? [name] : [name, `@types/${typed}`];
}

function declarationFiles(folder) {
  const found = [];
  const pending = [folder];
  while (pending.length > 0 && found.length < MOST_FILES) {
    const dir = pending.pop();
    for (const entry of fs.readdirSync(dir, { withFileTypes: true })) {
      const whole = path.join(dir, entry.name);
      if (entry.isDirectory() && entry.name !== "node_modules") pending.push(whole);
      else if (/\.d\.[cm]?ts$/.test(entry.name)) found.push(whole);
    }
  }
  return found.sort();
}
