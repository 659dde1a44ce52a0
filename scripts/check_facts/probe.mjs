// Loads packages and answers whether they have a member; run by runtime.mjs in a process of its own.

import * as fs from "node:fs";
import * as path from "node:path";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const folder = process.argv[2];
const require = createRequire(path.join(folder, "index.js"));
// `import` resolves from the file that has it.
const loader = path.join(folder, "loader.mjs");
fs.writeFileSync(loader, "export const load = (module) => import(module);\n");
const { load } = await import(pathToFileURL(loader));

for (const event of ["unhandledRejection", "uncaughtException"]) process.on(event, () => {});
process.exit = () => {
  throw new Error("a package ends the process");
};

const loaded = new Map();

async function roots(module) {
  if (module === null) return [globalThis];
  if (loaded.has(module)) return loaded.get(module);
  const found = [];
  for (const way of [() => require(module), () => load(module)]) {
    try {
      found.push(await way());
    } catch {
      // Only one of the two ways works for some, and neither for what must be built first.
    }
  }
  for (const root of [...found]) if (root?.default !== undefined && root.default !== root) found.push(root.default);
  loaded.set(module, found);
  return found;
}

function walk(value, members) {
  let at = [value];
  for (const member of members) {
    const next = [];
    for (const one of at) {
      for (const holder of [one, typeof one === "function" ? one.prototype : undefined]) {
        if (holder === null || holder === undefined || !(member in Object(holder))) continue;
        try {
          next.push(holder[member]);
        } catch {
          // A getter that needs an instance: it is there.
          next.push(undefined);
        }
      }
    }
    if (next.length === 0) return false;
    at = next;
  }
  return true;
}

process.on("message", async ({ module, members }) => {
  const found = await roots(module);
  process.send(found.some((root) => walk(root, members)));
});
