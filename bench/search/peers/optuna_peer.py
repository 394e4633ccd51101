"""Optuna's samplers as a peer: JSON Lines on standard streams, any number of searches one after the other.

In:  {"start": {"sampler", "seed", "trials", "variables", "objectives", "constraints", "parallel"}}, then {"values": [...]} for
each ask. With `parallel` n a trial rests on those up to n before it, as if n ran at the same time.
Out: {"ask": {...}} and, when a search is over, {"end": {"samplerSeconds": CPU seconds spent on suggesting and telling}}.
"""
import json
import sys
import time
import warnings

import optuna

warnings.filterwarnings("ignore")
optuna.logging.set_verbosity(optuna.logging.ERROR)


def constraints_of(trial):
    return trial.user_attrs.get("constraints", [0.0])


SAMPLERS = {
    "optuna_tpe": lambda seed, c: optuna.samplers.TPESampler(seed=seed, constraints_func=c),
    "optuna_tpe_multivariate_group": lambda seed, c: optuna.samplers.TPESampler(
        seed=seed, multivariate=True, group=True, constraints_func=c
    ),
    # The advice for batches: what still runs counts as bad.
    "optuna_tpe_by8": lambda seed, c: optuna.samplers.TPESampler(
        seed=seed, multivariate=True, group=True, constant_liar=True, constraints_func=c
    ),
    "optuna_nsga2": lambda seed, c: optuna.samplers.NSGAIISampler(seed=seed, constraints_func=c),
    "optuna_random": lambda seed, c: optuna.samplers.RandomSampler(seed=seed),
    "optuna_gp": lambda seed, c: optuna.samplers.GPSampler(seed=seed, constraints_func=c),
}


def suggest(trial, variables):
    assignment = {}
    for v in variables:
        if any(name not in assignment or assignment[name] != value for name, value in v.get("when", {}).items()):
            continue
        name, kind = v["name"], v["type"]
        if kind == "float":
            assignment[name] = trial.suggest_float(name, v["min"], v["max"], step=v.get("step"), log=v.get("log", False))
        elif kind == "integer":
            assignment[name] = trial.suggest_int(name, v["min"], v["max"], step=v.get("step", 1), log=v.get("log", False))
        elif kind == "boolean":
            assignment[name] = trial.suggest_categorical(name, [False, True])
        else:
            assignment[name] = trial.suggest_categorical(name, v["choices"])
    return assignment


def main():
    lines = iter(sys.stdin)
    for line in lines:
        start = json.loads(line)["start"]
        constraint = constraints_of if start.get("constraints", 0) else None
        sampler = SAMPLERS[start["sampler"]](start["seed"], constraint)
        study = optuna.create_study(directions=[o["goal"] for o in start["objectives"]], sampler=sampler)
        spent = 0.0
        running = []
        for number in range(start["trials"] + start.get("parallel", 1) - 1):
            before = time.process_time()
            asked = number < start["trials"]
            if asked:
                trial = study.ask()
                assignment = suggest(trial, start["variables"])
                running.append(trial)
            spent += time.process_time() - before
            if asked:
                print(json.dumps({"ask": assignment}), flush=True)
            if number + 1 < start.get("parallel", 1):
                continue
            told = json.loads(next(lines))
            before = time.process_time()
            trial = running.pop(0)
            if "constraints" in told:
                trial.set_user_attr("constraints", told["constraints"])
            study.tell(trial, told["values"])
            spent += time.process_time() - before
        print(json.dumps({"end": {"samplerSeconds": spent}}), flush=True)


main()
