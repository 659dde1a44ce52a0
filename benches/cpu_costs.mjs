// What a round, an element or a megabyte costs on one thread of Node.js, for the cost model of the cpu rules.
//
// Run by hand: `node benches/cpu_costs.mjs`, on a machine that does nothing else. Prints the rows of the second table of
// cpu_costs.md. Each figure is the least of several runs: what else the machine does only adds to it.

import { createHash, pbkdf2Sync, scryptSync } from "node:crypto";
import { brotliCompressSync, gunzipSync, gzipSync } from "node:zlib";

const RUNS = 7;
let kept;

/** Milliseconds of the quickest of several runs. What the work gives is kept, so that it is not left out. */
function least(work, runs = RUNS) {
  let best = Infinity;
  for (let run = 0; run < runs; run += 1) {
    const start = performance.now();
    kept = work();
    best = Math.min(best, performance.now() - start);
  }
  return best;
}

/** One line of the table: nanoseconds for small units, milliseconds for a megabyte or a call. */
function row(what, milliseconds, per, unit) {
  const figure = milliseconds / per;
  const shown = unit === "MB" || unit === "whole call" ? `${figure.toFixed(1)} ms` : `${(figure * 1e6).toFixed(1)} ns`;
  console.log(`| ${what} | ${shown} | ${unit} |`);
}

/** Like what an API takes: short texts, a random one, numbers, a nested list. */
function records(count) {
  const words = ["alpha", "beta", "gamma", "delta", "epsilon"];
  return Array.from({ length: count }, (_, n) => ({
    id: n,
    name: words[n % 5] + n,
    token: createHash("sha1").update(String(n)).digest("hex"),
    price: ((n * 7919) % 10000) / 100,
    tags: [words[n % 5], words[(n + 2) % 5], words[(n + 3) % 5]],
  }));
}

function loops() {
  const n = 10_000_000;
  const added = () => {
    let total = 0;
    for (let i = 0; i < n; i += 1) total += i;
    return total;
  };
  const multiplied = () => {
    let total = 0;
    for (let i = 0; i < n; i += 1) total = (total + i * 3) % 1000003;
    return total;
  };
  const array = Array.from({ length: 1_000_000 }, (_, i) => i);
  const over = () => {
    let total = 0;
    for (const value of array) total += value;
    return total;
  };
  const each = () => {
    let total = 0;
    array.forEach((value) => {
      total += value;
    });
    return total;
  };
  row("round of a loop that adds", least(added), n, "round");
  row("round with a division", least(multiplied), n, "round");
  row("round of `for (const x of array)`", least(over), array.length, "round");
  row("round of `forEach`", least(each), array.length, "round");
}

function containers() {
  const n = 100_000;
  const numbers = Array.from({ length: n }, (_, i) => i);
  const texts = numbers.map((i) => `name-${i}`);
  row("`includes` of an array of numbers, not there", least(() => numbers.includes(-1)), n, "element");
  row("`indexOf` of an array of texts, not there", least(() => texts.indexOf("other")), n, "element");
  row("`find` with a function, not there", least(() => texts.find((text) => text === "other")), n, "element");
  const set = new Set(texts);
  row("`Set.has`", least(() => numbers.reduce((found, i) => found + (set.has(texts[i]) ? 1 : 0), 0)), n, "call");
  const shifted = () => {
    const left = numbers.slice();
    for (let i = 0; i < 1000; i += 1) left.shift();
    return left;
  };
  row("`shift` of an array of 100,000", Math.max(least(shifted) - least(() => numbers.slice()), 0), 1000 * n, "element");
  const spread = () => {
    let all = [];
    for (let i = 0; i < 2000; i += 1) all = [...all, i];
    return all;
  };
  row("`[...all, x]`, for each element copied", least(spread), (2000 * 2000) / 2, "element");
  const shuffled = numbers.map((i) => (i * 48271) % 100003);
  row("`sort` of 100,000 numbers, with a function", least(() => shuffled.slice().sort((one, other) => one - other)), n, "element");
  const words = shuffled.map((i) => `name-${i}`);
  row("`sort` of 100,000 texts", least(() => words.slice().sort()), n, "element");
}

function megabytes() {
  const data = records(12_000);
  const text = JSON.stringify(data);
  const raw = Buffer.from(text);
  const size = raw.length / 1e6;
  row("`JSON.parse`", least(() => JSON.parse(text)), size, "MB");
  row("`JSON.stringify`", least(() => JSON.stringify(data)), size, "MB");
  row("`structuredClone` of what `JSON.parse` gives", least(() => structuredClone(data)), size, "MB");
  row("`gzipSync`, level 6", least(() => gzipSync(raw)), size, "MB");
  const packed = gzipSync(raw);
  row("`gunzipSync`, for each MB that comes out", least(() => gunzipSync(packed)), size, "MB");
  row("`brotliCompressSync`, quality 11", least(() => brotliCompressSync(raw), 1), size, "MB");
  row("`createHash(\"sha256\")`", least(() => createHash("sha256").update(raw).digest()), size, "MB");
  row("`createHash(\"md5\")`", least(() => createHash("md5").update(raw).digest()), size, "MB");
  row("`toString(\"base64\")`", least(() => raw.toString("base64")), size, "MB");
  row("`match` of a word's form, nothing found", least(() => text.match(/\b\w+@\w+\.com\b/g)), size, "MB");
  row("`test` of a fixed beginning, nothing found", least(() => /zzz[0-9]+/.test(text)), size, "MB");
  row("`pbkdf2Sync`, 100,000 rounds of SHA-512", least(() => pbkdf2Sync("password", "salt", 100_000, 64, "sha512"), 3), 1, "whole call");
  row("`scryptSync`, N = 16384", least(() => scryptSync("password", "salt", 64), 3), 1, "whole call");
}

console.log(`Node.js ${process.versions.node}\n`);
console.log("| what | cost | for each |\n|---|---|---|");
loops();
containers();
megabytes();
if (kept === undefined) process.exitCode = 1;
