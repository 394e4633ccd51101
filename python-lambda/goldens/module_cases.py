"""What DSPy's modules ask a model, call by call: a scripted model answers, and every prompt it was given is kept.

The same scripts are played to dspex, whose prompts must be the same bytes. Two things are put in place of what only Python
has: an error of a tool is its message without a traceback, and Refine shows the text of a case in place of source code.
"""

import contextlib
import io
import json
import types

import dspy
from dspy.predict import react as react_module
from dspy.predict.aggregation import majority

from shapes import Field, Shape, to_json

ADAPTERS = {"chat": dspy.ChatAdapter, "json": dspy.JSONAdapter, "xml": dspy.XMLAdapter}
TOO_LONG = {"tooLong": True}


def chat(**fields):
    blocks = [f"[[ ## {name} ## ]]\n{text(value)}" for name, value in fields.items()]
    return "\n\n".join(blocks) + "\n\n[[ ## completed ## ]]\n"


def as_json(**fields):
    return json.dumps(fields)


def as_xml(**fields):
    return "\n".join(f"<{name}>{text(value)}</{name}>" for name, value in fields.items())


def text(value):
    return value if isinstance(value, str) else json.dumps(value)


WRITE = {"chat": chat, "json": as_json, "xml": as_xml}


def step(thought, tool, args):
    return {"next_thought": thought, "next_tool_name": tool, "next_tool_args": args}


SEARCH = {
    "name": "search",
    "description": "Searches the web.\nGives the best passages.",
    "parameters": {"type": "object", "properties": {"query": {"type": "string"}, "k": {"type": "integer", "default": 3}}, "required": ["query"]},
}
LOOKUP = {
    "name": "lookup",
    "description": "",
    "parameters": {
        "type": "object",
        "properties": {
            "key": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None, "description": "it's the \"key\""},
            "flags": {"type": "array", "items": {"enum": ["a", "b"]}, "default": []},
            "deep": {"type": "object", "additionalProperties": True},
            "exact": {"type": "boolean", "default": True},
        },
    },
}
NOW = {"name": "now", "description": "Tells the time – «always» ☃.", "parameters": {"type": "object", "properties": {}}}

QUESTION = Shape("question -> answer")
TYPED = Shape(
    inputs=[Field("context", "list[str]", "what is known"), Field("limit", "float", constraints={"gt": 0})],
    outputs=[Field("answer", "Literal['yes', 'no']"), Field("confidence", "float", "how sure")],
    instructions="Judge the claim.\n\n    Be brief.",
)

OBSERVED = {
    "search": ["plain text", ["one passage"], ["first\nof two", "second «quoted»"], {"hits": 2, "list": [1, 2.5, None, True]}, [], "", 7, 2.5, True, None],
    "lookup": [{"fails": "no such key: k"}, "found", {"a": {"b": "ü"}}],
    "now": ["2026-11-23T01:02:03Z", "later", "later still"],
}


def react_cases():
    for adapter in ADAPTERS:
        yield case(f"react, {adapter}: three rounds", "react", QUESTION, {"question": "Who?\nAnd why?"}, adapter, tools=[SEARCH, LOOKUP, NOW], script=[
            step("first", "search", {"query": "who"}), step("then\nmore", "lookup", {"key": "k"}), step("", "now", {}), step("done", "finish", {}),
            {"reasoning": "because", "answer": "me"}])
        yield case(f"react, {adapter}: typed fields", "react", TYPED, {"context": ["a", "b\nc"], "limit": 2.5}, adapter, tools=[SEARCH], script=[
            step("go", "search", {"query": "q", "k": 2}), step("end", "finish", {}), {"reasoning": "r", "answer": "yes", "confidence": 0.5}])
        yield case(f"react, {adapter}: every kind of observation", "react", QUESTION, {"question": "q"}, adapter, tools=[SEARCH],
                   script=[*[step(f"t{i}", "search", {"query": str(i)}) for i in range(10)], step("end", "finish", {}), {"reasoning": "r", "answer": "a"}])
        yield case(f"react, {adapter}: rounds used up", "react", QUESTION, {"question": "q"}, adapter, tools=[NOW], options={"maxIters": 2}, script=[
            step("a", "now", {}), step("b", "now", {}), {"reasoning": "r", "answer": "a"}])
        yield case(f"react, {adapter}: no tools", "react", QUESTION, {"question": "q"}, adapter, tools=[], script=[
            step("a", "finish", {}), {"reasoning": "r", "answer": "a"}])
    rounds = [step(f"t{i}", "search", {"query": str(i)}) for i in range(3)]
    end = [step("end", "finish", {}), {"reasoning": "r", "answer": "a"}]
    yield case("react: the oldest round is forgotten", "react", QUESTION, {"question": "q"}, "chat", tools=[SEARCH], script=[*rounds, TOO_LONG, *end])
    yield case("react: two rounds are forgotten", "react", QUESTION, {"question": "q"}, "chat", tools=[SEARCH], script=[*rounds, TOO_LONG, TOO_LONG, *end])
    yield case("react: too long three times ends the rounds", "react", QUESTION, {"question": "q"}, "chat", tools=[SEARCH],
               script=[*rounds, step("t3", "search", {"query": "3"}), TOO_LONG, TOO_LONG, TOO_LONG, {"reasoning": "r", "answer": "a"}])
    yield case("react: one round that is too long ends the rounds", "react", QUESTION, {"question": "q"}, "chat", tools=[SEARCH],
               script=[rounds[0], TOO_LONG, {"reasoning": "r", "answer": "a"}])
    yield case("react: an empty trajectory that is too long", "react", QUESTION, {"question": "q"}, "chat", tools=[SEARCH],
               script=[TOO_LONG, {"reasoning": "r", "answer": "a"}])
    yield case("react: the trajectory of the answer is shortened too", "react", QUESTION, {"question": "q"}, "chat", tools=[SEARCH],
               script=[*rounds, step("end", "finish", {}), TOO_LONG, {"reasoning": "r", "answer": "a"}])
    yield case("react: an unreadable round is asked for as JSON", "react", QUESTION, {"question": "q"}, "chat", tools=[NOW],
               script=[{"raw": "what?"}, {"raw": as_json(**step("x", "now", {}))}, *end])
    yield case("react: a round that names no tool fails", "react", QUESTION, {"question": "q"}, "chat", tools=[NOW],
               script=[step("x", "nothing", {}), {"raw": "still nothing"}])
    yield case("react: demos of both predictors", "react", QUESTION, {"question": "q"}, "chat", tools=[NOW], script=end, demos={
        "react": [{"augmented": True, "question": "d", "trajectory": "t", **step("x", "now", {"a": 1})}],
        "extract.predict": [{"question": "d", "trajectory": "t", "reasoning": "r", "answer": "a"}, {"question": "half", "answer": "b"}]})


def draw_cases():
    for kind in ("best_of_n", "refine"):
        for adapter in ("chat", "json", "xml"):
            yield case(f"{kind} of chain_of_thought, {adapter}: none is good enough", kind, QUESTION, {"question": "How?\n"}, adapter, of="chain_of_thought",
                       options={"n": 3, "threshold": 1}, rewards=[0.25, 0.75, 0.5],
                       script=advised(kind, [{"reasoning": f"r{i}", "answer": f"a{i}"} for i in range(3)], {"predict": "Be shorter."}))
        yield case(f"{kind} of predict, typed fields", kind, TYPED, {"context": ["x"], "limit": 3.0}, "chat", of="predict", options={"n": 2, "threshold": 0.9},
                   rewards=[0, 0.9], script=advised(kind, [{"answer": "no", "confidence": 1}, {"answer": "yes", "confidence": 0.5}], {"self": "N/A"}))
        yield case(f"{kind}: the second is good enough", kind, QUESTION, {"question": "q"}, "chat", of="predict", options={"n": 4, "threshold": 0.5},
                   rewards=[0.1, 0.5], script=advised(kind, [{"answer": "a"}, {"answer": "b"}], {"self": "Say b.", "other": "no"}))
        yield case(f"{kind}: a draw that cannot be read is passed over", kind, QUESTION, {"question": "q"}, "json", of="predict", options={"n": 3, "threshold": 1},
                   rewards=[0.5, 0.4], script=[{"raw": "nothing"}, *advised(kind, [{"answer": "a"}, {"answer": "b"}], {"self": "x"})])
        yield case(f"{kind}: too many failures", kind, QUESTION, {"question": "q"}, "json", of="predict", options={"n": 3, "threshold": 1, "failCount": 1},
                   rewards=[], script=[{"raw": "nothing"}, {"raw": "nothing"}, {"raw": "nothing"}])
        yield case(f"{kind}: a temperature of its own goes first", kind, QUESTION, {"question": "q"}, "chat", of="predict", options={"n": 2, "threshold": 1},
                   config={"temperature": 0.3}, rewards=[0, 1], script=advised(kind, [{"answer": "a"}, {"answer": "b"}], {"self": "x"}))
        yield case(f"{kind} of react", kind, QUESTION, {"question": "q"}, "chat", of="react", tools=[SEARCH], options={"n": 2, "threshold": 1, "maxIters": 3},
                   rewards=[0, 1], script=[
                       step("a", "search", {"query": "x"}), step("b", "finish", {}), {"reasoning": "r", "answer": "a"},
                       *([{"discussion": "d", "advice": {"react": "Search twice.", "extract.predict": "N/A"}}] if kind == "refine" else []),
                       step("c", "search", {"query": "y"}), step("d", "finish", {}), {"reasoning": "s", "answer": "b"}])
    yield case("refine: advice that cannot be read counts as a failed draw", "refine", QUESTION, {"question": "q"}, "json", of="predict", options={"n": 3, "threshold": 1},
               rewards=[0.5, 0.4, 0.3], script=[{"answer": "a"}, {"raw": "no advice"}, {"answer": "b"}, {"discussion": "d", "advice": {"self": "y"}}, {"answer": "c"}])
    yield case("refine: advice for nobody is no hint", "refine", QUESTION, {"question": "q"}, "chat", of="predict", options={"n": 2, "threshold": 1},
               rewards=[0.5, 0.4], script=[{"answer": "a"}, {"discussion": "d", "advice": {}}, {"answer": "b"}])


def advised(kind, answers, advice):
    if kind != "refine":
        return answers
    given = {"discussion": "It was\nwrong.", "advice": advice}
    return [one for answer in answers[:-1] for one in (answer, given)] + answers[-1:]


def case(name, kind, shape, inputs, adapter, script, of=None, tools=None, options=None, rewards=None, demos=None, config=None):
    return {"name": name, "type": kind, "shape": shape, "inputs": inputs, "adapter": adapter, "script": script, "of": of, "tools": tools,
            "options": options or {}, "rewards": rewards, "demos": demos, "config": config or {}}


class ScriptedLM(dspy.BaseLM):
    """Answers from a list shared by all its copies, and keeps what it was asked."""

    def __init__(self, answers, asked):
        super().__init__("scripted", "chat", None, None, cache=False)
        self.answers, self.asked = answers, asked

    def copy(self, **kwargs):
        other = ScriptedLM(self.answers, self.asked)
        other.kwargs = {**self.kwargs, **kwargs}
        return other

    def __deepcopy__(self, memo):
        return self.copy()

    def forward(self, prompt=None, messages=None, **kwargs):
        sent = {**self.kwargs, **kwargs}
        self.asked.append({"messages": messages, "temperature": sent.get("temperature"), "sample": sent.get("rollout_id") or 0})
        answer = self.answers[len(self.asked) - 1]
        if answer is TOO_LONG:
            raise dspy.ContextWindowExceededError(model="scripted")
        message = types.SimpleNamespace(content=answer, reasoning_content=None, tool_calls=None, provider_specific_fields=None)
        choice = types.SimpleNamespace(message=message, finish_reason="stop", logprobs=None)
        return types.SimpleNamespace(choices=[choice], usage={}, model="scripted", _hidden_params={})


def scripted_tool(tool):
    results = iter(OBSERVED[tool["name"]])

    def call(**_):
        value = next(results)
        if isinstance(value, dict) and "fails" in value:
            raise RuntimeError(value["fails"])
        return value

    made = dspy.Tool(call, name=tool["name"], desc=tool["description"] or "x", args=tool["parameters"]["properties"], arg_types={})
    made.desc = tool["description"]
    return made


PLAIN = {
    "predict": lambda signature, one: dspy.Predict(signature, **one["config"]),
    "chain_of_thought": lambda signature, one: dspy.ChainOfThought(signature, **one["config"]),
    "react": lambda signature, one: dspy.ReAct(signature, tools=[scripted_tool(tool) for tool in one["tools"]], max_iters=one["options"].get("maxIters", 20)),
}
PROGRAM_CODE, REWARD_CODE = "program = the program", "outputs.answer = 'x'"


def build(one):
    signature = one["shape"].build()
    plain = PLAIN[one["of"] or one["type"]](signature, one)
    for name, predictor in plain.named_predictors():
        predictor.demos = (one["demos"] or {}).get(name, [])
    if one["type"] == one["of"] or one["type"] in PLAIN:
        return plain
    rewards = iter(one["rewards"])
    options = one["options"]

    def reward(_args, _pred):
        return float(next(rewards))

    made = {"best_of_n": dspy.BestOfN, "refine": dspy.Refine}[one["type"]](
        module=plain, N=options["n"], reward_fn=reward, threshold=float(options["threshold"]), fail_count=options.get("failCount"))
    made.module_code, made.reward_fn_code = PROGRAM_CODE, REWARD_CODE
    return made


def play(one):
    react_module.format_error_for_lm = lambda error, traceback_frames=0: str(error)
    answers = []
    for answer in one["script"]:
        if answer is TOO_LONG or "raw" in answer:
            answers.append(TOO_LONG if answer is TOO_LONG else answer["raw"])
        else:
            answers.append(WRITE[one["adapter"]](**answer))
    asked = []
    adapter = ADAPTERS[one["adapter"]]()
    out = {key: one[key] for key in ("name", "type", "inputs", "adapter")}
    out.update({key: one[key] for key in ("of", "tools", "options", "rewards", "demos", "config") if one[key]})
    out["signature"] = one["shape"].spec()
    out["script"] = [TOO_LONG if answer is TOO_LONG else answer for answer in answers]
    with dspy.context(lm=ScriptedLM(answers, asked), adapter=adapter, trace=[]), contextlib.redirect_stdout(io.StringIO()):
        module = build(one)
        try:
            prediction = module(**one["inputs"])
            out["outputs"] = None if prediction is None else to_json(dict(prediction))
        except Exception as error:
            out["fails"] = type(error).__name__
    out["asked"] = asked
    return out


def module_goldens():
    cases = [play(one) for one in [*react_cases(), *draw_cases()]]
    # Prompts repeat: each text is stored once and named by its number.
    texts = {}
    for one in cases:
        for call in one["asked"]:
            call["messages"] = [[message["role"], texts.setdefault(message["content"], len(texts))] for message in call["messages"]]
    return {"programCode": PROGRAM_CODE, "rewardCode": REWARD_CODE, "observed": OBSERVED, "majority": majority_cases(), "texts": list(texts), "cases": cases}


def majority_cases():
    lists = [["a", "b", "b"], ["The cat.", "dog", "cat"], ["x", "y"], ["", "a", "."], ["", "."], ["é", "e\u0301", "f"], ["a b", "b a", "A  B!"], ["1", "1.0", "1"]]
    out = []
    for answers in lists:
        completions = [{"reasoning": str(i), "answer": answer} for i, answer in enumerate(answers)]
        out.append({"answers": answers, "chosen": int(majority(completions)["reasoning"])})
    return out
