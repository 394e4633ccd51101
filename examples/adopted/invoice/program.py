"""Typed outputs: a nested pydantic model is read out of a letter."""

from typing import Literal, Optional

import dspy
import pydantic


class Line(pydantic.BaseModel):
    article: str
    quantity: int = pydantic.Field(ge=1)


class Order(pydantic.BaseModel):
    customer: str
    lines: list[Line]
    express: bool = False
    note: Optional[str] = None


class ReadOrder(dspy.Signature):
    """Read the order out of the letter."""

    letter: str = dspy.InputField()
    order: Order = dspy.OutputField()
    mood: Literal["friendly", "neutral", "angry"] = dspy.OutputField()


class OrderReader(dspy.Module):
    def __init__(self):
        super().__init__()
        self.read = dspy.Predict(ReadOrder)

    def forward(self, letter: str) -> dspy.Prediction:
        result = self.read(letter=letter)
        pieces = sum(line.quantity for line in result.order.lines)
        return dspy.Prediction(order=result.order, mood=result.mood, pieces=pieces)
