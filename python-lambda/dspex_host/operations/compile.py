"""One of DSPy's optimizers on an adopted program: what it makes of the predictors' instructions and demos."""

import asyncio
import itertools
import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import dspy
from dspy.utils.callback import BaseCallback

from ..adopted import adopted_program, ready
from ..call import Call
from ..entries import metric_of
from ..face import is_asynchronous
from ..metrics import asked_of, score_told
from ..models import lm_of
from ..optimizers import Job, optimized
from ..packages import use_package
from ..values import to_json


def compile_program(payload: dict, call: Call) -> dict:
    """
    What `run_program` takes, with `{optimizer: {name, config, compile}, train, validation, metric?, teacher?, seed}`. The
    examples are `{id, inputs, labels}`; without `metric` (`package.module:function`) each score is asked for.
    """
    program = adopted_program(payload, call)
    chosen = payload["optimizer"]
    seed = payload.get("seed", 0)
    random.seed(seed)
    with (
        ready(program, payload, call, parts=False),
        callable_in_threads(type(program.module), is_asynchronous(program.module)),
        dspy.context(callbacks=[EvaluationsTold(call)]),
    ):
        for _, predictor in program.predictors():
            if chosen["name"] == "BetterTogether" and predictor.lm is None:
                # It wants to know which model each predictor has.
                predictor.lm = dspy.settings.lm
        job = Job(
            student=program.module.deepcopy(),
            metric=metric_for(payload, call),
            trainset=list(map(example_of, payload["train"])),
            valset=list(map(example_of, payload["validation"])),
            config=chosen.get("config", {}),
            compile=chosen.get("compile", {}),
            teacher=lm_of(payload["teacher"]) if payload.get("teacher") else None,
            seed=seed,
        )
        best = optimized(chosen["name"], job)
    return {"predictors": {name: learned(predictor) for name, predictor in best.named_predictors() or unfrozen(best)}}


@contextmanager
def callable_in_threads(program: type[dspy.Module], asynchronous: bool) -> Iterator[None]:
    """DSPy's optimizers call programs; one that can only be awaited is awaited in the thread that calls it."""
    if not asynchronous:
        yield
        return
    program.forward = lambda self, **inputs: asyncio.run(self.aforward(**inputs))
    try:
        yield
    finally:
        del program.forward


def unfrozen(program: dspy.Module) -> list:
    """A part that was compiled by itself is passed over by DSPy's own listing."""
    for _, module in program.named_sub_modules():
        if hasattr(module, "_compiled"):
            module._compiled = False
    return program.named_predictors()


def learned(predictor: dspy.Predict) -> dict:
    demos = [{name: to_json(value) for name, value in dict(demo.items()).items() if name != "dspex_id"} for demo in predictor.demos]
    return {"instructions": predictor.signature.instructions, "demos": demos}


def example_of(given: dict) -> dspy.Example:
    return dspy.Example(**given["inputs"], **given["labels"]).with_inputs(*given["inputs"])


def metric_for(payload: dict, call: Call) -> Any:
    """With GEPA's five arguments, which every other optimizer leaves out."""
    own = metric_of(payload["metric"], use_package(payload["package"], call)) if payload.get("metric") else None
    counted = itertools.count(1)

    def metric(gold: Any, pred: Any, trace: Any = None, pred_name: Any = None, pred_trace: Any = None) -> Any:
        if own is not None:
            told = score_told(asked_of(own, gold, pred, trace, pred_name, pred_trace), payload["metric"])
        else:
            told = call.ask("metric", asked_example(gold, pred)).result()
        scored = next(counted)
        if scored % 10 == 0:
            call.progress({"scored": scored})
        # GEPA alone asks for words; everybody else compares numbers, and a failed bootstrap must be false.
        return dspy.Prediction(**told) if payload["optimizer"]["name"] == "GEPA" else told["score"]

    return metric


def asked_example(gold: dspy.Example, pred: Any) -> dict:
    outputs = {name: to_json(value) for name, value in pred.items()}
    return {"inputs": to_json(dict(gold.inputs().items())), "labels": to_json(dict(gold.labels().items())), "outputs": outputs}


class EvaluationsTold(BaseCallback):
    """Progress `{"evaluation": {score, examples}}` of every evaluation on a set of examples; the score from 0 to 1."""

    def __init__(self, call: Call):
        self._call = call
        self._sizes: dict[str, int] = {}

    def on_evaluate_start(self, call_id: str, instance: Any, inputs: dict[str, Any]) -> None:
        self._sizes[call_id] = len(inputs.get("devset") or instance.devset or [])

    def on_evaluate_end(self, call_id: str, outputs: Any | None, exception: Exception | None = None) -> None:
        examples = self._sizes.pop(call_id, 0)
        score = getattr(outputs, "score", None)
        if isinstance(score, (int, float)):
            self._call.progress({"evaluation": {"score": score / 100, "examples": examples}})
