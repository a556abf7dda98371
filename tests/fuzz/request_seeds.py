#!/usr/bin/env python3
"""Writes seeds for request_fuzz into a folder: what web servers and hostile peers send.

usage: request_seeds.py FOLDER

A seed is four bytes of choices (see request_fuzz.cpp), then the bytes of a connection.
"""
import pathlib
import struct
import sys

BEGIN, ABORT, PARAMS, STDIN, DATA, GET_VALUES = 1, 2, 4, 5, 8, 9
COLLECT, SKIP, STREAM, MIXED = 0x00, 0xAA, 0xFF, 0xC6


def record(kind, body=b"", request=1, padding=0):
    header = struct.pack(">BBHHBB", 1, kind, request, len(body), padding, 0)
    return header + body + bytes(padding)


def begin(request=1, role=1, keep=1, padding=0):
    return record(BEGIN, struct.pack(">HB5x", role, keep), request, padding)


def length(size, long=False):
    return struct.pack(">I", size | 0x80000000) if size > 127 or long else bytes([size])


def pairs(params, long=False):
    return b"".join(length(len(k), long) + length(len(v), long) + k + v for k, v in params)


def params(path=b"/echo", **more):
    named = {k.encode(): v for k, v in more.items()}
    return list({b"REQUEST_METHOD": b"GET", b"SCRIPT_NAME": path, b"REQUEST_URI": path, b"a": b"",
                 b"REMOTE_ADDR": b"127.0.0.1", b"SERVER_PROTOCOL": b"HTTP/1.1", **named}.items())


def stream(kind, content, request=1, chunk=65535, padding=0):
    pieces = (content[i:i + chunk] for i in range(0, len(content), chunk))
    return b"".join(record(kind, piece, request, padding) for piece in pieces) + record(kind, b"", request)


def ask(path=b"/echo", body=b"", announced=None, request=1, keep=1, chunk=65535, padding=0, long=False):
    more = {"CONTENT_LENGTH": announced} if announced is not None else {}
    return (begin(request, keep=keep, padding=padding)
            + stream(PARAMS, pairs(params(path, **more), long), request, chunk, padding)
            + stream(STDIN, body, request, chunk, padding))


def smuggling():
    """The body of the second request has a whole request at byte 8192 of the connection."""
    first, inner = ask(b"/first"), ask(b"/SMUGGLED")
    head = begin() + stream(PARAMS, pairs(params(b"/second", CONTENT_LENGTH=b"20000")))
    before = b"A" * (8192 - len(first) - len(head) - 8)
    return first + head + stream(STDIN, (before + inner).ljust(20000, b"B"))


def seeds():
    names = [(b"FCGI_MAX_CONNS", b""), (b"FCGI_MAX_REQS", b""), (b"FCGI_MPXS_CONNS", b"")]
    head = begin() + stream(PARAMS, pairs(params(CONTENT_LENGTH=b"10")))
    yield "get", ask()
    yield "post", ask(body=b"hello", announced=b"5")
    yield "post_in_chunks", ask(body=b"hello" * 20, announced=b"-1", chunk=7, padding=3)
    yield "post_short", ask(body=b"abc", announced=b"10")
    yield "post_long", ask(body=b"x" * 100, announced=b"3") + ask(b"/second", request=2)
    yield "post_to_file", ask(body=b"f" * 3000, announced=b"70000")
    yield "malformed_length", ask(body=b"abc", announced=b"3 bytes")
    yield "padding", ask(padding=255, chunk=50) + ask()
    yield "long_lengths", ask(long=True)
    yield "empty_pairs", begin() + stream(PARAMS, b"\0\0" * 20) + record(STDIN)
    yield "many_pairs", begin() + stream(PARAMS, b"\0\0" * 4097) + record(STDIN)
    yield "pipelined", ask(b"/first") + ask(b"/second") + ask(b"/third", keep=0)
    yield "smuggling", smuggling()
    yield "big_lengths", begin() + record(PARAMS, struct.pack(">II", 0xBFFFFFFF, 0xBFFFFFFF) + b"AA") + record(PARAMS)
    yield "endless_params", begin() + record(PARAMS, pairs([(b"X" * 100, b"v" * 900)])) * 20
    yield "get_values", record(GET_VALUES, pairs(names), 0) + ask()
    yield "unknown_management", record(77, b"what", 0, padding=4) + ask()
    yield "abort_in_params", begin() + record(PARAMS, b"\1") + record(ABORT) + ask()
    yield "abort_in_body", head + record(STDIN, b"abc") + record(ABORT) + ask()
    yield "abort_behind", ask() + record(ABORT) + ask(b"/second")
    yield "other_role", begin(role=3) + stream(PARAMS, pairs(params())) + record(DATA, b"d") + ask()
    yield "two_at_once", begin(1) + begin(2) + stream(PARAMS, pairs(params())) + record(STDIN)
    yield "out_of_order", begin() + record(STDIN, b"x")
    yield "another_version", b"\2" + ask()[1:]


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, connection in seeds():
        for way in (COLLECT, SKIP, STREAM, MIXED):
            choices = bytes([way, 20, len(connection) % 7, 0])
            (folder / f"{name}.{way:02x}").write_bytes(choices + connection)


if __name__ == "__main__":
    main()
