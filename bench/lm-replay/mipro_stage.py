"""The search stage of DSPy's MIPROv2, its own code, on tables of recorded scores.

`MIPROv2._optimize_prompt_parameters` is called as `compile` would call it after bootstrapping and proposing. The program is
a stand-in with one predictor for each dimension whose "instructions" are the indices of its choices, and evaluating looks
scores up, so that dimensions MIPROv2 does not have can be searched by it, too.

In:  a JSON file {"<space>": {"dimensions": [{"name", "choices"}], "scores": {"0,1,...": "0110..."}, "trials": n, "seeds": [..]}}
Out: a JSON Line for each space and seed: {"space", "seed", "evaluations": [{"key", "examples", "full", "score"}], "winner"}
"""
import json
import logging
import sys
import types

import dspy
from dspy.teleprompt import MIPROv2

logging.disable(logging.CRITICAL)
MINIBATCH, FULL_EVERY = 35, 5


class StandIn(dspy.Module):
    def __init__(self, dimensions):
        super().__init__()
        for k in range(dimensions):
            setattr(self, f"d{k}", dspy.Predict(dspy.Signature("input -> output", "0")))


def key_of(program):
    return ",".join(predictor.signature.instructions for predictor in program.predictors())


def search(space, seed):
    scores, log = space["scores"], []

    def evaluate(program, devset, callback_metadata):
        key = key_of(program)
        score = 100.0 * sum(scores[key][k] == "1" for k in devset) / len(devset)
        full = callback_metadata["metric_key"] == "eval_full"
        log.append({"key": key, "examples": len(devset), "full": full, "score": score})
        return types.SimpleNamespace(score=score)

    sizes = [len(dimension["choices"]) for dimension in space["dimensions"]]
    valset = list(range(len(next(iter(scores.values())))))
    optimizer = MIPROv2(metric=lambda *_: 0, prompt_model=object(), task_model=object(), auto="light", seed=seed)
    optimizer._set_random_seeds(seed)
    # As compile does with `auto`: the validation examples in an order of the seed.
    valset = optimizer.rng.sample(valset, len(valset))
    best = optimizer._optimize_prompt_parameters(
        StandIn(len(sizes)),
        {k: [str(choice) for choice in range(size)] for k, size in enumerate(sizes)},
        None,
        evaluate,
        valset,
        space["trials"],
        len(valset) > 50 and MINIBATCH < len(valset),
        MINIBATCH,
        FULL_EVERY,
        seed,
    )
    return {"evaluations": log, "winner": key_of(best)}


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        spaces = json.load(file)
    for name, space in spaces.items():
        for seed in space["seeds"]:
            print(json.dumps({"space": name, "seed": seed, **search(space, seed)}), flush=True)


main()
