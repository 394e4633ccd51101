def right_kind(example, prediction, trace=None):
    return float(example.kind == prediction.kind)
