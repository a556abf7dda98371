#!/usr/bin/env python3
"""Fails when apps/README.md and the project beside this script say different things.

A fenced block that is preceded by a line `<!-- file: hello.cpp -->` must be that file, byte by byte.
Every block needs such a line, but for those marked `text`: they show what is seen, not what is
written. Every file of the project must be quoted.

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
    """What to put right about one quote; nothing when it is faithful."""
    file = project / name
    if not file.is_file():
        return f"quotes {name}, which is not in {project}\n"
    real = file.read_text(encoding="utf-8").splitlines(keepends=True)
    return "".join(difflib.unified_diff(content, real, f"quote of {name}", str(file)))


def files_of(project):
    """The project's own files; folders that a build or a server made are not."""
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
            text = "" if language == "text" else "a block without a <!-- file: ... --> line\n"
        if text:
            wrong.append(f"{readme}:{number}: {text}")
    for name in files_of(project):
        if name not in quoted:
            wrong.append(f"{readme}: does not quote {name}\n")
    if not quoted:
        wrong.append(f"{readme}: quotes nothing\n")

    sys.stderr.write("".join(wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
