"""A function of a user's package as a tool: what a model is told of it, and a call."""

import asyncio
import inspect
from typing import Any

import dspy

from ..adopted import configured
from ..call import Call
from ..entries import imported, named, refused, told
from ..packages import use_package
from ..values import to_json


def describe_tool(payload: dict, call: Call) -> dict:
    """`{package, entry}` -> `{name, description, parameters}`; throws Input.Invalid for what is no tool."""
    tool = tool_of(payload, call)
    properties = {name: schema for name, schema in (tool.args or {}).items() if name not in open_ended(tool.func)}
    required = [name for name, schema in properties.items() if "default" not in schema]
    parameters = {"type": "object", "properties": to_json(properties), "required": required}
    if tool.has_kwargs:
        parameters["additionalProperties"] = True
    return {"name": tool.name, "description": inspect.cleandoc(tool.desc or ""), "parameters": parameters}


def call_tool(payload: dict, call: Call) -> dict:
    """`{package, entry, args}` -> `{value}`. Arguments become what the function's type hints say; asynchronous ones are awaited."""
    tool = tool_of(payload, call)
    with configured(payload["package"]["sha256"]):
        # DSPy's own check knows no argument beside the declared ones, even where the function takes any.
        declared = {name: value for name, value in payload["args"].items() if name in tool.args}
        others = {name: value for name, value in payload["args"].items() if name not in tool.args}
        result = tool.func(**tool._validate_and_parse_args(**declared), **others)
        return {"value": to_json(asyncio.run(awaited(result)) if inspect.isawaitable(result) else result)}


async def awaited(result: Any) -> Any:
    return await result


def tool_of(payload: dict, call: Call) -> dspy.Tool:
    folder = use_package(payload["package"], call)
    module, name = imported(payload["entry"], folder, "FUNCTION")
    function = named(module, name, lambda value: callable(value) and not isinstance(value, type), "function")
    try:
        return function if isinstance(function, dspy.Tool) else dspy.Tool(function)
    except Exception as error:
        raise refused(f'{payload["entry"]} cannot be a tool: {told(error)}') from error


def open_ended(function: Any) -> set[str]:
    """`*args` and `**kwargs`, which DSPy lists among the arguments."""
    kinds = (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL)
    return {one.name for one in inspect.signature(function).parameters.values() if one.kind in kinds}
