def same_verdict(example, prediction, trace=None):
    return example.verdict == prediction.verdict
