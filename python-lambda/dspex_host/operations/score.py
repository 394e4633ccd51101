"""A metric function of an adopted package on one pair: `metric(example, prediction, trace=None)`."""

from typing import Any

import dspy

from ..adopted import adopted_program, configured
from ..call import Call
from ..entries import metric_of
from ..metrics import asked_of, score_told
from ..models import lm_of
from ..packages import use_package
from ..values import to_python


def score(payload: dict, call: Call) -> dict:
    """`{package, entry, program?, example: {inputs, labels}, outputs, lm?}` -> `{score, feedback?}`."""
    folder = use_package(payload["package"], call)
    metric = metric_of(payload["entry"], folder)
    given = payload["example"]
    example = dspy.Example(**given["inputs"], **given["labels"]).with_inputs(*given["inputs"])
    types = output_types(payload, call) if payload.get("program") else {}
    prediction = dspy.Prediction(**{name: to_python(value, types.get(name, Any)) for name, value in payload["outputs"].items()})
    settings = {"lm": lm_of(payload["lm"])} if payload.get("lm") else {}
    with configured(folder.name, **settings):
        return score_told(asked_of(metric, example, prediction), payload["entry"])


def output_types(payload: dict, call: Call) -> dict[str, Any]:
    """The program's own types of its outputs: a metric that reads `prediction.order.lines` is given an order."""
    program = adopted_program({"package": payload["package"], "entry": payload["program"]}, call)
    types: dict[str, Any] = {}
    for _, predictor in program.predictors():
        for name, field in predictor.signature.output_fields.items():
            types.setdefault(name, field.annotation)
    return types
