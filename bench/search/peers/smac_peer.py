"""SMAC3's hyperparameter optimization facade (random forest, expected improvement) as a peer; lines as in optuna_peer.py.

It has no model of limits: tasks that have some are told a loss with what is passed added, a thousand times.
"""
import json
import sys
import tempfile
import time
import warnings

warnings.filterwarnings("ignore")
from ConfigSpace import Categorical, ConfigurationSpace, EqualsCondition, Float, Integer
from smac import HyperparameterOptimizationFacade, Scenario
from smac.runhistory.dataclasses import TrialValue


def space_of(variables, seed):
    space = ConfigurationSpace(seed=seed)
    made = {}
    for v in variables:
        name, kind, log = v["name"], v["type"], v.get("log", False)
        if kind == "float":
            made[name] = Float(name, (v["min"], v["max"]), log=log)
        elif kind == "integer":
            made[name] = Integer(name, (v["min"], v["max"]), log=log)
        else:
            made[name] = Categorical(name, [False, True] if kind == "boolean" else v["choices"])
    space.add(list(made.values()))
    for v in variables:
        for parent, value in v.get("when", {}).items():
            space.add(EqualsCondition(made[v["name"]], made[parent], value))
    return space


def plain(value):
    return value.item() if hasattr(value, "item") else value


def main():
    lines = iter(sys.stdin)
    for line in lines:
        start = json.loads(line)["start"]
        with tempfile.TemporaryDirectory() as folder:
            seed, trials = start["seed"], start["trials"]
            scenario = Scenario(
                space_of(start["variables"], seed), output_directory=folder, deterministic=True, n_trials=trials, seed=seed
            )
            smac = HyperparameterOptimizationFacade(scenario, lambda config, seed=0: 0.0, logging_level=False, overwrite=True)
            spent = 0.0
            for _ in range(trials):
                before = time.process_time()
                trial = smac.ask()
                spent += time.process_time() - before
                assignment = {name: plain(value) for name, value in dict(trial.config).items()}
                print(json.dumps({"ask": assignment}), flush=True)
                told = json.loads(next(lines))
                before = time.process_time()
                cost = told["values"][0] + 1000 * sum(max(0.0, passed) for passed in told.get("constraints", []))
                smac.tell(trial, TrialValue(cost=cost))
                spent += time.process_time() - before
        print(json.dumps({"end": {"samplerSeconds": spent}}), flush=True)


main()
