"""One DSPy module, once: inputs in, outputs out. Its model calls are journaled where they are answered."""

import dspy

from ..adapters import adapter_of
from ..call import Call
from ..models import lm_of
from ..modules import module_of
from ..values import inputs_to_python, to_json


def run_module(payload: dict, _call: Call) -> dict:
    """`{module: {type, signature, demos, config, options, adapter}, lm: {model, parameters, sample}, inputs}`."""
    spec = payload["module"]
    module = module_of(spec)
    with dspy.context(lm=lm_of(payload["lm"]), adapter=adapter_of(spec.get("adapter")), disable_history=True, trace=[]):
        predicted = module(**inputs_to_python(module_signature(module), payload["inputs"]))
    return {"outputs": {name: to_json(value) for name, value in predicted.items()}}


def module_signature(module: dspy.Module) -> type[dspy.Signature]:
    signature = getattr(module, "signature", None)
    return signature if signature is not None else module.predictors()[0].signature
