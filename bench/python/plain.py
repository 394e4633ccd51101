"""Plain DSPy on the same module, its model answering at once: reads a number of calls a line, prints milliseconds a call."""

import sys
import time

import dspy
from dspy.utils.dummies import DummyLM

dspy.configure_cache(enable_disk_cache=False, enable_memory_cache=False)




lm = DummyLM(iter(lambda: {"answer": "yes"}, None))
predict = dspy.Predict("question -> answer")
with dspy.context(lm=lm, disable_history=True):
    for line in sys.stdin:
        calls = int(line)
        begin = time.perf_counter()
        for i in range(calls):
            assert predict(question=f"q{i}").answer == "yes"
        print((time.perf_counter() - begin) * 1000 / calls, flush=True)
