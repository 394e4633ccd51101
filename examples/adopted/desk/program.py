"""An agent: ReAct over two plain Python functions."""

import dspy

STOCK = {"lamp": 4, "chair": 0, "desk": 2, "shelf": 7}
PRICES = {"lamp": 30, "chair": 85, "desk": 240, "shelf": 60}


def stock(item: str) -> int:
    """How many of the item are in stock."""
    return STOCK[item.lower()]


def price(item: str) -> int:
    """What one piece of the item costs, in euros."""
    return PRICES[item.lower()]


class ShopDesk(dspy.Module):
    def __init__(self):
        super().__init__()
        self.agent = dspy.ReAct("question -> answer", tools=[stock, price], max_iters=4)

    def forward(self, question: str) -> dspy.Prediction:
        return self.agent(question=question)
