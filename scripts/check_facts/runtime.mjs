// What a module has when it is loaded.

import { fork } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { fileURLToPath } from "node:url";

/** A module that has not loaded after this many milliseconds is left to its declarations. */
const PATIENCE = 60_000;

const probe = path.join(path.dirname(fileURLToPath(import.meta.url)), "probe.mjs");

export class Runtime {
  constructor(folder, builtins) {
    this.folder = folder;
    this.builtins = builtins;
    this.child = null;
    /** Modules whose loading ended the process. */
    this.fatal = new Set();
  }

  /** The version of an installed package. */
  version(name) {
    return JSON.parse(fs.readFileSync(path.join(this.folder, "node_modules", name, "package.json"), "utf8")).version;
  }

  /** Whether a module's name leads to a file or an export of its package. */
  exists(module) {
    const folder = path.join(this.folder, "node_modules", module);
    if (fs.existsSync(folder) || [".js", ".cjs", ".mjs", ".d.ts"].some((ending) => fs.existsSync(folder + ending))) return true;
    const name = module.split("/").slice(0, module.startsWith("@") ? 2 : 1).join("/");
    const manifest = path.join(this.folder, "node_modules", name, "package.json");
    if (!fs.existsSync(manifest)) return false;
    const exported = JSON.parse(fs.readFileSync(manifest, "utf8")).exports ?? {};
    const wanted = "." + module.slice(name.length);
    const fits = (key) => key.includes("*") && wanted.startsWith(key.split("*")[0]) && wanted.endsWith(key.split("*")[1]);
    return Object.keys(exported).some((key) => key === wanted || fits(key));
  }

  /** Whether a module has a member of that path; members of a class are also those of its instances. */
  async has(module, members) {
    if (this.fatal.has(module)) return false;
    return this.ask({ module: this.builtins.has(module) ? `node:${module}` : module, members }, module);
  }

  /** Whether the language or Node itself has a global of that path. */
  async global(members) {
    return (await this.ask({ module: null, members }, "globalThis")) ? "runtime" : null;
  }

  /** Asks twice: the process may have ended over the module that was loaded before. */
  async ask(question, module) {
    for (let tries = 0; tries < 2; tries++) {
      const answer = await this.askOnce(question);
      if (answer !== null) return answer;
    }
    this.fatal.add(module);
    return false;
  }

  /** Packages are loaded in a process of their own: some end it, or start something. Null if it ended. */
  askOnce(question) {
    this.child ??= fork(probe, [this.folder], { cwd: this.folder, stdio: "ignore" });
    const { child } = this;
    return new Promise((answer) => {
      const done = (value) => {
        clearTimeout(timer);
        child.removeAllListeners();
        answer(value);
      };
      const lost = () => {
        child.kill("SIGKILL");
        this.child = null;
        done(null);
      };
      const timer = setTimeout(lost, PATIENCE);
      child.once("message", done);
      child.once("exit", lost);
      child.once("error", lost);
      if (!child.connected) return lost();
      child.send(question, (error) => error && lost());
    });
  }

  /** Ends the process that loads packages. */
  close() {
    this.child?.removeAllListeners();
    this.child?.kill("SIGKILL");
  }
}
