"""One measurement of DSPy in a process of its own: `peer_dspy.py CASE COUNT URL`; prints JSON."""

import json
import logging
import os
import resource
import sys
import time

import dspy

logging.disable(logging.CRITICAL)
NAME, COUNT, URL = sys.argv[1], int(sys.argv[2]), sys.argv[3]
SIGNATURES = [
    "question -> answer",
    "question, contextPassages: list[str] -> answer, confidenceScore: float",
    "tweetText: str -> moodLabel: Literal['positive', 'negative', 'neutral'], score: float, tags: list[str]",
    "articleBody: str, lengthLimit: Optional[int] -> summaryText: str, factList: dict[str, list[str]], yearNumber: int | None",
]


def per_call(work):
    rounds = []
    for _ in range(3):
        start = time.perf_counter()
        for turn in range(COUNT):
            work(turn)
        rounds.append((time.perf_counter() - start) / COUNT * 1e6)
    return min(rounds)


def model():
    return dspy.LM("openai/mock", api_base=URL, api_key="none", cache=False)


def signature():
    return per_call(lambda turn: dspy.Signature(SIGNATURES[turn % 4]))


def prompt():
    ticket = dspy.Signature("ticket -> reasoning, queue: Literal['billing', 'technical', 'sales'], urgent: bool")
    demos = [dict(ticket=f"My invoice number {n} shows a sum I did not agree to.", reasoning="The customer disputes a sum.", queue="billing", urgent=n % 2 == 0) for n in range(4)]
    inputs = dict(ticket="The application does not start since the update of this morning.")
    answer = "[[ ## reasoning ## ]]\nA fault.\n\n[[ ## queue ## ]]\ntechnical\n\n[[ ## urgent ## ]]\nTrue\n\n[[ ## completed ## ]]\n"
    adapter = dspy.ChatAdapter()
    return per_call(lambda _: (adapter.format(ticket, demos, dict(inputs)), adapter.parse(ticket, answer)))


def call():
    from dspy.utils import DummyLM

    ask = dspy.Predict("ticketText -> queueLabel")
    with dspy.context(lm=DummyLM([{"queueLabel": "spam"}] * (COUNT * 3)), disable_history=True):
        return per_call(lambda turn: ask(ticketText=f"hello {turn}"))


def evaluate():
    ask = dspy.Predict("ticketText -> queueLabel")

    def run(prefix, size):
        examples = [dspy.Example(ticketText=f"{prefix} {n}", queueLabel="spam").with_inputs("ticketText") for n in range(size)]
        metric = lambda example, pred, trace=None: example.queueLabel == pred.queueLabel  # noqa: E731
        result = dspy.Evaluate(devset=examples, metric=metric, num_threads=256, display_progress=False)(ask)
        if result.score != 100.0:
            raise RuntimeError(f"wanted 100.0, there was {result.score}")

    with dspy.context(lm=model()):
        run("warm", 256)
        start, used = time.perf_counter(), time.process_time()
        run("e", COUNT)
        CPU_US.append((time.process_time() - used) / COUNT * 1e6)
        return COUNT / (time.perf_counter() - start)


CPU_US = []


def cpu():
    evaluate()
    return CPU_US[-1]


def memory():
    evaluate()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def first():
    with dspy.context(lm=model()):
        answer = dspy.Predict("ticketText -> queueLabel")(ticketText="hello").queueLabel
    if answer != "spam":
        raise RuntimeError(f"wanted spam, there was {answer}")
    return 0


real, sys.stdout = sys.stdout, sys.stderr
value = {f.__name__: f for f in (signature, prompt, call, evaluate, cpu, memory, first)}[NAME]()
print(json.dumps(value), file=real, flush=True)
os._exit(0)
