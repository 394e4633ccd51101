"""The local door: a long-lived process that serves one call at a time over descriptor 3.

In:  {"id", "operation", "payload"} | {"id", "cancel": true} | {"id", "ask", "answer"} | {"id", "ask", "failure"}
Out: {"ready": {...}} | {"id", "begun": true} | {"id", "progress"} | {"id", "ask", "kind", "request"} | {"id", "result", "rss"} | {"id", "failure", "rss"}
"""

import os
import queue
import sys
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import Any

from . import host
from .call import Operation
from .channel import Channel
from .failures import Failed
from .memory import resident_bytes

DESCRIPTOR = 3


class GivenFailure(Exception):
    """A failure the other side sent."""

    def __init__(self, failure: dict):
        super().__init__(failure.get("message", ""))
        self.failure = failure


class WorkerCall:
    def __init__(self, channel: Channel, call_id: int):
        self._channel = channel
        self._id = call_id
        self._lock = threading.Lock()
        self._asked: dict[int, Future] = {}
        self._next = 0
        self._cancelled = False

    def progress(self, value: Any) -> None:
        self._channel.send({"id": self._id, "progress": value})

    def ask(self, kind: str, request: dict) -> "Future[Any]":
        future: Future[Any] = Future()
        with self._lock:
            if self._cancelled:
                raise Failed("Cancelled", "the call was cancelled")
            self._next += 1
            asked = self._next
            self._asked[asked] = future
        self._channel.send({"id": self._id, "ask": asked, "kind": kind, "request": request})
        return future

    def answered(self, message: dict) -> None:
        with self._lock:
            future = self._asked.pop(message["ask"], None)
        if future is None:
            return
        if "failure" in message:
            future.set_exception(GivenFailure(message["failure"]))
        else:
            future.set_result(message["answer"])

    def cancel(self) -> None:
        with self._lock:
            self._cancelled = True
            waiting, self._asked = list(self._asked.values()), {}
        for future in waiting:
            future.set_exception(Failed("Cancelled", "the call was cancelled"))


def serve(operations: Mapping[str, "str | Operation"], prepare: Callable[[], dict]) -> None:
    """Serves until the other side goes. `prepare` does the slow imports, before `ready` is said."""
    channel = Channel(DESCRIPTOR)
    quiet_standard_output()
    die_with_parent()
    calls: "queue.SimpleQueue[dict]" = queue.SimpleQueue()
    active: dict[int, WorkerCall] = {}

    def read() -> None:
        for message in channel.messages():
            call = active.get(message.get("id", -1))
            if "operation" in message:
                active[message["id"]] = WorkerCall(channel, message["id"])
                calls.put(message)
            elif call is not None and "ask" in message:
                call.answered(message)
            elif call is not None and message.get("cancel"):
                call.cancel()
        # Nobody is left to answer: not even a hanging operation may keep the process.
        os._exit(0)

    threading.Thread(target=read, name="dspex-channel", daemon=True).start()
    channel.send({"ready": {**prepare(), "pid": os.getpid(), "rss": resident_bytes()}})
    # Operations run on the main thread: DSPy lets only one thread configure it.
    while True:
        message = calls.get()
        call_id = message["id"]
        # Until here nothing of it was done: whoever waits may ask another process.
        channel.send({"id": call_id, "begun": True})
        outcome = host.run(operations, message["operation"], message.get("payload", {}), active[call_id])
        del active[call_id]
        answer(channel, call_id, outcome)


def answer(channel: Channel, call_id: int, outcome: dict) -> None:
    try:
        channel.send({"id": call_id, **outcome, "rss": resident_bytes()})
    except (TypeError, ValueError, RecursionError) as error:
        failure = Failed("Python.Raised", f"the result is no JSON: {error}", {"type": type(error).__name__}).failure
        channel.send({"id": call_id, "failure": failure, "rss": resident_bytes()})


def quiet_standard_output() -> None:
    """What code prints goes where its errors go: DSPy prints too, and nobody reads standard output here."""
    sys.stdout.flush()
    os.dup2(2, 1)
    sys.stdout = sys.stderr


def die_with_parent() -> None:
    """On Linux the kernel ends this process with its parent, even while it hangs in foreign code."""
    if sys.platform != "linux":
        return
    try:
        import ctypes

        ctypes.CDLL(None).prctl(1, 9)
    except Exception:  # noqa: BLE001: the end of the channel says the same, a little later
        pass


def prepare() -> dict:
    from .dspy_setup import set_up

    return set_up()


if __name__ == "__main__":
    from .operations import OPERATIONS

    serve(OPERATIONS, prepare)
