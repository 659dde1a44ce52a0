"""Measures what a thread gains for each class of benches/gil_classes.py, and what the loop pays.

One call of each class runs twice at the same time, in two threads and in two processes. The cores in use are the processor time of both
calls over the time by the clock, the most of several rounds: one core means that they took turns. The lag is by how much a loop, which
sleeps a millisecond at a time meanwhile, wakes too late at worst while one thread makes the call, and while four do: the least over
several rounds. Other programs slow all of it down, which neither the most of the one nor the least of the other shows.

    python benches/thread_gains.py            a table on standard output

No library besides the standard one is needed. Tables stand in benches/thread_gains.md.
"""

import asyncio
import concurrent.futures
import hashlib
import json
import platform
import time

ROUNDS = 20
ROUNDS_OF_CORES = 60
TICK = 0.001
TEXT = json.dumps([{"id": at, "name": f"name {at}", "ratio": at / 7} for at in range(60_000)])
DATA = bytes(100_000_000)


def loop_in_python():
    total = 0
    for one in range(1_000):
        for other in range(1_000):
            total += one * other
    return total


def held():
    return len(json.loads(TEXT))


def released():
    return hashlib.sha256(DATA).hexdigest()


CLASSES = [
    ("preempted: two loops of 1,000 rounds", loop_in_python),
    ("held: json.loads of 3 MB", held),
    ("released: hashlib.sha256 of 100 MB", released),
]


def processor_time(call):
    begun = time.thread_time()
    call()
    return time.thread_time() - begun


def cores(pool, call):
    begun = time.perf_counter()
    spent = sum(future.result() for future in [pool.submit(processor_time, call), pool.submit(processor_time, call)])
    return spent / (time.perf_counter() - begun)


async def lag(call, threads):
    worst = 0.0
    loop = asyncio.get_running_loop()
    with concurrent.futures.ThreadPoolExecutor(threads) as pool:
        # A call may begin, and keep the GIL, before it has been handed over altogether.
        before = time.perf_counter()
        tasks = [loop.run_in_executor(pool, call) for _ in range(threads)]
        while not all(task.done() for task in tasks):
            await asyncio.sleep(TICK)
            worst = max(worst, time.perf_counter() - before - TICK)
            before = time.perf_counter()
    return worst


def main():
    implementation = f"{platform.python_implementation()} {platform.python_version()}"
    print(f"| {implementation} | one call, ms | cores used by two threads | by two processes | lag beside one thread, ms | beside four, ms |")
    print("|---|--:|--:|--:|--:|--:|")
    with concurrent.futures.ThreadPoolExecutor(2) as threads, concurrent.futures.ProcessPoolExecutor(2) as processes:
        for name, call in CLASSES:
            one = min(processor_time(call) for _ in range(ROUNDS))
            used = [max(cores(pool, call) for _ in range(ROUNDS_OF_CORES)) for pool in (threads, processes)]
            lags = [min(asyncio.run(lag(call, count)) for _ in range(ROUNDS)) for count in (1, 4)]
            figures = [f"{one * 1000:.0f}", *(f"{of:.1f}" for of in used), *(f"{of * 1000:.0f}" for of in lags)]
            print(f"| {name} | " + " | ".join(figures) + " |", flush=True)


if __name__ == "__main__":
    main()
