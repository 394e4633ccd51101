"""Why an operation failed, in the names dspex knows: lib/base/failure.ts is the list."""

import os
import sys
import traceback

RETRYABLE = {"Output.Invalid", "Model.Throttled", "Model.Transient", "Step.Timeout"}


class Failed(Exception):
    """An operation's own failure, by name."""

    def __init__(self, name: str, message: str, details: dict | None = None):
        super().__init__(message)
        self.failure = {"name": name, "message": message, "retryable": name in RETRYABLE}
        if details is not None:
            self.failure["details"] = details


def failure_of(error: BaseException) -> dict:
    """Any exception as a failure. What carries one is itself; what code raised is `Python.Raised` with its class and place."""
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        failure = getattr(current, "failure", None)
        if isinstance(failure, dict) and isinstance(failure.get("name"), str):
            return failure
        if type(current).__name__ == "AdapterParseError":
            return {"name": "Output.Invalid", "message": str(current), "retryable": True}
        current = current.__cause__
    return {
        "name": "Python.Raised",
        "message": f"{type(error).__name__}: {error}",
        "retryable": False,
        "details": {"type": type(error).__name__, "at": place_of(error)},
    }


def place_of(error: BaseException) -> list[str]:
    """The innermost frames as `file:line function`, outermost first; files as they are imported, not where they lie."""
    frames = traceback.extract_tb(error.__traceback__)[-5:]
    return [f"{imported_as(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames]


def imported_as(path: str) -> str:
    folders = [folder.rstrip(os.sep) + os.sep for folder in sys.path if folder]
    return path[max((len(folder) for folder in folders if path.startswith(folder)), default=0) :]
