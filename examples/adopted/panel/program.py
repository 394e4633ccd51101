"""Asynchronous: three readers at once, and a fourth that weighs what they say."""

import asyncio

import dspy


class Panel(dspy.Module):
    VIEWS = ("clarity", "truth", "tone")

    def __init__(self):
        super().__init__()
        self.reader = dspy.Predict("text, view -> grade: int")
        self.chair = dspy.Predict("text, grades: list[int] -> verdict: bool")

    async def aforward(self, text: str) -> dspy.Prediction:
        readings = await asyncio.gather(*(self.reader.acall(text=text, view=view) for view in self.VIEWS))
        grades = [reading.grade for reading in readings]
        verdict = await self.chair.acall(text=text, grades=grades)
        return dspy.Prediction(grades=grades, verdict=verdict.verdict)
