"""Field types as data (lib/signature/signature.ts, FieldType) as the annotations DSPy reads.

Annotations are built, never evaluated: DSPy's own parser imports unknown names as modules.
"""

import datetime
import decimal
import enum
import pathlib
import typing
import uuid
from collections.abc import Callable
from typing import Any

import dspy
from dspy.adapters.types.tool import ToolCallResults

from .classes import class_from_schema
from .failures import Failed

SCALARS = {"str": str, "int": int, "float": float, "bool": bool, "any": Any, "complex": complex, "bytes": bytes, "bytearray": bytearray}
LIBRARY = {
    "datetime": datetime.datetime, "date": datetime.date, "time": datetime.time, "timedelta": datetime.timedelta,
    "UUID": uuid.UUID, "Path": pathlib.Path, "Decimal": decimal.Decimal,
}  # fmt: skip
ALIASES = {
    "Sequence": typing.Sequence, "MutableSequence": typing.MutableSequence, "Iterable": typing.Iterable, "deque": typing.Deque,
    "Set": typing.AbstractSet, "Mapping": typing.Mapping, "MutableMapping": typing.MutableMapping,
    "OrderedDict": typing.OrderedDict, "defaultdict": typing.DefaultDict,
}  # fmt: skip
DSPY = {
    "Image": dspy.Image, "Audio": dspy.Audio, "File": dspy.File, "History": dspy.History, "Tool": dspy.Tool,
    "ToolCalls": dspy.ToolCalls, "ToolCallResults": ToolCallResults, "Code": dspy.Code, "Reasoning": dspy.Reasoning,
}  # fmt: skip


def annotation_of(spec: dict) -> Any:
    kind = spec["kind"]
    if kind in SCALARS:
        return SCALARS[kind]
    build = COMPOSED.get(kind)
    if build is None:
        raise Failed("Module.Unsupported", f'no type of the kind "{kind}" is known here')
    return build(spec)


def _items(plain: type) -> Callable[[dict], Any]:
    def build(spec: dict) -> Any:
        if "item" not in spec:
            return plain
        return ALIASES.get(spec.get("alias", ""), plain)[annotation_of(spec["item"])]  # type: ignore[index]

    return build


def _dict(spec: dict) -> Any:
    if "key" not in spec:
        return dict
    return ALIASES.get(spec.get("alias", ""), dict)[annotation_of(spec["key"]), annotation_of(spec["value"])]  # type: ignore[index]


def _tuple(spec: dict) -> Any:
    if "items" not in spec:
        return tuple
    items = tuple(map(annotation_of, spec["items"]))
    return tuple[(*items, ...)] if spec.get("variadic") else tuple[items]  # type: ignore[misc]


def _dspy(spec: dict) -> Any:
    found = DSPY.get(spec["name"])
    if found is None:
        raise Failed("Module.Unsupported", f'DSPy has no type "{spec["name"]}" that a field may have')
    return found[spec["argument"]] if "argument" in spec else found


def _model(spec: dict) -> Any:
    if spec["name"] in LIBRARY and "properties" not in spec["schema"]:
        return LIBRARY[spec["name"]]
    return class_from_schema(spec["name"], spec["schema"])


COMPOSED: dict[str, Callable[[dict], Any]] = {
    "none": lambda spec: None if spec.get("constant") else type(None),
    "list": _items(list),
    "set": _items(set),
    "frozenset": _items(frozenset),
    "tuple": _tuple,
    "dict": _dict,
    "literal": lambda spec: typing.Literal[tuple(spec["values"])],
    "union": lambda spec: typing.Union[tuple(map(annotation_of, spec["options"]))],
    "dspy": _dspy,
    "model": _model,
    "enum": lambda spec: enum.Enum(spec["name"], [(member["name"], member["value"]) for member in spec["members"]]),
}
