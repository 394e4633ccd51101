import dspy


def grounded(example, prediction, trace=None):
    """Right, and found in the first place; with a word on what was missing for optimizers that read one."""
    found = any(example.answer.lower() in passage.lower() for passage in prediction.context)
    right = example.answer.lower() in prediction.answer.lower()
    feedback = "right" if right else f"wanted {example.answer!r}" + ("" if found else ", which was not retrieved")
    return dspy.Prediction(score=float(right), feedback=feedback)
