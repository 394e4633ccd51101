"""How good an answer is, asked where the reward is kept. A file of its own: dspy.Refine shows a model its source."""

import dspy

from .call import current
from .values import to_json


def reward(args: dict, prediction: dspy.Prediction) -> float:
    call = current()
    if call is None:
        raise RuntimeError("a reward is asked for outside of any operation")
    outputs = {name: to_json(value) for name, value in prediction.items()}
    return call.ask("reward", {"outputs": outputs}).result()["reward"]
