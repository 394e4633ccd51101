"""DSPy's modules that dspex does not serve natively, with clear words for inputs they would stumble over."""

from typing import Any

import dspy

from .failures import Failed


class Comparison(dspy.MultiChainComparison):
    """`completions`: as many attempts as it was made for, each with `reasoning` (or `rationale`) and the last output."""

    def forward(self, completions: list[dict], **inputs: Any) -> dspy.Prediction:
        if len(completions) != self.M:
            raise Failed("Input.Invalid", f"completions: wanted {self.M} attempts (options.n), there are {len(completions)}")
        for i, attempt in enumerate(completions):
            for wanted in (("reasoning", "rationale"), (self.last_key,)):
                if all(attempt.get(name) is None for name in wanted):
                    raise Failed("Input.Invalid", f"completions/{i}: wanted {' or '.join(wanted)}; there is {', '.join(attempt) or 'nothing'}")
        return super().forward([{**one, "reasoning": str(one.get("rationale", one.get("reasoning")))} for one in completions], **inputs)
