"""What an adopted program is: its predictors, what it takes and gives, and how it was configured."""

import inspect

import dspy

from ..adopted import Program, adopted_program
from ..call import Call
from ..entries import metric_of
from ..face import inputs_of, is_asynchronous, outputs_of
from ..models import NAMES
from ..packages import settings_of, use_package
from ..told_types import signature_told
from ..values import to_json

ADAPTERS = {dspy.ChatAdapter: "chat", dspy.JSONAdapter: "json", dspy.XMLAdapter: "xml"}


def describe_program(payload: dict, call: Call) -> dict:
    """`{package, entry, metric?}`; throws Input.Invalid for whatever cannot be adopted."""
    program = adopted_program(payload, call)
    inputs, notes = inputs_of(program.module)
    if payload.get("metric"):
        metric_of(payload["metric"], use_package(payload["package"], call))
    settings = settings_of(program.package)
    lm, adapter = settings.get("lm"), settings.get("adapter")
    return {
        "name": type(program.module).__name__,
        "doc": inspect.cleandoc(type(program.module).__doc__ or ""),
        "asynchronous": is_asynchronous(program.module),
        "inputs": inputs,
        "outputs": outputs_of(program.module),
        "predictors": predictors_told(program),
        "lm": getattr(lm, "model", None),
        "adapter": ADAPTERS.get(type(adapter)) if adapter is not None else None,
        "ownAdapter": adapter is not None and type(adapter) not in ADAPTERS,
        "notes": notes,
    }


def predictors_told(program: Program) -> list[dict]:
    back = {theirs: ours for ours, theirs in NAMES.items()}
    return [
        {
            "name": name,
            "signature": signature_told(first.signature),
            "demos": [to_json(dict(demo.items())) for demo in first.demos],
            "config": {back[key]: value for key, value in first.config.items() if key in back and value is not None},
            "lm": getattr(first.lm, "model", None),
        }
        for name, first in program.pristine.items()
    ]
