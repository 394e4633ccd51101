"""JSON lines over one descriptor that nobody prints to."""

import json
import socket
import threading
from collections.abc import Iterator


class Channel:
    """Reads and writes one JSON value a line. Writing is safe from any thread."""

    def __init__(self, descriptor: int):
        self._socket = socket.socket(fileno=descriptor)
        # A process that the user's code starts must not hold the line open.
        self._socket.set_inheritable(False)
        self._socket.setblocking(True)
        self._reader = self._socket.makefile("rb")
        self._lock = threading.Lock()

    def send(self, message: dict) -> None:
        """Raises ValueError or TypeError for what JSON cannot say (NaN, foreign objects), before a byte is sent."""
        # ASCII with escapes: half a surrogate pair, which Python strings may hold, has no UTF-8.
        data = json.dumps(message, allow_nan=False, separators=(",", ":")).encode("ascii") + b"\n"
        with self._lock:
            self._socket.sendall(data)

    def messages(self) -> Iterator[dict]:
        """Ends when the other side is gone."""
        try:
            for line in self._reader:
                yield json.loads(line)
        except OSError:
            return
