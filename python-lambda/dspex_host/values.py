"""JSON values as the objects a DSPy user would pass, and back."""

import enum
import typing
from typing import Any

import dspy
import pydantic

DSPY_VALUES: dict[type, typing.Callable[[Any], Any]] = {
    dspy.History: lambda value: dspy.History(messages=value["messages"] if isinstance(value, dict) else value),
    dspy.Image: lambda value: dspy.Image(value if isinstance(value, str) else value["url"]),
    dspy.Audio: lambda value: dspy.Audio(**value) if isinstance(value, dict) else dspy.Audio(value),
    dspy.File: lambda value: dspy.File(**value) if isinstance(value, dict) else dspy.File(value),
    dspy.ToolCalls: dspy.ToolCalls.model_validate,
    dspy.Reasoning: lambda value: dspy.Reasoning(content=value["content"] if isinstance(value, dict) else value),
}


def to_python(value: Any, annotation: Any) -> Any:
    """A value that does not fit is passed on as it is, as a DSPy user's would be."""
    if value is None:
        return None
    try:
        return _made(value, annotation)
    except Exception:  # noqa: BLE001: validators of any class may raise anything
        return value


def _made(value: Any, annotation: Any) -> Any:
    if annotation in (str, bool, Any):
        return value
    if annotation is float:
        return float(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if annotation is int:
        return int(value) if isinstance(value, float) and value.is_integer() else value
    if annotation is dspy.Tool:
        return described_tool(value)
    if annotation in DSPY_VALUES:
        return DSPY_VALUES[annotation](value)
    if isinstance(annotation, type) and issubclass(annotation, dspy.Code):
        return annotation(code=value["code"]) if isinstance(value, dict) else value
    if isinstance(annotation, type) and issubclass(annotation, enum.Enum):
        return annotation(value)
    if isinstance(annotation, type) and issubclass(annotation, pydantic.BaseModel):
        return annotation.model_validate(value)
    origin, args = typing.get_origin(annotation), typing.get_args(annotation)
    if isinstance(value, list) and args and origin is not typing.Union:
        if origin is tuple and Ellipsis not in args:
            return [to_python(item, arg) for item, arg in zip(value, args, strict=True)]
        return [to_python(item, args[0]) for item in value]
    if isinstance(value, dict) and len(args) == 2 and origin is not typing.Union:
        return {key: to_python(item, args[1]) for key, item in value.items()}
    if origin is typing.Union:
        return _first_that_fits(value, args)
    return value


def _first_that_fits(value: Any, options: tuple) -> Any:
    for option in options:
        if option is type(None):
            continue
        try:
            fits = pydantic.TypeAdapter(option).validate_python(value, strict=True) is not None
        except Exception:  # noqa: BLE001: as above
            fits = False
        if fits or (isinstance(value, dict) and _is_class(option)):
            made = to_python(value, option)
            if made is not value or fits:
                return made
    return value


def _is_class(option: Any) -> bool:
    return isinstance(option, type) and issubclass(option, pydantic.BaseModel)


def described_tool(value: dict) -> dspy.Tool:
    tool = dspy.Tool(lambda **_: None, name=value["name"], desc=value.get("desc"), args=value.get("args", {}), arg_types={})
    tool.desc = value.get("desc")
    return tool


def inputs_to_python(signature: type[dspy.Signature], values: dict) -> dict:
    """Fields by their annotation; what the signature does not know is passed on. A history's turns are fields too."""
    return {name: _field_to_python(signature, name, value) for name, value in values.items()}


def _field_to_python(signature: type[dspy.Signature], name: str, value: Any) -> Any:
    field = signature.fields.get(name)
    if field is None:
        return value
    made = to_python(value, field.annotation)
    if isinstance(made, dspy.History):
        return dspy.History(messages=[inputs_to_python(signature, turn) for turn in made.messages])
    return made


def to_json(value: Any) -> Any:
    """A parsed value as dspex holds it; the mirror of lib/signature/coerce.ts."""
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, (str, int, float, bool)) or value is None:
        return value
    if isinstance(value, dspy.Reasoning):
        return value.content
    if isinstance(value, dspy.Code):
        return value.code
    if isinstance(value, dspy.ToolCalls):
        return {"tool_calls": [{"name": call.name, "args": to_json(call.args)} for call in value.tool_calls]}
    if isinstance(value, pydantic.BaseModel):
        return {name: to_json(getattr(value, name)) for name in (*type(value).model_fields, *(value.model_extra or {}))}
    if isinstance(value, (dspy.Prediction, dspy.Example)):
        return {name: to_json(item) for name, item in value.items()}
    if isinstance(value, (set, frozenset)):
        return sorted((to_json(item) for item in value), key=lambda item: (str(type(item)), str(item)))
    if isinstance(value, (list, tuple)):
        return [to_json(item) for item in value]
    if isinstance(value, dict):
        return {_key(key): to_json(item) for key, item in value.items()}
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if hasattr(value, "__iter__"):
        return [to_json(item) for item in value]
    return str(value)


def _key(key: Any) -> str:
    if isinstance(key, bool):
        return "true" if key else "false"
    return str(to_json(key))
