#!/usr/bin/env python3
"""Checks that every path in rules/facts/python exists in the library that it names.

Makes an environment outside the repository, installs the pinned versions of requirements.txt into it and unpacks those
of requirements-source.txt beside it; imports what a path names and asks for its attributes, or, for a library that was only
unpacked, reads its source. Prints what does not resolve; exit code 1 if anything does not. It needs the network, so it is run
by hand; `--write` records its result in the `checked` field of each fact file.
"""

import argparse
import concurrent.futures
import datetime
import hashlib
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import tomllib
import venv
import zipfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
FACTS = ROOT / "rules" / "facts" / "python"
# Importing a large library takes its time; a library that hangs on import must not hang the check.
SECONDS_A_FILE = 300


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="fact files without .toml; all if none is given")
    parser.add_argument("--environment", type=pathlib.Path, help="folder to install into and to use again; a temporary one if left out")
    parser.add_argument("--write", action="store_true", help="write the `checked` field of each file in which all resolves")
    arguments = parser.parse_args()
    if arguments.environment is None:
        with tempfile.TemporaryDirectory() as folder:
            return run(pathlib.Path(folder), arguments)
    return run(arguments.environment.resolve(), arguments)


def run(environment, arguments):
    if environment.is_relative_to(ROOT):
        sys.exit(f"{environment} is inside the repository")
    files = sorted(FACTS.glob("*.toml"))
    if arguments.names:
        files = [FACTS / f"{name}.toml" for name in arguments.names]
        missing = [str(file) for file in files if not file.exists()]
        if missing:
            sys.exit(f"no such fact file: {', '.join(missing)}")
    install(environment)
    wrong = 0
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for file, found in zip(files, pool.map(lambda file: resolve(environment, file), files)):
            for problem in found["problems"]:
                print(f"{file.relative_to(ROOT)}: {problem}")
            wrong += len(found["problems"])
            if arguments.write and not found["problems"] and found["checked"]:
                write(file, found["checked"])
    print(f"{len(files)} files, {wrong} problems")
    return 1 if wrong else 0


def install(environment):
    """Installs and unpacks what the requirement files pin, unless the folder holds just that already."""
    pins = {name: HERE / name for name in ("requirements.txt", "requirements-source.txt")}
    want = hashlib.sha256(b"".join(file.read_bytes() for file in pins.values())).hexdigest()
    stamp = environment / "stamp"
    if stamp.exists() and stamp.read_text() == want:
        return
    venv.create(environment / "venv", with_pip=True)
    python = environment / "venv" / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", "-r", pins["requirements.txt"]], check=True)
    wheels, source = environment / "wheels", environment / "source"
    for line in pins["requirements-source.txt"].read_text().splitlines():
        if line.startswith("#"):
            continue
        pin, _, wheel = line.partition("  # ")
        if pin:
            target = dict(part.split("=") for part in wheel.split()) or {}
            command = [python, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:", "-d", wheels]
            command += ["--platform", target.get("platform", "any"), "--python-version", target.get("python", "3.11"), pin]
            subprocess.run(command, check=True)
    for wheel in wheels.glob("*.whl"):
        with zipfile.ZipFile(wheel) as archive:
            # What is compiled is not read.
            wanted = [name for name in archive.namelist() if name.endswith((".py", ".pyi", "/METADATA"))]
            archive.extractall(source, wanted)
    (environment / "distributions.json").unlink(missing_ok=True)
    stamp.write_text(want)


def resolve(environment, file):
    command = [environment / "venv" / "bin" / "python", HERE / "resolve.py", file, environment / "source"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS_A_FILE, cwd=environment)
    except subprocess.TimeoutExpired:
        return {"problems": [f"not done after {SECONDS_A_FILE} s"], "checked": ""}
    # Libraries print as they are imported: the answer is the last line.
    if done.returncode or not done.stdout.strip():
        return {"problems": [f"exit code {done.returncode}: {done.stderr.strip()[-500:]}"], "checked": ""}
    return json.loads(done.stdout.strip().splitlines()[-1])


def write(file, checked):
    text = file.read_text()
    today = datetime.datetime.now(datetime.UTC).date()
    old = tomllib.loads(text)["library"].get("checked", "")
    # A date changes only with what was checked.
    if old.rpartition(", ")[0] == checked:
        return
    text, count = re.subn(r'(?m)^checked = ".*"$', f'checked = "{checked}, {today}"', text, count=1)
    if not count:
        sys.exit(f"{file}: no line `checked = \"...\"`")
    file.write_text(text)


if __name__ == "__main__":
    sys.exit(main())
