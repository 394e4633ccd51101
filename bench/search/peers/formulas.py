"""The objectives of suite.json by formula id: the twin of formulas.ts, checked against it before a bench is believed.

In: a JSON line {"formula", "assignment"} each; out: a line with the list of values.
"""
import json
import math
import sys

ACKLEY_OPTIMUM = [3.1, -2.4, 1.7, -3.6, 2.2, -3, 2, 4]
FAR = {"a": 1.4, "b": 0.7, "c": 0, "d": 2.1, "e": 2.8}


def branin_mixed(a):
    shape = a["shape"]
    shift = 1.5 if shape in ("shifted", "both") else 0
    scale = 1.4 if shape in ("scaled", "both") else 1
    penalty = {"plain": 0, "shifted": 2, "scaled": 4, "both": 6}[shape]
    x, y = a["x"] + shift, a["y"]
    curve = y - (5.1 / (4 * math.pi**2)) * x * x + (5 / math.pi) * x - 6
    return [scale * (curve * curve + 10 * (1 - 1 / (8 * math.pi)) * math.cos(x) + 10) + penalty]


def ackley_mixed(a):
    z = [a[f"x{k}"] for k in range(5)] + [a[f"i{k}"] for k in range(3)]
    z = [value - optimum for value, optimum in zip(z, ACKLEY_OPTIMUM)]
    for k in range(len(z) - 1):
        p, q = z[k], z[k + 1]
        z[k] = math.cos(0.4) * p - math.sin(0.4) * q
        z[k + 1] = math.sin(0.4) * p + math.cos(0.4) * q
    z += [FAR[a["c0"]], FAR[a["c1"]]]
    squares = sum(value * value for value in z) / len(z)
    waves = sum(math.cos(2 * math.pi * value) for value in z) / len(z)
    return [20 - 20 * math.exp(-0.2 * math.sqrt(squares)) + math.e - math.exp(waves)]


def rastrigin_int(a):
    optimum = [1, -2, 0, 2, 0.6, -1.1, 0.2, 1.7]
    x = [a[f"i{k}"] for k in range(4)] + [a[f"x{k}"] for k in range(4)]
    x = [value - best for value, best in zip(x, optimum)]
    return [sum(4 + value * value - 4 * math.cos(2 * math.pi * value * 0.5) for value in x)]


def rosenbrock_log(a):
    stiff = {"mild": 5, "middle": 20, "hard": 100}[a["condition"]]
    total = {"mild": 0.5, "middle": 0, "hard": 0.2}[a["condition"]]
    z = [math.log10(a[name]) * 0.8 for name in "abcd"]
    for here, following in zip(z, z[1:]):
        total += stiff * (following - here * here) ** 2 + (1 - here) ** 2
    return [total]


def conditional_tree(a):
    t, module = a["temperature"], a["module"]
    if module == "predict":
        style = 0 if a["style"] == "plain" else 0.05
        return [0.25 + 0.02 * abs(a["demos"] - 5) + style + 0.1 * (t - 0.2) ** 2]
    if module == "cot":
        hint = 0 if a["hint"] else 0.06
        return [0.12 + 0.05 * abs(a["depth"] - 3) + hint + 0.3 * (a["top_p"] - 0.8) ** 2 + 0.15 * (t - 0.7) ** 2]
    if module == "react":
        tool = {"both": 0, "search": 0.1}.get(a["tool"], 0.3)
        patience = 0.08 * math.log10(a["patience"] / 0.5) ** 2
        return [tool + 0.02 * abs(a["steps"] - 7) + patience + 0.2 * (t - 1) ** 2]
    vote = 0 if a["vote"] == "judge" else 0.08
    spread = 0.25 * (a["spread"] - 0.4) ** 2
    weighting = 0 if a["weighting"] else 0.03
    return [0.05 + 0.02 * abs(a["members"] - 5) + vote + spread + weighting + 0.12 * (t - 1.2) ** 2]


MODEL_LOSS = [[0.4, 0.2, 0.05, 0], [0.1, 0, 0.1, 0.3], [0.3, 0.2, 0, 0.1], [0.2, 0, 0.05, 0.1]]
STYLE_LOSS = [[0.1, 0, 0.2], [0, 0.05, 0.1], [0.2, 0, 0.1], [0.1, 0.05, 0]]
BEST_DEMOS = [2, 6, 4, 3]
BEST_TEMPERATURE = [0.2, 0.6, 0.9, 0.5]


def shared_program(a):
    style = ["terse", "plain", "formal"].index(a["style"])
    loss, previous = 0, -1
    for m in range(4):
        model = ["s", "m", "l", "xl"].index(a[f"model{m}"])
        demos = a[f"demos{m}"]
        loss += MODEL_LOSS[m][model] + STYLE_LOSS[m][style]
        loss += 0.01 * (demos - BEST_DEMOS[m]) ** 2 + 0.5 * (a["temperature"] - BEST_TEMPERATURE[m]) ** 2
        if previous >= 0 and previous != model:
            loss += 0.08
        loss += 0.015 * abs(demos - (6 - 1.5 * model))
        previous = model
    return [loss]


WORTH = [9, 14, 6, 11, 17, 5, 8, 12]
COST = [10, 17, 6, 12, 22, 4, 11, 13]
LATENCY = [7, 9, 5, 10, 8, 3, 4, 12]


def knapsack(a):
    n = [a[f"n{k}"] for k in range(8)]
    worth = sum(WORTH[k] * n[k] ** 0.8 for k in range(8))
    for k in range(7):
        worth += 2.5 * min(n[k], n[k + 1]) * (1 if k % 2 == 0 else -1)
    return [-worth, sum(COST[k] * n[k] for k in range(8)), sum(LATENCY[k] * n[k] for k in range(8))]


if __name__ == "__main__":
    for line in sys.stdin:
        request = json.loads(line)
        print(json.dumps(globals()[request["formula"]](request["assignment"])), flush=True)
