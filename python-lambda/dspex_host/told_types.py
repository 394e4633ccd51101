"""Annotations as data: the way back from `types.annotation_of`, for signatures that were written in Python."""

import enum
import types as python_types
import typing
from typing import Any

import dspy
import pydantic

from .types import ALIASES, DSPY, LIBRARY, SCALARS
from .values import to_json

SIMPLE = {annotation: name for name, annotation in SCALARS.items()}
DSPY_NAMES = {annotation: name for name, annotation in DSPY.items()}
UNIONS = (typing.Union, python_types.UnionType)
LISTS = {list: "list", set: "set", frozenset: "frozenset"}
CONSTRAINTS = ("gt", "ge", "lt", "le", "min_length", "max_length", "multiple_of", "allow_inf_nan")
ANY = {"kind": "any"}


def type_of(annotation: Any) -> dict:
    """What has no name among dspex's types is `any`: its values are Python's affair."""
    try:
        return _type_of(annotation)
    except Exception:  # noqa: BLE001: schemas of any class may fail in any way
        return ANY


def _type_of(annotation: Any) -> dict:
    if annotation in (None, type(None)):
        return {"kind": "none"}
    if isinstance(annotation, typing.Hashable):
        if annotation in SIMPLE:
            return {"kind": SIMPLE[annotation]}
        if annotation in DSPY_NAMES:
            return {"kind": "dspy", "name": DSPY_NAMES[annotation]}
        if annotation in LISTS:
            return {"kind": LISTS[annotation]}
        if annotation in (dict, tuple):
            return {"kind": annotation.__name__}
    origin, args = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Literal:
        return {"kind": "literal", "values": [to_json(value) for value in args]}
    if origin in UNIONS:
        return {"kind": "union", "options": [_type_of(option) for option in args]}
    if origin in LISTS and args:
        return {"kind": LISTS[origin], "item": _type_of(args[0])}
    if origin is dict and args:
        return {"kind": "dict", "key": _type_of(args[0]), "value": _type_of(args[1])}
    if origin is tuple and args:
        variadic = args[-1] is Ellipsis
        return {"kind": "tuple", "items": [_type_of(item) for item in args if item is not Ellipsis], **({"variadic": True} if variadic else {})}
    if isinstance(annotation, type) and issubclass(annotation, enum.Enum):
        members = [{"name": member.name, "value": member.value} for member in annotation]
        fits = all(isinstance(member["value"], (str, int)) and not isinstance(member["value"], bool) for member in members)
        return {"kind": "enum", "name": annotation.__name__, "members": members} if fits and members else ANY
    if isinstance(annotation, type) and issubclass(annotation, pydantic.BaseModel) and not issubclass(annotation, dspy.Type):
        return {"kind": "model", "name": annotation.__name__, "schema": pydantic.TypeAdapter(annotation).json_schema()}
    if annotation in LIBRARY.values():
        return {"kind": "model", "name": annotation.__name__, "schema": pydantic.TypeAdapter(annotation).json_schema()}
    return ANY if origin not in ALIASES.values() else {"kind": "list"}


def signature_told(signature: type[dspy.Signature]) -> dict:
    """A signature in dspex's field form."""
    return {
        "name": signature.__name__,
        "instructions": signature.instructions,
        "inputs": [field_told(name, field) for name, field in signature.input_fields.items()],
        "outputs": [field_told(name, field) for name, field in signature.output_fields.items()],
    }


def field_told(name: str, field: Any) -> dict:
    extra = field.json_schema_extra or {}
    told = {"name": name, "type": type_of(field.annotation), "description": extra.get("desc") or f"${{{name}}}"}
    constraints = {key: getattr(one, key) for one in field.metadata for key in CONSTRAINTS if getattr(one, key, None) is not None}
    if constraints and all(isinstance(value, (int, float)) for value in constraints.values()):
        told["constraints"] = constraints
    return told
