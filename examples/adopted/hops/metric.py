def answered(example, prediction, trace=None):
    return example.answer.lower() in prediction.answer.lower()
