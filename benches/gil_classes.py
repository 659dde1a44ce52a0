"""Measures what calls of the standard library do to a loop while they run in a thread.

Each call runs in `asyncio.to_thread` on an input that takes it a good tenth of a second, while the loop sleeps a millisecond at a
time and notes how late it wakes. The worst lag tells the class:

- released: the call lets go of the GIL, and the loop wakes as if nothing ran;
- preempted: the call is Python code, and the loop waits a few switch intervals at each turn;
- held: the call keeps the GIL, and the loop wakes when it is done.

    python benches/gil_classes.py            a table on standard output
    python benches/gil_classes.py json.loads only the calls whose name begins so

No library besides the standard one is needed. Facts in rules/facts/python say `gil` after this table (benches/gil_classes.md).
"""

import array
import ast
import asyncio
import base64
import bz2
import collections
import copy
import csv
import decimal
import difflib
import gzip
import hashlib
import html
import io
import itertools
import json
import lzma
import marshal
import math
import pickle
import platform
import random
import re
import sqlite3
import statistics
import string
import struct
import sys
import textwrap
import time
import tokenize
import xml.etree.ElementTree as ET
import zlib

SECONDS = 0.15
"""How long one call should take, about."""

ROUNDS = 4
# Other programs delay a loop too: what looks like neither is measured again, and the least lag counts.
ROUNDS_IN_DOUBT = 16
TICK = 0.001
# A lag below this share of the call's length is no lag of the call; measured: a thread that only sleeps gives 1 to 2 %.
SHARE_HELD = 0.6
# Python code gives way after a switch interval of 5 ms; a call that releases leaves the loop within the noise of the machine.
LAG_PREEMPTED = 0.005


def text(size):
    random.seed(1)
    return "".join(random.choices(string.ascii_letters + "    \n", k=size))


def data(size):
    return text(size).encode()


def records(size):
    return [{"id": at, "name": f"name {at}", "tags": ["a", "b", "c"], "ratio": at / 7} for at in range(size)]


def loop(size):
    total = 0
    for at in range(size):
        total += at * at
    return total


def database(rows):
    connection = sqlite3.connect(":memory:", check_same_thread=False)
    connection.execute("create table t (a, b)")
    connection.executemany("insert into t values (?, ?)", ((at, str(at)) for at in range(rows)))
    return connection


def query(connection):
    return connection.execute("select count(*) from t x, t y where x.a % 7 = y.a % 11").fetchall()


def python_source(size):
    return "\n".join(f"def f{at}(a, b=1):\n    return [a + b * {at} for a in range(b) if a]" for at in range(size))


def table(rows):
    return "\n".join(f"{at},name {at},{at / 7},yes" for at in range(rows))


# Name, what makes the input of a size, the call. The size is found at run time.
CALLS = [
    ("a loop in Python", lambda n: n, loop),
    ("array.array.tobytes", lambda n: array.array("d", range(n)), lambda a: a.tobytes()),
    ("ast.parse", python_source, ast.parse),
    ("base64.b64decode", lambda n: base64.b64encode(bytes(n)), base64.b64decode),
    ("base64.b64encode", bytes, base64.b64encode),
    ("base64.b85encode", bytes, base64.b85encode),
    ("bytes.decode", lambda n: ("ä" * n).encode(), lambda b: b.decode()),
    ("bz2.compress", data, bz2.compress),
    ("bz2.decompress", lambda n: bz2.compress(data(n)), bz2.decompress),
    ("collections.Counter", text, collections.Counter),
    ("compile", python_source, lambda s: compile(s, "x", "exec")),
    ("copy.deepcopy", records, copy.deepcopy),
    ("csv.reader", table, lambda s: list(csv.reader(io.StringIO(s)))),
    ("csv.writer", lambda n: [[at, str(at)] for at in range(n)], lambda rows: csv.writer(io.StringIO()).writerows(rows)),
    ("decimal.Decimal", lambda n: n, lambda n: decimal.Context(prec=n).divide(1, 7)),
    ("difflib.unified_diff", lambda n: (text(n).split(), text(n).split()[::-1]), lambda two: list(difflib.unified_diff(*two))),
    ("gzip.compress", data, gzip.compress),
    ("hashlib.pbkdf2_hmac", lambda n: n, lambda n: hashlib.pbkdf2_hmac("sha256", b"x", b"y", max(n, 1))),
    ("hashlib.scrypt", lambda n: 2 ** max(n.bit_length() - 1, 4), lambda n: hashlib.scrypt(b"x", salt=b"y", n=n, r=8, p=1, maxmem=2**31 - 1)),
    ("hashlib.sha256", bytes, lambda b: hashlib.sha256(b).digest()),
    ("html.escape", text, html.escape),
    ("int to str", lambda n: 7**n, str),
    ("itertools.permutations", lambda n: n, lambda n: collections.deque(itertools.islice(itertools.permutations(range(20)), n), 0)),
    ("json.dumps", records, json.dumps),
    ("json.loads", lambda n: json.dumps(records(n)), json.loads),
    ("list.sort", lambda n: random.Random(1).sample(range(n), n), lambda values: values.copy().sort()),
    ("lzma.compress", data, lzma.compress),
    ("lzma.decompress", lambda n: lzma.compress(data(n)), lzma.decompress),
    ("marshal.loads", lambda n: marshal.dumps(records(n)), marshal.loads),
    ("math.factorial", lambda n: n, math.factorial),
    ("pickle.dumps", records, pickle.dumps),
    ("pickle.loads", lambda n: pickle.dumps(records(n)), pickle.loads),
    ("pow of three", lambda n: 2**n - 1, lambda n: pow(3, n, n)),
    ("re.findall", text, lambda s: re.findall(r"(\w+)\s+(\w+)", s)),
    ("re.match, backtracking", lambda n: "a" * min(n.bit_length() + 8, 34) + "b", lambda s: re.match(r"(a+)+$", s)),
    ("re.sub, a function", text, lambda s: re.sub(r"\w", lambda found: found[0], s)),
    ("set", lambda n: list(range(n)), set),
    ("sorted", lambda n: random.Random(1).sample(range(n), n), sorted),
    ("sorted, a key", lambda n: random.Random(1).sample(range(n), n), lambda values: sorted(values, key=lambda value: -value)),
    ("sqlite3.Connection.execute", lambda n: database(max(int(n**0.5), 2)), query),
    ("statistics.median", lambda n: random.Random(1).sample(range(n), n), statistics.median),
    ("str.encode", lambda n: "ä" * n, lambda s: s.encode()),
    ("str.replace", lambda n: "ab" * n, lambda s: s.replace("a", "cd")),
    ("str.split", lambda n: "ab " * n, lambda s: s.split()),
    ("struct.unpack", lambda n: bytes(8 * n), lambda b: struct.unpack(f"{len(b) // 8}q", b)),
    ("sum", lambda n: list(range(n)), sum),
    ("textwrap.wrap", text, textwrap.wrap),
    ("tokenize.generate_tokens", python_source, lambda s: list(tokenize.generate_tokens(io.StringIO(s).readline))),
    ("xml.etree.ElementTree.fromstring", lambda n: "<a>" + "<b c='d'>e</b>" * n + "</a>", ET.fromstring),
    ("xml.etree.ElementTree.tostring", lambda n: ET.fromstring("<a>" + "<b c='d'>e</b>" * n + "</a>"), ET.tostring),
    ("zlib.compress", data, zlib.compress),
    ("zlib.crc32", bytes, zlib.crc32),
    ("zlib.decompress", lambda n: zlib.compress(data(n)), zlib.decompress),
]
LARGEST = 2**28


def sized(make, call):
    """An input on which the call takes about SECONDS, found by doubling."""
    size = 8
    while True:
        given = make(size)
        begun = time.perf_counter()
        call(given)
        took = time.perf_counter() - begun
        if took >= SECONDS / 2 or size >= LARGEST:
            return given
        size *= 2 if took > SECONDS / 20 else 4


async def worst_lag(call, given):
    """Seconds by which the loop woke too late at worst, and seconds that the call took."""
    lag = 0.0
    begun = time.perf_counter()
    task = asyncio.create_task(asyncio.to_thread(call, given))
    while not task.done():
        before = time.perf_counter()
        await asyncio.sleep(TICK)
        lag = max(lag, time.perf_counter() - before - TICK)
    await task
    return lag, time.perf_counter() - begun


def classed(lag, took):
    if lag > took * SHARE_HELD:
        return "held"
    return "preempted" if lag > LAG_PREEMPTED else "released"


def measure(make, call):
    given = sized(make, call)
    least = min(asyncio.run(worst_lag(call, given)) for _ in range(ROUNDS))
    for _ in range(ROUNDS_IN_DOUBT):
        if classed(*least) != "preempted":
            break
        least = min(least, asyncio.run(worst_lag(call, given)))
    return least


def main(wanted):
    implementation = f"{platform.python_implementation()} {platform.python_version()}"
    print(f"| {implementation} | call, ms | worst lag of the loop, ms | class |\n|---|--:|--:|---|")
    sys.setrecursionlimit(10_000)
    if hasattr(sys, "set_int_max_str_digits"):
        sys.set_int_max_str_digits(0)
    for name, make, call in [("idle", lambda n: SECONDS, time.sleep), *CALLS]:
        if not wanted or any(name.startswith(prefix) for prefix in wanted):
            lag, took = measure(make, call)
            print(f"| {name} | {took * 1000:.0f} | {lag * 1000:.1f} | {classed(lag, took)} |", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
