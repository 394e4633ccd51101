"""Writes what real DSPy programs save, and the messages they send: what an import must reproduce.

usage: make.py FILE.json
"""

import enum
import json
import logging
import os
import sys
import tempfile
import warnings
from pathlib import Path
from typing import Literal, Optional

os.environ.setdefault("DSPY_CACHEDIR", str(Path(sys.prefix) / "dspy-cache"))
warnings.simplefilter("ignore")
logging.disable(logging.CRITICAL)

from importlib.metadata import version  # noqa: E402

import dspy  # noqa: E402
import pydantic  # noqa: E402


class Color(enum.Enum):
    RED = "red"
    DARK_GREEN = "dark green"


class Person(pydantic.BaseModel):
    name: str
    age: int
    email: Optional[str] = None


class Rag(dspy.Module):
    """A retriever's query, then an answer; the members stand in lists and dicts, too."""

    def __init__(self):
        super().__init__()
        self.query = dspy.ChainOfThought(dspy.Signature("question -> query", "Write a search query.\n\n  Keep it short – «five words» at most."))
        self.answer = dspy.ChainOfThought("context: list[str], question -> answer, confidence: float")
        self.checks = [dspy.Predict("answer -> harmful: bool"), dspy.ChainOfThought("answer, context: list[str] -> supported: bool")]
        self.style = {"formal tone": dspy.Predict("answer, year: int | None -> rewritten: str")}


def rag():
    program = Rag()
    answer = program.answer.predict
    answer.demos = [
        dspy.Example(augmented=True, context=["Paris is the capital.", "It's «big»"], question="What is the capital?", reasoning="It says so.", answer="Paris", confidence=1.0),
        dspy.Example(question="Who?", answer="She", confidence=0.25).with_inputs("question"),
    ]
    answer.signature = answer.signature.with_instructions("Answer from the context.\nSay how sure you are.")
    answer.lm = dspy.LM("openai/gpt-4o-mini", temperature=0.7, max_tokens=300, num_retries=5, top_p=0.9)
    program.checks[0].lm = dspy.LM("anthropic/claude-3-5-haiku-latest", temperature=0.0)
    mapping = {
        "predictors": {
            "query": {"type": "chain_of_thought", "signature": "question -> query"},
            "answer": "context: list[str], question -> answer, confidence: float",
            "checks[0]": "answer -> harmful: bool",
            "checks[1]": "answer, context: list[str] -> supported: bool",
            "style['formal tone']": "answer, year: int | None -> rewritten: str",
        }
    }
    inputs = {
        "query.predict": {"question": "What is the capital of France?"},
        "answer.predict": {"context": ["a", "b\nc"], "question": "Why?"},
        "checks[0]": {"answer": "No"},
        "checks[1].predict": {"answer": "No", "context": []},
        "style['formal tone']": {"answer": "No", "year": 3},
    }
    return program, mapping, inputs


def alone():
    program = dspy.Predict(dspy.Signature("ticket -> queue: Literal['billing', 'it''s']", "Sort the ticket."))
    program.demos = [dict(ticket="invoice", queue="billing"), dict(ticket="half")]
    return program, "ticket -> queue: Literal['billing', 'it''s']", {"self": {"ticket": "x"}}


def labelled():
    """COPRO writes a label of its own to the last field; hand-written ones stand anywhere."""
    signature = dspy.Signature({"text": (str, dspy.InputField(desc="what was written", prefix="The text:")), "mood": (str, dspy.OutputField(desc="one word"))}, "Judge.")
    program = dspy.Predict(signature)
    program.signature = program.signature.with_updated_fields("mood", prefix="So the mood must be:")
    return program, {"inputs": [{"name": "text", "prefix": "The text:"}], "outputs": [{"name": "mood"}]}, {"self": {"text": "ha"}}


def typed():
    class Extract(dspy.Signature):
        """Find the person."""

        text: str = dspy.InputField(desc="where to look", min_length=3)
        limit: int = dspy.InputField(default=2, gt=0)
        person: Person = dspy.OutputField()
        colors: list[Color] = dspy.OutputField()
        shade: Color = dspy.OutputField()
        label: Literal["a", "b"] = dspy.OutputField(desc="which")

    program = dspy.Predict(Extract)
    program.demos = [dspy.Example(text="Ann, 7, red", limit=1, person=Person(name="Ann", age=7), colors=["red"], shade="red", label="a")]
    color = {"kind": "enum", "name": "Color", "members": [{"name": m.name, "value": m.value} for m in Color]}
    person = {"kind": "model", "name": "Person", "schema": Person.model_json_schema()}
    mapping = {
        "inputs": [{"name": "text", "constraints": {"min_length": 3}}, {"name": "limit", "type": "int", "default": 2, "constraints": {"gt": 0}}],
        "outputs": [
            {"name": "person", "type": person},
            {"name": "colors", "type": {"kind": "list", "item": color}},
            {"name": "shade", "type": color},
            {"name": "label", "type": "Literal['a', 'b']"},
        ],
    }
    return program, mapping, {"self": {"text": "Bob", "limit": 3}}


def react():
    def search(query: str, k: int = 3) -> list[str]:
        """Searches the documents."""
        return []

    class Agent(dspy.Module):
        def __init__(self):
            super().__init__()
            self.agent = dspy.ReAct(dspy.Signature("question -> answer, sources: list[str]", "Answer with sources."), tools=[search])

    program = Agent()
    program.agent.react.demos = [dict(question="q", trajectory="none", next_thought="t", next_tool_name="finish", next_tool_args={})]
    program.agent.extract.predict.demos = [dict(question="q", trajectory="none", reasoning="r", answer="a", sources=["s"])]
    tool = {
        "name": "search",
        "description": "Searches the documents.",
        "parameters": {"type": "object", "properties": {"query": {"type": "string"}, "k": {"type": "integer", "default": 3}}, "required": ["query"]},
        "kind": "python",
        "python": {"function": "tools:search"},
    }
    mapping = {"predictors": {"agent": {"type": "react", "signature": "question -> answer, sources: list[str]", "tools": [tool]}}}
    inputs = {"agent.react": {"question": "q", "trajectory": ""}, "agent.extract.predict": {"question": "q", "trajectory": "[[ ## a ## ]]"}}
    return program, mapping, inputs


PROGRAMS = [rag, alone, labelled, typed, react]


def case(make, folder):
    program, mapping, inputs = make()
    path = Path(folder) / f"{make.__name__}.json"
    program.save(path)
    if isinstance(program, dspy.Predict):
        predictors = {"self": program}
    else:
        predictors = dict(program.named_parameters())
        # What is saved is what is loaded: demos lose their classes on the way.
        program.load(path)
    messages = {name: dspy.ChatAdapter().format(one.signature, [dict(demo) for demo in one.demos], inputs[name]) for name, one in predictors.items()}
    return {"name": make.__name__, "state": path.read_text(encoding="utf-8"), "mapping": mapping, "inputs": inputs, "messages": messages}


def main():
    major, minor = sys.version_info[:2]
    versions = {"python": f"{major}.{minor}", "dspy": version("dspy"), "pydantic": version("pydantic")}
    with tempfile.TemporaryDirectory() as folder:
        cases = [case(make, folder) for make in PROGRAMS]
    Path(sys.argv[1]).write_text(json.dumps({"versions": versions, "cases": cases}, indent=1) + "\n", encoding="ascii")


if __name__ == "__main__":
    main()
