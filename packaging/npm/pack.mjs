// Makes the npm packages: one a platform that holds the program, and `loopwarden`, which starts the right one.
//
//   node packaging/npm/pack.mjs OUT TARGET=PROGRAM...
//
// OUT gets `loopwarden-VERSION.tgz` and one archive a TARGET (a triple of platforms.json); PROGRAM is the path of the program that
// `cargo build --release --target TARGET` made. `loopwarden` names all platforms as optional dependencies, whichever are given.

import { execFileSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const root = resolve(here, "../..");
const cargo = readFileSync(join(root, "Cargo.toml"), "utf8");
const said = (key) => cargo.match(new RegExp(`^${key} = "(.*)"$`, "m"))?.[1];
const [version, description, license, repository] = ["version", "description", "license", "repository"].map(said);
const platforms = JSON.parse(readFileSync(join(here, "platforms.json"), "utf8")).map((one) => ({
  ...one,
  program: one.os === "win32" ? "loopwarden.exe" : "loopwarden",
}));
const nameOf = (one) => `@loopwarden/${one.os}-${one.cpu}${one.libc ? `-${one.libc}` : ""}`;

const [out, ...given] = process.argv.slice(2);
if (out === undefined || given.length === 0) {
  console.error("usage: node pack.mjs OUT TARGET=PROGRAM...");
  process.exit(2);
}
mkdirSync(out, { recursive: true });

const licenses = ["LICENSE", "LICENSE-MIT", "LICENSE-APACHE"];
const common = { version, description, license, repository: { type: "git", url: `git+${repository}.git` } };

function pack(files, manifest) {
  const folder = mkdtempSync(join(tmpdir(), "loopwarden-npm-"));
  try {
    for (const name of licenses) copyFileSync(join(root, name), join(folder, name));
    for (const [name, from] of files) {
      copyFileSync(from, join(folder, name));
      chmodSync(join(folder, name), 0o755);
    }
    writeFileSync(join(folder, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
    return { folder, done: () => rmSync(folder, { recursive: true }) };
  } catch (error) {
    rmSync(folder, { recursive: true });
    throw error;
  }
}

function archive({ folder, done }) {
  try {
    execFileSync("npm", ["pack", "--silent", "--pack-destination", resolve(out)], { cwd: folder, stdio: ["ignore", "inherit", "inherit"] });
  } finally {
    done();
  }
}

for (const one of given) {
  const [target, program] = one.split("=");
  const platform = platforms.find((known) => known.target === target);
  if (platform === undefined || program === undefined) {
    console.error(`no platform \`${one}\`; known: ${platforms.map((known) => known.target).join(", ")}`);
    process.exit(2);
  }
  archive(
    pack([[platform.program, program]], {
      name: nameOf(platform),
      ...common,
      description: `The program of loopwarden for ${platform.target}`,
      os: [platform.os],
      cpu: [platform.cpu],
      ...(platform.libc && { libc: [platform.libc] }),
      files: [platform.program, ...licenses],
      preferUnplugged: true,
    }),
  );
}

const main = pack([["launcher.js", join(here, "launcher.js")], ["README.md", join(root, "README.md")]], {
  name: "loopwarden",
  ...common,
  keywords: ["linter", "event-loop", "nodejs", "asyncio", "static-analysis"],
  bin: { loopwarden: "launcher.js" },
  files: ["launcher.js", "platforms.js", ...licenses],
  engines: { node: ">=18" },
  optionalDependencies: Object.fromEntries(platforms.map((one) => [nameOf(one), version])),
});
const table = platforms.map(({ os, cpu, libc, program }) => ({ os, cpu, program, name: nameOf({ os, cpu, libc }) }));
writeFileSync(join(main.folder, "platforms.js"), `exports.platforms = ${JSON.stringify(table, null, 2)};\n`);
archive(main);
