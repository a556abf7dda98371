"""Asks a FastCGI server over its Unix socket."""
import socket, struct

BEGIN, END, PARAMS, STDIN, STDOUT = 1, 3, 4, 5, 6


def record(kind, content=b""):
    return struct.pack("!BBHHBx", 1, kind, 1, len(content), 0) + content


def encoded(params):
    return b"".join(struct.pack("!BI", len(name), len(value) | 1 << 31) + name.encode() + value.encode()
                    for name, value in params.items())


def ask(path, params):
    """Returns the body of one FastCGI answer, got over a connection of its own."""
    with socket.socket(socket.AF_UNIX) as peer:
        peer.settimeout(30)
        peer.connect(path)
        peer.sendall(record(BEGIN, struct.pack("!HB5x", 1, 0)) + record(PARAMS, encoded(params)) +
                     record(PARAMS) + record(STDIN))
        stream, out = peer.makefile("rb"), b""
        while True:
            head = stream.read(8)
            if len(head) < 8:
                raise ConnectionError("the answer is incomplete: the connection was closed")
            _, kind, _, length, padding = struct.unpack("!BBHHBx", head)
            content = stream.read(length + padding)[:length]
            if kind == STDOUT:
                out += content
            if kind == END:
                return out.partition(b"\r\n\r\n")[2].decode()
