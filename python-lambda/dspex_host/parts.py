"""What each predictor (and each tool of a program's own) did, told as it ends: the sub-steps of a trace."""

import itertools
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import dspy
from dspy.utils.callback import BaseCallback

from .call import Call
from .failures import failure_of
from .values import to_json

# The part a model call belongs to.
_part: ContextVar[int | None] = ContextVar("dspex_part", default=None)


def current_part() -> int | None:
    return _part.get()


class PartsTold(BaseCallback):
    """
    Progress `{"part": {id, kind, name, draw?, inputs, output, failure?, startedAt, endedAt}}` of every predictor that ends,
    and of every tool where `tools` are the program's own; others are told where they are carried out.
    """

    def __init__(self, program: dspy.Module, call: Call, tools: bool = False):
        # Predictors may be equal in all but their place; draws run on copies, which share the shape and nothing else.
        self._places = {id(predictor): name for name, predictor in program.named_predictors()}
        self._names = {shape_of(predictor): name for name, predictor in reversed(program.named_predictors())}
        self._tools = tools
        self._call = call
        self._numbers = itertools.count(1)
        self._begun: dict[str, tuple[Any, dict]] = {}

    def on_module_start(self, call_id: str, instance: Any, inputs: dict[str, Any]) -> None:
        if not isinstance(instance, dspy.Predict):
            return
        name = self._places.get(id(instance)) or self._names.get(shape_of(instance), type(instance).__name__)
        draw = instance.lm.kwargs.get("rollout_id") if instance.lm is not None else None
        self._begin(call_id, "predict", name, inputs, {} if draw is None else {"draw": draw})

    def on_module_end(self, call_id: str, outputs: Any | None, exception: Exception | None = None) -> None:
        self._end(call_id, lambda: None if outputs is None else told(dict(outputs.items())), exception)

    def on_tool_start(self, call_id: str, instance: Any, inputs: dict[str, Any]) -> None:
        if self._tools:
            self._begin(call_id, "tool", instance.name, inputs, {})

    def on_tool_end(self, call_id: str, outputs: Any | None, exception: Exception | None = None) -> None:
        self._end(call_id, lambda: (told({"value": outputs}) or {}).get("value"), exception)

    def _begin(self, call_id: str, kind: str, name: str, inputs: dict[str, Any], more: dict) -> None:
        part = {"id": next(self._numbers), "kind": kind, "name": name, "inputs": told(inputs.get("kwargs", inputs)), **more}
        part["startedAt"] = time.time() * 1000
        self._begun[call_id] = (_part.set(part["id"]), part)

    def _end(self, call_id: str, output: Callable[[], Any], exception: Exception | None) -> None:
        token, part = self._begun.pop(call_id, (None, None))
        if part is None:
            return
        _part.reset(token)
        part["endedAt"] = time.time() * 1000
        part["output"] = output()
        if exception is not None:
            part["failure"] = failure_of(exception)
        self._call.progress({"part": part})


def shape_of(predictor: dspy.Predict) -> tuple:
    signature = predictor.signature
    return (signature.instructions, tuple(signature.input_fields), tuple(signature.output_fields))


def told(values: dict) -> Any:
    """Beside the point of the run: what cannot be shown is left out."""
    try:
        return {name: to_json(value) for name, value in values.items()}
    except Exception:  # noqa: BLE001: values of any class
        return None


@contextmanager
def parts_told(program: dspy.Module, call: Call) -> Iterator[None]:
    with dspy.context(callbacks=[*(dspy.settings.callbacks or []), PartsTold(program, call)]):
        yield
