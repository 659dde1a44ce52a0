#!/usr/bin/env node
// Starts the program of this platform's package, which npm has installed as an optional dependency.
"use strict";

const { spawnSync } = require("node:child_process");
const { platforms } = require("./platforms.js");

const fits = platforms.filter((one) => one.os === process.platform && one.cpu === process.arch);

function found() {
  for (const one of fits) {
    try {
      return require.resolve(`${one.name}/${one.program}`);
    } catch (error) {
      if (error.code !== "MODULE_NOT_FOUND") throw error;
    }
  }
  return undefined;
}

function complain(text) {
  process.stderr.write(`loopwarden: ${text}\n`);
  process.exit(2);
}

const program = found();
if (fits.length === 0) {
  complain(`there is no program for ${process.platform} on ${process.arch}; \`cargo install loopwarden\` builds one`);
} else if (program === undefined) {
  const names = fits.map((one) => one.name).join(" or ");
  complain(`the package ${names} is missing: install without \`--omit=optional\` and \`--no-optional\`, on the machine that runs it`);
} else {
  const run = spawnSync(program, process.argv.slice(2), { stdio: "inherit", windowsHide: true });
  if (run.error) complain(`${program} can't be started: ${run.error.message}`);
  // Who stops the launcher stops the program: the shell is to see the same.
  if (run.signal) process.kill(process.pid, run.signal);
  process.exit(run.status ?? 3);
}
