"""What DSPy's COPRO does with a scripted model: which instructions it measures in which order, which attempts it shows
to the prompt model with which scores, and what it ends with.

usage: copro.py GOLDEN_JSON
"""

import json
import logging
import os
import re
import sys
from pathlib import Path

os.environ.setdefault("DSPY_CACHEDIR", str(Path(sys.prefix) / "dspy-cache"))

import dspy  # noqa: E402
from dspy.teleprompt import COPRO  # noqa: E402

logging.disable(logging.CRITICAL)
EXAMPLES = 20


def value(instruction: str) -> float:
    """In [0, 1): depends on the letters alone, and few instructions share it."""
    total = 0
    for index, letter in enumerate(instruction):
        total = (total * 31 + ord(letter) * (index + 1)) % 9973
    return total / 9973


class Scripted(dspy.LM):
    """Writes `round/index` proposals; answers right on as many examples as the instruction is worth."""

    def __init__(self, name: str):
        super().__init__("scripted/model", cache=False)
        self.name, self.batches, self.asked = name, {}, []

    def __call__(self, prompt=None, messages=None, **kwargs):
        text = "\n".join(message["content"] for message in messages)
        user = messages[-1]["content"]
        if "proposed_instruction" in text:
            self.asked.append(user)
            key = "basic" if "basic_instruction" in text else "attempts"
            batch = self.batches.get("n", 0)
            self.batches["n"] = batch + 1
            count = kwargs.get("n", 1)
            said = [f"{self.name} {key} {batch} {index}." for index in range(count)]
            return [
                "[[ ## proposed_instruction ## ]]\n" + one
                + "\n\n[[ ## proposed_prefix_for_output_field ## ]]\nAnswer:\n\n[[ ## completed ## ]]"
                for one in said
            ]
        raise AssertionError(text)


class Program(dspy.Module):
    """Predictors without a model: what they say depends on their instructions alone."""

    def __init__(self, instructions):
        super().__init__()
        self.steps = [dspy.Predict(dspy.Signature("text -> label", one)) for one in instructions]

    def forward(self, text):
        worth = [value(step.signature.instructions) for step in self.steps]
        return dspy.Prediction(label=str(sum(worth) / len(worth) * EXAMPLES > int(text)))


def case(name, instructions, breadth, depth):
    model = Scripted(name)
    measured = []

    def metric(example, prediction, trace=None):
        return float(prediction.label == "True")

    train = [dspy.Example(text=str(n)).with_inputs("text") for n in range(EXAMPLES)]
    program = Program(instructions)
    optimizer = COPRO(prompt_model=model, metric=metric, breadth=breadth, depth=depth)
    best = optimizer.compile(program, trainset=train, eval_kwargs={"num_threads": 1, "display_progress": False})
    for candidate in best.candidate_programs:
        measured.append({"instruction": candidate["instruction"], "score": candidate["score"], "depth": candidate["depth"]})
    attempts = [
        [
            [re.search(r"Instruction #\d+: (.*)", first).group(1), float(re.search(r"Score #\d+: (.*)", second).group(1))]
            for first, second in zip(
                re.findall(r"Instruction #\d+: [^\n»]*", one), re.findall(r"Resulting Score #\d+: [\d.]+", one)
            )
        ]
        for one in model.asked
        if "Resulting Score" in one
    ]
    return {
        "name": name,
        "instructions": instructions,
        "breadth": breadth,
        "depth": depth,
        "examples": EXAMPLES,
        "questions": len(model.asked),
        "attempts": attempts,
        "evaluations": best.total_calls,
        "measured": measured,
        "best": [step.signature.instructions for step in best.steps],
    }


cases = [
    case("alpha", ["Say whether."], 4, 3),
    case("beta", ["Sort it out."], 6, 2),
    case("gamma", ["Decide."], 3, 5),
    case("delta", ["Is it?"], 10, 3),
    case("epsilon", ["First look.", "Then say."], 4, 3),
]
text = json.dumps({"dspy": dspy.__version__, "python": ".".join(map(str, sys.version_info[:2])), "cases": cases}, indent=2)
Path(sys.argv[1]).write_text(text + "\n")
