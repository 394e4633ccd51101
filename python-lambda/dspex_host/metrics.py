"""Metric functions as DSPy's users write them, and what they may give."""

import asyncio
import inspect
import math
from typing import Any

from .failures import Failed
from .values import to_json

# GEPA's metrics are given the predictor and its trace besides; outside of GEPA there is none.
NOT_GIVEN = (None, None, None)


def asked_of(metric: Any, example: Any, prediction: Any, *more: Any) -> Any:
    """What the function gives. It is given as many of `more` (trace, predictor's name and trace) as it takes."""
    given = (*more, *NOT_GIVEN[len(more) :])
    try:
        parameters = list(inspect.signature(metric).parameters.values())
        plain = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
        takes = sum(1 for one in parameters if one.kind in plain)
        if any(one.kind is inspect.Parameter.VAR_POSITIONAL for one in parameters):
            takes = 2 + len(given)
    except (TypeError, ValueError):
        takes = 3
    result = metric(example, prediction, *given[: max(0, takes - 2)])
    return asyncio.run(result) if inspect.iscoroutine(result) else result


def score_told(result: Any, entry: str) -> dict:
    """bool, a number in [0, 1], or a Prediction (or dict) with `score` and perhaps `feedback`."""
    feedback = None
    value = result
    if hasattr(result, "score") or (isinstance(result, dict) and "score" in result):
        value = result["score"]
        feedback = result.get("feedback") if hasattr(result, "get") else getattr(result, "feedback", None)
    if isinstance(value, bool):
        value = float(value)
    if not isinstance(value, (int, float)) or not math.isfinite(value) or not 0 <= value <= 1:
        shown = repr(value)[:80]
        raise Failed("Python.Raised", f"{entry} gave {shown}; wanted a bool, a number from 0 to 1 or a Prediction with `score`", {"type": "ValueError"})
    return {"score": float(value), **({} if feedback is None else {"feedback": str(to_json(feedback))})}
