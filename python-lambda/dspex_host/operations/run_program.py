"""An adopted program, once: inputs in, outputs out, each call of a predictor told on the way."""

from ..adopted import adopted_program, called, outputs_told, ready
from ..call import Call


def run_program(payload: dict, call: Call) -> dict:
    """`{package, entry, predictors, config, lm: {model, parameters, sample}, adapter?, inputs, outputs: [names]}`."""
    program = adopted_program(payload, call)
    with ready(program, payload, call):
        result = called(program.module, payload["inputs"])
    return {"outputs": outputs_told(result, payload["entry"], payload["outputs"])}
