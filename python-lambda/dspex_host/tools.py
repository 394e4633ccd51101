"""Tools that are carried out where they are declared, with arguments checked there."""

import asyncio
from concurrent.futures import Future
from typing import Any

import dspy

from .call import current
from .failures import Failed, failure_of
from .values import to_json


class AskedTool(dspy.Tool):
    """DSPy would check the arguments first and show a model the traceback of what went wrong; dspex says what it was."""

    def __call__(self, **kwargs: Any) -> Any:
        try:
            return self._ask(kwargs).result()["observation"]
        except Exception as error:  # noqa: BLE001: what a tool failed with is an observation
            return self._observed(error)

    async def acall(self, **kwargs: Any) -> Any:
        try:
            return (await asyncio.wrap_future(self._ask(kwargs)))["observation"]
        except Exception as error:  # noqa: BLE001: as above
            return self._observed(error)

    def _ask(self, args: dict) -> "Future[Any]":
        call = current()
        if call is None:
            raise Failed("Internal", "a tool is called outside of any operation")
        return call.ask("tool", {"name": self.name, "args": to_json(args)})

    def _observed(self, error: Exception) -> str:
        failure = failure_of(error)
        if failure["name"] in ("Cancelled", "Internal"):
            raise error
        return f"Execution error in {self.name}: {failure['message']}"


def asked_tool(spec: dict) -> AskedTool:
    """`{name, description, parameters}`: parameters a JSON Schema of the arguments."""

    def carried_out_elsewhere(**_: Any) -> None:
        return None

    args = spec["parameters"].get("properties", {})
    tool = AskedTool(carried_out_elsewhere, name=spec["name"], desc=spec["description"], args=args, arg_types={})
    tool.desc = spec["description"] or None
    return tool
