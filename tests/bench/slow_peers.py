"""Peers that do not finish their requests, as those of a web server that does not buffer slow visitors."""
import socket, struct, threading

from fastcgi import BEGIN, PARAMS, STDIN, encoded, record

PATH = "/read"  # the module there reads the whole body
BEGINNING = record(BEGIN, struct.pack("!HB5x", 1, 1))
POST = record(PARAMS, encoded({"REQUEST_METHOD": "POST", "REQUEST_URI": PATH, "SCRIPT_NAME": PATH, "DOCUMENT_URI": PATH,
                               "QUERY_STRING": "", "CONTENT_LENGTH": "60000", "SERVER_PROTOCOL": "HTTP/1.1"}))
KINDS = {"send half a head and wait": (BEGINNING + POST[:len(POST) // 2], b""),
         "post a byte a second": (BEGINNING + POST + record(PARAMS), record(STDIN, b"x"))}
PARTS = 10  # of a second: a tenth of the peers sends at the same moment


class SlowPeers:
    """Used with `with`: all peers have connected when the block begins, and leave when it ends. A peer whose
    connection the server closes comes again, at most once a second."""

    def __init__(self, path, count, kind):
        self.path = path
        self.first, self.then = KINDS[kind]
        self.peers = [None] * count
        self.leave = threading.Event()
        self.thread = threading.Thread(target=self.send_bytes)

    def __enter__(self):
        for number in range(len(self.peers)):
            self.connect(number)
        self.thread.start()

    def __exit__(self, *_):
        self.leave.set()
        self.thread.join()
        for peer in self.peers:
            if peer:
                peer.close()

    def connect(self, number):
        self.peers[number] = peer = socket.socket(socket.AF_UNIX)
        peer.settimeout(5)
        try:
            peer.connect(self.path)
            peer.sendall(self.first)
            peer.setblocking(False)
        except OSError:
            self.peers[number] = None
            peer.close()

    def send_bytes(self):
        part = 0
        while not self.leave.wait(1 / PARTS):
            for number in range(part, len(self.peers), PARTS):
                if self.has_left(number):
                    self.connect(number)
            part = (part + 1) % PARTS

    def has_left(self, number):
        """Sends a peer's next byte. Returns true if its connection is closed."""
        peer = self.peers[number]
        try:
            if peer and self.then:
                peer.send(self.then)
            return peer is None or peer.recv(4096) == b""
        except BlockingIOError:
            return False
        except OSError:
            return True
