def holds_answer(example, prediction, trace=None):
    return example.answer in prediction.answer
