"""What a round, an element or a megabyte costs on one thread of CPython, for the cost model of the cpu rules.

Run by hand: `python benches/cpu_costs.py`, on a machine that does nothing else. Prints the rows of the first table of
cpu_costs.md. Each figure is the least of several runs: what else the machine does only adds to it.
"""

import ast
import base64
import bisect
import bz2
import copy
import gzip
import hashlib
import json
import lzma
import pickle
import platform
import random
import re
import time
import xml.etree.ElementTree as ElementTree
import zlib
from collections import deque

RUNS = 5


def least(work, runs=RUNS):
    """Seconds of the quickest of several runs."""
    best = float("inf")
    for _ in range(runs):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    return best


def row(what, seconds, per, unit):
    """One line of the table: nanoseconds for small units, milliseconds for a megabyte."""
    figure = seconds / per
    shown = f"{figure * 1e9:.1f} ns" if unit != "MB" else f"{figure * 1e3:.1f} ms"
    print(f"| {what} | {shown} | {unit} |")


def records(count):
    """Like what an API takes: short texts, a random one, numbers, a nested list."""
    chance = random.Random(7)
    words = ["alpha", "beta", "gamma", "delta", "epsilon"]
    return [
        {
            "id": n,
            "name": chance.choice(words) + str(n),
            "token": f"{chance.getrandbits(160):040x}",
            "price": round(chance.random() * 100, 2),
            "tags": chance.sample(words, 3),
        }
        for n in range(count)
    ]


def loops():
    n = 1_000_000

    def empty():
        for _ in range(n):
            pass

    def added():
        total = 0
        for i in range(n):
            total += i * 2

    def called():
        for i in range(n):
            same(i)

    def same(value):
        return value

    row("round of an empty loop", least(empty), n, "round")
    row("round that adds and multiplies", least(added), n, "round")
    row("round that calls a function", least(called), n, "round")


def containers():
    n = 100_000
    numbers = list(range(n))
    texts = [f"name-{i}" for i in numbers]
    row("`in` a list of numbers, not there", least(lambda: -1 in numbers), n, "element")
    row("`in` a list of texts, not there", least(lambda: "other" in texts), n, "element")
    as_set = set(texts)
    row("`in` a set", least(lambda: ["other" in as_set for _ in range(n)]), n, "call")

    def popped():
        left = list(numbers)
        for _ in range(1000):
            left.pop(0)

    def popped_left():
        left = deque(numbers)
        for _ in range(1000):
            left.popleft()

    row("`list.pop(0)` of 100,000 elements", least(popped) - least(lambda: list(numbers)), 1000 * n, "element")
    row("`deque.popleft`", max(least(popped_left) - least(lambda: deque(numbers)), 0), 1000, "call")
    chance = random.Random(7)
    shuffled = chance.sample(numbers, n)
    words = chance.sample(texts, n)
    row("`sorted` of 100,000 numbers", least(lambda: sorted(shuffled)), n, "element")
    row("`sorted` of 100,000 texts", least(lambda: sorted(words)), n, "element")
    row("`bisect`", least(lambda: [bisect.bisect(numbers, i) for i in range(n)]), n, "call")


def megabytes():
    data = records(11_000)
    text = json.dumps(data)
    raw = text.encode()
    size = len(raw) / 1e6
    row("`json.loads`", least(lambda: json.loads(text)), size, "MB")
    row("`json.dumps`", least(lambda: json.dumps(data)), size, "MB")
    pickled = pickle.dumps(data)
    row("`pickle.loads`", least(lambda: pickle.loads(pickled)), len(pickled) / 1e6, "MB")
    row("`pickle.dumps`", least(lambda: pickle.dumps(data)), len(pickled) / 1e6, "MB")
    row("`copy.deepcopy` of what `json.loads` gives", least(lambda: copy.deepcopy(data), 2), size, "MB")
    xml = "<all>" + "".join(f"<one id='{one['id']}'><name>{one['name']}</name></one>" for one in data) + "</all>"
    row("`ElementTree.fromstring`", least(lambda: ElementTree.fromstring(xml)), len(xml) / 1e6, "MB")
    code = "\n".join(f"name_{n} = call({n}, 'text', key=[{n}, {n + 1}])" for n in range(5000))
    row("`ast.parse`", least(lambda: ast.parse(code), 2), len(code) / 1e6, "MB")
    row("`gzip.compress`, level 9", least(lambda: gzip.compress(raw)), size, "MB")
    row("`zlib.compress`, level 6", least(lambda: zlib.compress(raw)), size, "MB")
    packed = zlib.compress(raw)
    row("`zlib.decompress`, for each MB that comes out", least(lambda: zlib.decompress(packed)), size, "MB")
    row("`bz2.compress`", least(lambda: bz2.compress(raw), 2), size, "MB")
    row("`lzma.compress`", least(lambda: lzma.compress(raw), 2), size, "MB")
    row("`hashlib.sha256`", least(lambda: hashlib.sha256(raw).digest()), size, "MB")
    row("`hashlib.md5`", least(lambda: hashlib.md5(raw).digest()), size, "MB")
    row("`base64.b64encode`", least(lambda: base64.b64encode(raw)), size, "MB")
    word = re.compile(r"\b\w+@\w+\.com\b")
    row("`re.findall` of a word's form, nothing found", least(lambda: word.findall(text)), size, "MB")
    plain = re.compile(r"zzz[0-9]+")
    row("`re.search` of a fixed beginning, nothing found", least(lambda: plain.search(text)), size, "MB")
    libraries(raw, text)


def libraries(raw, text):
    """Libraries that are there."""
    try:
        import yaml

        part = yaml.safe_dump(json.loads(text)[:300])
        row("`yaml.safe_load`", least(lambda: yaml.safe_load(part), 1), len(part) / 1e6, "MB")
    except ImportError:
        pass
    try:
        import orjson

        row("`orjson.loads`", least(lambda: orjson.loads(raw)), len(raw) / 1e6, "MB")
    except ImportError:
        pass
    page = "<html><body>" + "<p class='a'>one <b>two</b> <a href='/x'>three</a></p>" * 4000 + "</body></html>"
    try:
        import lxml.html

        row("`lxml.html.fromstring`", least(lambda: lxml.html.fromstring(page)), len(page) / 1e6, "MB")
    except ImportError:
        pass
    try:
        import bs4

        row("`bs4.BeautifulSoup`, html.parser", least(lambda: bs4.BeautifulSoup(page, "html.parser"), 1), len(page) / 1e6, "MB")
    except ImportError:
        pass
    try:
        import markdown

        note = "# Title\n\nSome *words* and `code`.\n\n- one\n- two\n\n" * 500
        row("`markdown.markdown`", least(lambda: markdown.markdown(note), 1), len(note) / 1e6, "MB")
    except ImportError:
        pass


if __name__ == "__main__":
    print(f"CPython {platform.python_version()}\n")
    print("| what | cost | for each |\n|---|---|---|")
    loops()
    containers()
    megabytes()
