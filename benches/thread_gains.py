"""Measures what a thread gains for each class of benches/gil_classes.py, and what the loop pays.

One call of each class runs twice: one after the other, in two threads, in two processes. The speed-up is the time of the first over
that of the others, the best of several rounds. The lag is by how much a loop, which sleeps a millisecond at a time meanwhile, wakes too
late at worst while one thread makes the call, and while four do: the least over several rounds, since other programs delay a loop too.

    python benches/thread_gains.py            a table on standard output

No library besides the standard one is needed. The table stands in benches/thread_gains.md.
"""

import asyncio
import concurrent.futures
import hashlib
import json
import platform
import time

ROUNDS = 5
TICK = 0.001
TEXT = json.dumps([{"id": at, "name": f"name {at}", "ratio": at / 7} for at in range(60_000)])
DATA = bytes(100_000_000)


def loop_in_python():
    total = 0
    for one in range(1_500):
        for other in range(1_500):
            total += one * other
    return total


def held():
    return len(json.loads(TEXT))


def released():
    return hashlib.sha256(DATA).hexdigest()


CLASSES = [("preempted", "two loops of 1,500 rounds", loop_in_python), ("held", "json.loads of 3 MB", held), ("released", "hashlib.sha256 of 100 MB", released)]


def timed(run):
    begun = time.perf_counter()
    run()
    return time.perf_counter() - begun


def pooled(pool, call):
    return timed(lambda: [future.result() for future in [pool.submit(call), pool.submit(call)]])


async def lag(call, threads):
    worst = 0.0
    loop = asyncio.get_running_loop()
    with concurrent.futures.ThreadPoolExecutor(threads) as pool:
        tasks = [loop.run_in_executor(pool, call) for _ in range(threads)]
        while not all(task.done() for task in tasks):
            before = time.perf_counter()
            await asyncio.sleep(TICK)
            worst = max(worst, time.perf_counter() - before - TICK)
    return worst


def main():
    implementation = f"{platform.python_implementation()} {platform.python_version()}"
    print(f"| {implementation} | one call, ms | speed-up by two threads | by two processes | lag beside one thread, ms | beside four, ms |")
    print("|---|--:|--:|--:|--:|--:|")
    with concurrent.futures.ThreadPoolExecutor(2) as threads, concurrent.futures.ProcessPoolExecutor(2) as processes:
        for name, what, call in CLASSES:
            pooled(processes, call)
            rounds = range(ROUNDS)
            one = min(timed(call) for _ in rounds)
            apart = min(timed(lambda: (call(), call())) for _ in rounds)
            in_threads = min(pooled(threads, call) for _ in rounds)
            in_processes = min(pooled(processes, call) for _ in rounds)
            lags = [min(asyncio.run(lag(call, count)) for _ in rounds) for count in (1, 4)]
            figures = [f"{one * 1000:.0f}", f"{apart / in_threads:.1f}", f"{apart / in_processes:.1f}"]
            figures += [f"{one * 1000:.0f}" for one in lags]
            print(f"| {name}: {what} | " + " | ".join(figures) + " |", flush=True)


if __name__ == "__main__":
    main()
