"""One operation, from its name to a result or a failure: the same behind every door."""

import importlib
from collections.abc import Mapping

from .call import Call, Operation, running
from .failures import Failed, failure_of


def run(operations: Mapping[str, "str | Operation"], name: str, payload: dict, call: Call) -> dict:
    """`{"result": {...}}` or `{"failure": {...}}`; never raises but for the end of the process."""
    try:
        with running(call):
            return {"result": find(operations, name)(payload, call)}
    except (SystemExit, KeyboardInterrupt) as error:
        return {"failure": failure_of(RuntimeError(f"the code asked to end the process ({type(error).__name__} {error})"))}
    except BaseException as error:  # noqa: BLE001: whatever user code raises is its failure, not the host's
        return {"failure": failure_of(error)}


def find(operations: Mapping[str, "str | Operation"], name: str) -> Operation:
    """An entry is a function, or `module:function`, imported when it is asked for."""
    entry = operations.get(name)
    if entry is None:
        raise Failed("Module.Unsupported", f'no operation "{name}": there are {", ".join(sorted(operations))}')
    if callable(entry):
        return entry
    module, _, function = entry.partition(":")
    return getattr(importlib.import_module(module), function)
