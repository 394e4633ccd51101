"""Traigent's local search as a peer; lines as in optuna_peer.py. Without its cloud service it has grid and random search.

It knows no conditions between variables: what does not exist under the others is left out of what it suggests.
"""
import json
import logging
import sys
import time

logging.disable(logging.CRITICAL)
from traigent.optimizers.random import RandomSearchOptimizer


def main():
    lines = iter(sys.stdin)
    for line in lines:
        start = json.loads(line)["start"]
        space = {}
        for v in start["variables"]:
            kind = v["type"]
            if kind == "float":
                scale = {"type": "float", "low": v["min"], "high": v["max"], "log": True}
                space[v["name"]] = scale if v.get("log") else (float(v["min"]), float(v["max"]))
            elif kind == "integer":
                space[v["name"]] = (int(v["min"]), int(v["max"]))
            else:
                space[v["name"]] = [False, True] if kind == "boolean" else v["choices"]
        search = RandomSearchOptimizer(space, ["cost"], max_trials=start["trials"], random_seed=start["seed"])
        spent = 0.0
        for _ in range(start["trials"]):
            before = time.process_time()
            drawn = search.suggest_next_trial([])
            spent += time.process_time() - before
            assignment = {}
            for v in start["variables"]:
                if all(assignment.get(name) == value for name, value in v.get("when", {}).items()):
                    assignment[v["name"]] = drawn[v["name"]]
            print(json.dumps({"ask": assignment}), flush=True)
            next(lines)
        print(json.dumps({"end": {"samplerSeconds": spent}}), flush=True)


main()
