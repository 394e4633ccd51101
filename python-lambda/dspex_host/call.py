"""What an operation may do while it runs: tell how far it is, and ask a model."""

from collections.abc import Callable
from concurrent.futures import Future
from contextvars import ContextVar
from typing import Any, Protocol


class Call(Protocol):
    def progress(self, value: Any) -> None:
        """Tells the caller something (JSON) before the result."""

    def ask(self, kind: str, request: dict) -> "Future[Any]":
        """Asks the caller: `lm` the gateway, `tool`, `reward`. The future holds an answer, or raises with a `failure`."""


Operation = Callable[[dict, Call], Any]

# A door runs one operation at a time, so threads that know no context (a program's own) find the call here too.
_current: list[Call] = []
_in_context: ContextVar[Call | None] = ContextVar("dspex_call", default=None)


class running:
    """`with running(call):` makes it the current one."""

    def __init__(self, call: Call):
        self._call = call

    def __enter__(self) -> Call:
        _current.append(self._call)
        self._token = _in_context.set(self._call)
        return self._call

    def __exit__(self, *_: object) -> None:
        _in_context.reset(self._token)
        _current.remove(self._call)


def current() -> Call | None:
    return _in_context.get() or (_current[-1] if _current else None)
