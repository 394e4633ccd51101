"""DSPy's modules by dspex's names (lib/module/spec.ts), made from a spec."""

from collections.abc import Callable
from typing import Any

import dspy

from .failures import Failed
from .models import lm_of, parameters_of
from .others import Comparison
from .reward import reward
from .signatures import signature_of
from .tools import asked_tool
from .values import inputs_to_python
from .votes import Majority

Build = Callable[[dict], dspy.Module]

PLAIN: dict[str, Build] = {
    "predict": lambda spec: dspy.Predict(signature_of(spec["signature"])),
    "chain_of_thought": lambda spec: dspy.ChainOfThought(signature_of(spec["signature"])),
    "react": lambda spec: dspy.ReAct(
        signature_of(spec["signature"]), tools=list(map(asked_tool, spec.get("tools", []))), max_iters=option(spec, "maxIters", 20)
    ),
    "react_v2": lambda spec: dspy.ReActV2(
        signature_of(spec["signature"]), tools=list(map(asked_tool, spec.get("tools", []))), max_iters=option(spec, "maxIters", 20)
    ),
    "multi_chain_comparison": lambda spec: Comparison(signature_of(spec["signature"]), M=option(spec, "n", 3)),
}


def option(spec: dict, name: str, default: Any) -> Any:
    return spec.get("options", {}).get(name, default)


def plain_module(spec: dict) -> dspy.Module:
    """One that runs by itself, its predictors with their demos and settings."""
    module = PLAIN[spec.get("of", "predict") if spec["type"] in DRAWN else spec["type"]](spec)
    predictors = module.named_predictors()
    for i, (name, predictor) in enumerate(predictors):
        own = spec.get("predictors", {}).get(name, {})
        if "adapter" in own and own["adapter"] != spec.get("adapter"):
            raise Failed("Module.Unsupported", f'an adapter of its own for the predictor "{name}" cannot be had in Python')
        if "instructions" in own:
            predictor.signature = predictor.signature.with_instructions(own["instructions"])
        # A module's demos are of what it answers, so they are its last predictor's.
        demos = own.get("demos", spec.get("demos", []) if i == len(predictors) - 1 else [])
        predictor.demos = [inputs_to_python(predictor.signature, demo) for demo in demos]
        # What DSPy gives it itself (MultiChainComparison a temperature) stands where nothing else is said.
        predictor.config = {**predictor.config, **parameters_of(spec.get("config", {})), **parameters_of(own.get("config", {}))}
        if "lm" in own:
            predictor.lm = lm_of(own["lm"])
    return module


def best(make: Callable[..., dspy.Module]) -> Build:
    def build(spec: dict) -> dspy.Module:
        return make(
            module=plain_module(spec),
            N=option(spec, "n", 3),
            reward_fn=reward,
            threshold=option(spec, "threshold", 1),
            fail_count=option(spec, "failCount", None),
        )

    return build


DRAWN: dict[str, Build] = {
    "best_of_n": best(dspy.BestOfN),
    "refine": best(dspy.Refine),
    "majority": lambda spec: Majority(plain_module(spec), option(spec, "n", 3), option(spec, "field", None)),
}

MODULES: dict[str, Build] = {**dict.fromkeys(PLAIN, plain_module), **DRAWN}

CODE = "it executes code that a model wrote, and there is no sandbox for that here yet; use "
NATIVE = "it makes no prompt of its own, so DSPy adds nothing; declare the module native"
REFUSED = {
    "program_of_thought": CODE + "react with a calculator as a tool, or chain_of_thought",
    "code_act": CODE + "react with the same functions as tools",
    "rlm": CODE + "react with tools that read the long input",
    "flex": CODE + "predict or chain_of_thought",
    "retrieve": NATIVE,
    "parallel": NATIVE,
}


def refusal(name: str) -> str:
    return f"{name} is not run in Python: {REFUSED[name]}"


def module_of(spec: dict) -> dspy.Module:
    """`{type, of?, signature, demos?, config?, options?, tools?, predictors?}` as a module, ready to be called."""
    kind = spec["type"]
    if kind in REFUSED:
        raise Failed("Module.Unsupported", refusal(kind))
    build = MODULES.get(kind)
    if build is None:
        raise Failed("Module.Unsupported", f'no module "{kind}" here: there are {", ".join(sorted(MODULES))}')
    return build(spec)
