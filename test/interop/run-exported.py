"""Runs exported programs with the real DSPy. Standard input: a JSON list of {folder, runs: [{input, answers}]}.

For each program: the state DSPy saves after loading it, the paths of its predictors, and of each run the messages sent
and the outputs.
"""

import importlib.util
import json
import logging
import sys
import warnings
from pathlib import Path

warnings.simplefilter("ignore")
logging.disable(logging.CRITICAL)

import dspy  # noqa: E402
from dspy.utils import DummyLM  # noqa: E402


def load(folder):
    spec = importlib.util.spec_from_file_location(Path(folder).name, Path(folder) / "program.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module, module.load()


def run(program, adapter, given, answers):
    lm = DummyLM(answers, adapter=adapter)
    for predictor in program.predictors():
        predictor.lm = None
    with dspy.context(lm=lm, adapter=adapter):
        outputs = program(**given).toDict()
    return {"messages": [call["messages"] for call in lm.history], "outputs": outputs}


def report(job):
    sys.path.insert(0, job["folder"])
    try:
        module, program = load(job["folder"])
        saved = Path(job["folder"]) / "saved.json"
        alone = getattr(program, "self_", None)
        (program if alone is None else alone).save(saved)
        out = {"saved": saved.read_text(encoding="utf-8"), "paths": [name for name, _ in program.named_parameters()]}
        out["configs"] = {name: one.config for name, one in program.named_parameters()}
        runs = job.get("runs", [])
        out["runs"] = [run(program, dspy.ChatAdapter(), one["input"], one["answers"]) for one in runs]
        return out
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"}
    finally:
        sys.path.remove(job["folder"])


real, sys.stdout = sys.stdout, sys.stderr
json.dump([report(job) for job in json.load(sys.stdin)], real)
