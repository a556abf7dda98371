#!/usr/bin/env python3
"""Fails when the hash in shoal/abi.hpp is not that of the SDK's public headers.

The container refuses modules whose hash differs. Comments, white space and the line of the constant
itself do not count. With --write, updates the constant.

    headers_hash.py [--write] [HEADERS]
"""

import hashlib
import pathlib
import re
import sys

HEADERS = pathlib.Path(__file__).resolve().parents[3] / "container" / "sdk" / "include" / "shoal"
CONSTANT = re.compile(r'^#define SHOAL_ABI_HEADERS "([^"]*)"$', re.MULTILINE)
# Literals first, since `//` in a literal does not begin a comment.
TOKEN = re.compile(r'("(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])\')|//[^\n]*|/\*.*?\*/|\s+', re.DOTALL)


def bare(text):
    """Returns the text without comments and white space. Literals stay as they are."""
    return TOKEN.sub(lambda token: token.group(1) or "", text)


def hash_of(headers):
    digest = hashlib.sha256()
    for header in sorted(headers.glob("*.hpp")):
        text = CONSTANT.sub("", header.read_text(encoding="utf-8"))
        digest.update(f"{header.name}\0{bare(text)}\0".encode())
    return digest.hexdigest()[:16]


def main():
    arguments = sys.argv[1:]
    write = "--write" in arguments
    folders = [argument for argument in arguments if argument != "--write"]
    headers = pathlib.Path(folders[0]) if folders else HEADERS

    file = headers / "abi.hpp"
    text = file.read_text(encoding="utf-8")
    found = CONSTANT.search(text)
    if not found:
        sys.stderr.write(f"{file}: has no line `#define SHOAL_ABI_HEADERS \"...\"`\n")
        return 1
    right = hash_of(headers)
    if found.group(1) == right:
        return 0
    if write:
        file.write_text(text[: found.start(1)] + right + text[found.end(1) :], encoding="utf-8")
        return 0
    sys.stderr.write(
        f"{file}: SHOAL_ABI_HEADERS is {found.group(1)}, but the public headers have changed; "
        f'write "{right}", or run tests/unit/elf/headers_hash.py --write\n'
    )
    return 1


if __name__ == "__main__":
    sys.exit(main())
