"""A signature as data (names, types, descriptions, constraints) as DSPy's class."""

import json
from functools import lru_cache
from typing import Any

import dspy

from .types import annotation_of


def signature_of(spec: dict) -> type[dspy.Signature]:
    """Equal specs give one class: building one costs more than rendering it."""
    return _signature(json.dumps(spec))


@lru_cache(maxsize=500)
def _signature(text: str) -> type[dspy.Signature]:
    spec = json.loads(text)
    fields: dict[str, Any] = {}
    for side, make in (("inputs", dspy.InputField), ("outputs", dspy.OutputField)):
        for field in spec[side]:
            settings = dict(field.get("constraints", {}))
            settings["desc"] = field["description"]
            if "default" in field:
                settings["default"] = field["default"]
            fields[field["name"]] = (annotation_of(field["type"]), make(**settings))
    signature = dspy.Signature(fields, spec["instructions"])
    # An empty text asks for DSPy's default; here it means no instructions.
    return signature if signature.instructions == spec["instructions"] else signature.with_instructions(spec["instructions"])
