#!/usr/bin/env python3
"""Fails when apps/README.md and the project beside this script differ.

A fenced block after a line `<!-- file: hello.cpp -->` must be equal to that file, byte by byte. Each
block needs such a line, except blocks marked `text` (what a terminal shows) and `log` (what Shoal
logs). Each file of the project must be quoted.

    quotes.py [README [PROJECT]]
"""

import difflib
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
MARKER = re.compile(r"<!-- file: (\S+) -->")
FENCE = re.compile(r"```(\w*)")


def blocks_of(lines):
    """Yields (line number, file name or None, language, content) of each fenced block."""
    name = None
    rows = iter(enumerate(lines, start=1))
    for number, line in rows:
        marker, fence = MARKER.fullmatch(line), FENCE.fullmatch(line)
        if fence:
            content = []
            for _, inner in rows:
                if inner == "```":
                    break
                content.append(inner + "\n")
            else:
                raise SystemExit(f"line {number}: this block never ends")
            yield number, name, fence.group(1), content
        if marker or line:
            name = marker.group(1) if marker else None


def difference(name, project, content):
    """Returns the difference between a quotation and its file; empty when they are equal."""
    file = project / name
    if not file.is_file():
        return f"quotes {name}, which {project} does not have\n"
    real = file.read_text(encoding="utf-8").splitlines(keepends=True)
    return "".join(difflib.unified_diff(content, real, f"quotation of {name}", str(file)))


def files_of(project):
    """Yields the files of the project, without those that a build or a server has made."""
    made = ("apps", "build", "run", "__pycache__")
    for file in sorted(project.rglob("*")):
        name = file.relative_to(project)
        if file.is_file() and name.parts[0] not in made and name.name != pathlib.Path(__file__).name:
            yield name.as_posix()


def main():
    arguments = [pathlib.Path(argument) for argument in sys.argv[1:]]
    readme = arguments[0] if arguments else HERE.parents[2] / "apps" / "README.md"
    project = arguments[1] if len(arguments) > 1 else HERE

    wrong, quoted = [], set()
    for number, name, language, content in blocks_of(readme.read_text(encoding="utf-8").splitlines()):
        if name:
            quoted.add(name)
            text = difference(name, project, content)
        else:
            text = "" if language in ("text", "log") else "a block without a <!-- file: ... --> line\n"
        if text:
            wrong.append(f"{readme}:{number}: {text}")
    for name in files_of(project):
        if name not in quoted:
            wrong.append(f"{readme}: does not quote {name}\n")
    if not quoted:
        wrong.append(f"{readme}: quotes no file\n")

    sys.stderr.write("".join(wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
