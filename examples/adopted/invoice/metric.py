def same_order(example, prediction, trace=None):
    wanted, got = example.order, prediction.order.model_dump()
    parts = [wanted["customer"] == got["customer"], wanted["express"] == got["express"], example.mood == prediction.mood]
    wanted_lines = {line["article"]: line["quantity"] for line in wanted["lines"]}
    parts.append(wanted_lines == {line["article"]: line["quantity"] for line in got["lines"]})
    return sum(parts) / len(parts)
