"""One DSPy module, once: inputs in, outputs out. Its model calls are journaled where they are answered."""

from contextlib import nullcontext

import dspy

from ..adapters import adapter_of
from ..call import Call
from ..models import lm_of
from ..modules import module_of
from ..parts import parts_told
from ..signatures import signature_of
from ..values import inputs_to_python, to_json


def run_module(payload: dict, call: Call) -> dict:
    """`{module: {type, signature, ...}, lm: {model, parameters, sample}, inputs, parts?}`."""
    spec = payload["module"]
    module = module_of(spec)
    inputs = inputs_to_python(signature_of(spec["signature"]), payload["inputs"])
    with (
        dspy.context(lm=lm_of(payload["lm"]), adapter=adapter_of(spec.get("adapter")), disable_history=True, trace=[]),
        parts_told(module, call) if payload.get("parts") else nullcontext(),
    ):
        predicted = module(**inputs)
    return {"outputs": {name: to_json(value) for name, value in predicted.items()}}
