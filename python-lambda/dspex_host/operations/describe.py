"""What this host is and can."""

from ..call import Call
from ..dspy_setup import versions


def describe(payload: dict, _call: Call) -> dict:
    """Versions, operations, module types; with `signature` and `type` also the predictors of that module."""
    from ..modules import MODULES, REFUSED, module_of, refusal
    from . import OPERATIONS

    described: dict = {
        "versions": versions(),
        "operations": sorted(OPERATIONS),
        "modules": sorted(MODULES),
        "refused": {name: refusal(name) for name in sorted(REFUSED)},
    }
    if "type" in payload:
        described["predictors"] = predictors(module_of(payload))
    return described


def predictors(module) -> list[dict]:
    """Each predictor by its path, with the fields and instructions of its signature and its demos' number."""
    return [
        {
            "name": name,
            "instructions": predictor.signature.instructions,
            "inputs": list(predictor.signature.input_fields),
            "outputs": list(predictor.signature.output_fields),
            "demos": len(predictor.demos),
        }
        for name, predictor in module.named_predictors()
    ]
