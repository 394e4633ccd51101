"""An adopted program, made once in a process as it is in a script, and set up anew for every call."""

import asyncio
import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import dspy

from .adapters import adapter_of
from .call import Call
from .entries import program_of
from .face import forward_of, hints_of, is_asynchronous
from .failures import Failed
from .gateway_lm import route_all_calls
from .models import lm_of, parameters_of
from .packages import settings_of, use_package
from .parts import PartsTold
from .values import inputs_to_python, to_json, to_python


@dataclass
class Pristine:
    """A predictor as the program's own code left it."""

    signature: Any
    demos: list
    config: dict
    lm: Any


@dataclass
class Program:
    module: dspy.Module
    pristine: dict[str, Pristine]
    package: str

    def predictors(self) -> list[tuple[str, dspy.Predict]]:
        return self.module.named_predictors()


_made: dict[tuple[str, str], Program] = {}
KEPT = 8


def adopted_program(payload: dict, call: Call) -> Program:
    """`{package: {sha256, bytes}, entry}`. The same instance as before when this process has made it already."""
    folder = use_package(payload["package"], call)
    key = (folder.name, payload["entry"])
    if key not in _made:
        with configured(folder.name):
            module = program_of(payload["entry"], folder)
            if forward_of(module) is None:
                raise Failed("Input.Invalid", f'{payload["entry"]} has neither forward nor aforward')
        pristine = {name: Pristine(one.signature, list(one.demos), dict(one.config), one.lm) for name, one in module.named_predictors()}
        while len(_made) >= KEPT:
            del _made[next(iter(_made))]
        _made[key] = Program(module, pristine, folder.name)
        route_all_calls()
        dspy.configure_cache(enable_disk_cache=False, enable_memory_cache=False)
    return _made[key]


@contextmanager
def configured(package: str, **settings: Any) -> Iterator[None]:
    """
    DSPy's process-wide settings as the package left them at its import, these on top: threads of the program's own see
    them as they do in a script. What a call changes ends with it.
    """
    before = dict(dspy.settings.config)
    try:
        dspy.configure(**{**settings_of(package), **settings})
        yield
    finally:
        dspy.configure(**before)


@contextmanager
def ready(program: Program, payload: dict, call: Call, parts: bool = True) -> Iterator[None]:
    """Predictors under the values of this call, its model, its adapter, its parts told."""
    set_predictors(program, payload)
    settings: dict[str, Any] = {"lm": lm_of(payload["lm"]), "trace": [], "disable_history": True}
    if payload.get("adapter"):
        settings["adapter"] = adapter_of(payload["adapter"])
    if parts:
        settings["callbacks"] = [*settings_of(program.package).get("callbacks", []), PartsTold(program.module, call, tools=True)]
    with configured(program.package, **settings), dspy.context(trace=[]):
        yield


def set_predictors(program: Program, payload: dict) -> None:
    given = payload.get("predictors", {})
    shared = parameters_of(payload.get("config", {}))
    for name, predictor in program.predictors():
        own, first = given.get(name, {}), program.pristine.get(name)
        if first is None:
            continue
        if "adapter" in own and own["adapter"] != payload.get("adapter"):
            raise Failed("Module.Unsupported", f'an adapter of its own for the predictor "{name}" cannot be had in Python')
        # What is as the code has it stays the code's own object: a version that changes nothing runs what a script runs.
        same = own.get("instructions", first.signature.instructions) == first.signature.instructions
        predictor.signature = first.signature if same else first.signature.with_instructions(own["instructions"])
        shown = own.get("demos")
        kept = shown is None or shown == [to_json(dict(demo.items())) for demo in first.demos]
        predictor.demos = list(first.demos) if kept else [inputs_to_python(predictor.signature, demo) for demo in shown]
        predictor.config = {**shared, **first.config, **parameters_of(own.get("config", {}))}
        predictor.lm = lm_of(own["lm"]) if "lm" in own else first.lm


def called(program: dspy.Module, inputs: dict) -> Any:
    forward = forward_of(program)
    hints = hints_of(forward)
    # Nothing given for a parameter with a default of its own.
    defaults = {one.name for one in inspect.signature(forward).parameters.values() if one.default not in (one.empty, None)}
    given = {
        name: to_python(value, hints[name]) if name in hints else value
        for name, value in inputs.items()
        if value is not None or name not in defaults
    }
    if is_asynchronous(program):
        return asyncio.run(program.acall(**given))
    return program(**given)


def outputs_told(result: Any, entry: str, wanted: list[str]) -> dict:
    """A Prediction, an Example or a dict by its fields; a bare value where one output is declared."""
    if isinstance(result, (dspy.Prediction, dspy.Example, dict)):
        found = {str(name): to_json(value) for name, value in result.items()}
    elif len(wanted) == 1:
        found = {wanted[0]: to_json(result)}
    else:
        raise Failed("Python.Raised", f"{entry} gave a {type(result).__name__}; wanted a dspy.Prediction", {"type": "TypeError"})
    return {**found, **{name: None for name in wanted if name not in found}}
