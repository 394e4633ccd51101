"""A branch: what a ticket is about decides which predictor answers it."""

from typing import Literal

import dspy


class Classify(dspy.Signature):
    """Say what the ticket is about."""

    ticket: str = dspy.InputField()
    kind: Literal["billing", "technical", "other"] = dspy.OutputField()


class Triage(dspy.Module):
    def __init__(self):
        super().__init__()
        self.classify = dspy.Predict(Classify)
        self.billing = dspy.Predict("ticket -> reply", temperature=0.2)
        self.technical = dspy.ChainOfThought("ticket -> reply")

    def forward(self, ticket: str) -> dspy.Prediction:
        kind = self.classify(ticket=ticket).kind
        if kind == "billing":
            reply = self.billing(ticket=ticket).reply
        elif kind == "technical":
            reply = self.technical(ticket=ticket).reply
        else:
            reply = "Thank you. A person will read this."
        return dspy.Prediction(kind=kind, reply=reply)
