#!/usr/bin/env python3
"""tidy.py CLANG_TIDY BUILD_FOLDER: fails when clang-tidy finds anything in the container.

The checks are those of .clang-tidy. Most of the time goes into the headers of the standard library,
so files with the same flags are checked a dozen at a time, as one source that includes them. Files that
cannot be compiled together, because two of them use one name for two things, are checked apart.
"""
import collections
import concurrent.futures
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

AT_ONCE = 12
UNKNOWN_TO_CLANG = {"-fno-gnu-unique"}  # options of g++ that are errors to clang


def flags_of(entry):
    """The directory and the options of a command, without the launcher, the file and the output."""
    words = shlex.split(entry["command"])
    words = words[next(i for i, word in enumerate(words) if word.startswith("-")):]
    words = words[:words.index("-o")]
    return entry["directory"], *[word for word in words if word not in UNKNOWN_TO_CLANG]


def groups_in(build):
    """Lists of files, each list with the flags that its files have in common."""
    with open(build / "compile_commands.json", encoding="utf-8") as file:
        flags = {entry["file"]: flags_of(entry) for entry in reversed(json.load(file))}
    groups = collections.defaultdict(list)
    for file in sorted(map(str, pathlib.Path("container").absolute().rglob("*.cpp"))):
        if file not in flags:
            sys.exit(f"{file}: no target compiles it, so nothing is known of its flags")
        groups[flags[file]].append(file)
    for common, files in groups.items():
        parts = -(-len(files) // AT_ONCE)
        for part in range(parts):
            yield common, files[len(files) * part // parts:len(files) * (part + 1) // parts]


def apart(files, output):
    """Two halves of a list that cannot be compiled together: those with errors, and the others."""
    wrong = [file for file in files if f"{file}:" in output]
    right = [file for file in files if file not in wrong]
    return (right, wrong) if wrong and right else (files[::2], files[1::2])


def check(tidy, common, files):
    """Returns what clang-tidy says of the files, empty if it finds nothing."""
    directory, *flags = common
    with tempfile.TemporaryDirectory() as folder:
        source = os.path.join(folder, "together.cpp")
        with open(source, "w", encoding="utf-8") as file:
            file.writelines(f'#include "{each}"\n' for each in files)
        done = subprocess.run(
            [tidy, "--quiet", f"--config-file={os.path.abspath('.clang-tidy')}", source, "--", *flags,
             "-Wno-unknown-warning-option",
             "-Wno-shadow"],  # counts names of the other files; g++ looks at each file
            cwd=directory, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode == 0:
        return ""
    if len(files) > 1 and re.search(r"\[clang-diagnostic-error", done.stdout):
        return "".join(check(tidy, common, part) for part in apart(files, done.stdout))
    return done.stdout or f"{tidy} exited with {done.returncode}\n"


def main():
    tidy, build = sys.argv[1], pathlib.Path(sys.argv[2])
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        findings = "".join(pool.map(lambda group: check(tidy, *group), groups_in(build)))
    sys.stdout.write(findings)
    sys.exit(1 if findings else 0)


main()
