"""DSPy's modules by dspex's names."""

from collections.abc import Callable
from typing import Any

import dspy

from .failures import Failed
from .models import parameters_of
from .signatures import signature_of
from .values import inputs_to_python

Build = Callable[[type[dspy.Signature], dict, dict], dspy.Module]

# Each takes the signature, sampling settings by DSPy's names, and the module's own options.
MODULES: dict[str, Build] = {
    "predict": lambda signature, config, _: dspy.Predict(signature, **config),
    "chain_of_thought": lambda signature, config, _: dspy.ChainOfThought(signature, **config),
    "multi_chain_comparison": lambda signature, config, options: dspy.MultiChainComparison(
        signature, **{"M": options.get("chains", 3), **config}
    ),
}

CODE_MODULES = "it executes code that a model wrote, and there is no sandbox for that here yet; use %s"
REFUSED = {
    "program_of_thought": CODE_MODULES % "react with a calculator tool, or chain_of_thought",
    "code_act": CODE_MODULES % "react with the same functions as tools",
    "rlm": CODE_MODULES % "react with tools that read the long input",
    "flex": CODE_MODULES % "predict or chain_of_thought",
}


def refusal(name: str) -> str:
    return f"{name} is not run: {REFUSED[name]}"


def module_of(spec: dict) -> dspy.Module:
    """`{type, signature, config?, options?, demos?}` as a module, its demos in place."""
    kind = spec["type"]
    if kind in REFUSED:
        raise Failed("Module.Unsupported", refusal(kind))
    build = MODULES.get(kind)
    if build is None:
        raise Failed("Module.Unsupported", f'no module "{kind}" here: there are {", ".join(sorted(MODULES))}')
    signature = signature_of(spec["signature"])
    module = build(signature, parameters_of(spec.get("config", {})), spec.get("options", {}))
    for predictor in module.predictors():
        predictor.demos = [inputs_to_python(predictor.signature, demo) for demo in spec.get("demos", [])]
    return module


def settings_of(spec: dict) -> dict[str, Any]:
    return parameters_of(spec.get("config", {}))
