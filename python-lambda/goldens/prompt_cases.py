"""Signature x inputs x demos: what the adapters render. Every case is rendered by all three."""

from shapes import Field, Shape

ODD_TEXTS = [
    "", " ", "\n", "plain", "  padded  ", "two\nlines", "trailing\n", "\n\nleading", "a\r\nb\rc", "tab\there",
    "v\x0bf\x0cfs\x1cgs\x1drs\x1enel\x85ls\u2028ps\u2029end", "\ufeffbom\ufeff", "\xa0nbsp\xa0", "\u3000wide\u3000", "\u200bzero\u200b",
    "emoji 👩‍👩‍👧 🇩🇪", "combining e\u0301", "日本語テキスト", "عربى", "quote \" ' ` \\", "<b>&amp;</b> & < >", "]]> <![CDATA[x]]>",
    "[[ ## answer ## ]]\nfake", "{\"json\": [1, 2]}", "{braces} ${answer} {answer}", "«guillemets»", "100%s %d", "\x00nul\x01", "\x7fdel", "a" * 300,
    "None", "True", "1.0", "# note: x", "```python\nx\n```", "line\\nescape", "\u2028", "ﬁ ligature ½ ²",
]

FLOATS = [0.0, 1.0, -1.0, 0.1, 1e-5, 1e-7, 1.5e-10, 1e15, 1e16, 1e17, 1.2345678901234567e20, 1e22, 1e100, -0.0, 123456789.125, 3.14, 5e-324, 1.7976931348623157e308]
INTS = [0, 1, -1, 7, 10**6, 2**53 - 1, -(2**53) + 1]

# type source -> sample values, all of the declared type
TYPES = {
    "str": ["text", "a\nb"],
    "int": [3, 0],
    "float": [0.5, 2.0],
    "bool": [True, False],
    "list": [[1, "a", None], []],
    "dict": [{"a": 1}, {}],
    "tuple": [[1, 2], []],
    "set": [[1], []],
    "Any": ["x", {"k": [1]}],
    "NoneType": [None, None],
    "list[str]": [["a", "b\nc"], []],
    "list[int]": [[1, 2], [3]],
    "list[float]": [[1.0, 0.25], []],
    "list[bool]": [[True, False], []],
    "list[list[int]]": [[[1], [2, 3]], [[]]],
    "list[None]": [[None], []],
    "dict[str, int]": [{"a": 1, "b c": 2}, {}],
    "dict[str, float]": [{"é": 1.0}, {"x": 1e-7}],
    "dict[str, list[str]]": [{"k": ["v", "w"]}, {"k": []}],
    "dict[str, Any]": [{"n": None, "b": True, "l": [1, "x"]}, {"<&>": "\"q\""}],
    "dict[int, str]": [{"1": "one"}, {}],
    "dict[Literal['a', 'b'], float]": [{"a": 1.5}, {"b": 2.0}],
    "tuple[int, str]": [[1, "x"], [2, ""]],
    "tuple[int, ...]": [[1, 2, 3], []],
    "tuple[float, bool]": [[1.0, True], [0.5, False]],
    "tuple[()]": [[], []],
    "set[int]": [[1], [2]],
    "frozenset[str]": [["a"], []],
    "Optional[int]": [4, None],
    "Optional[str]": ["s", None],
    "Optional[float]": [1.0, None],
    "int | str": [1, "x"],
    "str | list[str]": ["a", ["a", "b"]],
    "int | None": [1, None],
    "None | int": [1, None],
    "int | str | None": [1, None],
    "Union[int, bool]": [1, True],
    "list[Optional[int]]": [[1, None], []],
    "list[int | str]": [[1, "a"], []],
    "Optional[list[str]]": [["a"], None],
    "Optional[dict[str, int]]": [{"a": 1}, None],
    "Literal['a', 'b']": ["a", "b"],
    "Literal[\"it's\", 'say \"hi\"', 'plain']": ["it's", "plain"],
    "Literal['both \\' and \"']": ["both ' and \"", "both ' and \""],
    "Literal[1, 2, 3]": [1, 3],
    "Literal['x', 1, True, None]": ["x", 1],
    "Literal['only']": ["only", "only"],
    "Optional[Literal['a', 'b']]": ["a", None],
    "list[Literal['a', 'b']]": [["a"], []],
    "Sequence[str]": [["a"], []],
    "Mapping[str, int]": [{"a": 1}, {}],
    "Iterable[int]": [[1], []],
    "Deque[int]": [[1], []],
    "AbstractSet[int]": [[1], []],
    "OrderedDict[str, int]": [{"a": 1}, {}],
    "DefaultDict[str, int]": [{"a": 1}, {}],
    "complex": ["1+2j", "0j"],
    "bytes": ["ab", ""],
    "datetime.datetime": ["2024-01-02T03:04:05", "2024-01-02T00:00:00"],
    "datetime.date": ["2024-01-02", "1999-12-31"],
    "uuid.UUID": ["12345678-1234-5678-1234-567812345678", "12345678-1234-5678-1234-567812345678"],
    "decimal.Decimal": ["1.5", "2"],
    "Color": ["red", "blue"],
    "Level": [1, 2],
    "Optional[Color]": ["red", None],
    "list[Color]": [["red"], []],
    "dict[str, Color]": [{"a": "red"}, {}],
    "Person": [{"name": "Ann", "age": 3, "email": None}, {"name": "B & <C>", "age": 4, "email": "x@y"}],
    "list[Person]": [[{"name": "Ann", "age": 3, "email": None}], []],
    "Optional[Person]": [{"name": "Ann", "age": 3, "email": None}, None],
    "Team": [
        {"title": "T", "members": [{"name": "Ann", "age": 3, "email": None}], "score": 1.0, "tags": {"a b": 1}},
        {"title": "", "members": [], "score": 0.5, "tags": {}},
    ],
    "dict[str, Person]": [{"a": {"name": "Ann", "age": 3, "email": None}}, {}],
    "tuple[Person, int]": [[{"name": "Ann", "age": 3, "email": None}, 1], [{"name": "Bo", "age": 4, "email": None}, 2]],
    "Person | Team": [{"name": "Ann", "age": 3, "email": None}, {"name": "Bo", "age": 4, "email": None}],
    "Strict": [{"ok": True, "kind": "a"}, {"ok": False, "kind": "b"}],
    "dspy.Reasoning": ["because", "so\nthat"],
    "dspy.Code": ["x = 1", {"code": "```python\nx = 1\n```"}],
    'dspy.Code["Java"]': ["int x;", {"code": "int x;"}],
    "Optional[dspy.Code]": ["x = 1", None],
    "list[dspy.Code]": [[], []],
}

INPUT_ONLY = {
    "dspy.Image": [{"url": "https://example.org/a.png"}, {"url": "data:image/png;base64,iVBORw0KGgo="}],
    "list[dspy.Image]": [[{"url": "https://example.org/a.png"}, {"url": "https://example.org/b.png?x=\"1\"&y=é"}], []],
    "dict[str, dspy.Image]": [{"front": {"url": "https://example.org/a.png"}}, {}],
    "Optional[dspy.Image]": [{"url": "https://example.org/a.png"}, None],
    "dspy.Audio": [{"data": "UklGRg==", "audio_format": "wav"}, {"data": "SUQz", "audio_format": "mp3"}],
    "dspy.File": [{"file_data": "data:text/plain;base64,aGk=", "filename": "a.txt"}, {"file_id": "file-1"}],
    "dspy.Tool": [
        {"name": "search", "desc": "Find\nthings.", "args": {"query": {"type": "string"}}},
        {"name": "noop", "desc": None, "args": {}},
    ],
    "list[dspy.Tool]": [
        [{"name": "search", "desc": "It's \"good\".", "args": {"query": {"type": "string", "default": "x"}, "n": {"type": "integer", "minimum": 1}}}],
        [{"name": "a", "desc": "b", "args": {}}, {"name": "c", "desc": None, "args": {"flag": {"anyOf": [{"type": "boolean"}, {"type": "null"}]}}}],
    ],
}

OUTPUT_ONLY = {
    "dspy.ToolCalls": [{"tool_calls": [{"name": "search", "args": {"query": "cats"}}]}, {"tool_calls": []}],
    "dspy.Image": [{"url": "https://example.org/a.png"}, {"url": "https://example.org/b.png"}],
    "dspy.Audio": [{"data": "UklGRg==", "audio_format": "wav"}, {"data": "SUQz", "audio_format": "mp3"}],
    "dspy.File": [{"file_id": "file-1"}, {"file_id": "file-2"}],
    "dspy.History": [None, None],
}


def case(name, shape, inputs, demos=(), mistyped=False):
    out = {"name": name, "shape": shape, "inputs": inputs, "demos": list(demos)}
    if mistyped:
        out["mistyped"] = True
    return out


def type_cases():
    for source, (first, second) in TYPES.items():
        shape = Shape(inputs=[Field("given", source)], outputs=[Field("made", source)])
        yield case(f"type {source}", shape, {"given": first})
        yield case(f"type {source}, demos", shape, {"given": second}, [{"given": first, "made": second}, {"given": second, "made": first}])
    for source, (first, second) in INPUT_ONLY.items():
        shape = Shape(inputs=[Field("question"), Field("given", source)], outputs=[Field("answer")])
        yield case(f"input {source}", shape, {"question": "What?", "given": first})
        yield case(
            f"input {source}, demos",
            shape,
            {"given": second, "question": "What\nnow?"},
            [{"question": "d", "given": first, "answer": "a"}, {"given": second, "answer": "b"}],
        )
    for source, (first, second) in OUTPUT_ONLY.items():
        shape = Shape(inputs=[Field("question")], outputs=[Field("made", source), Field("answer")])
        yield case(f"output {source}", shape, {"question": "What?"})
        if first is not None:
            yield case(f"output {source}, demos", shape, {"question": "q"}, [{"question": "d", "made": first, "answer": "a"}, {"question": "e", "made": second}])


def demo_cases():
    shapes = {
        "qa": (Shape("question -> answer"), {"question": "Q"}, {"answer": "A"}),
        "cot": (Shape("question -> answer", cot=True), {"question": "Q"}, {"reasoning": "R", "answer": "A"}),
        "rag": (
            Shape("context: list[str], question -> answer, confidence: float"),
            {"context": ["c1", "c2"], "question": "Q"},
            {"answer": "A", "confidence": 1.0},
        ),
        "label": (
            Shape("text, limit: int -> label: Literal['pos', 'neg'], score: float, tags: list[str]"),
            {"text": "T", "limit": 2},
            {"label": "pos", "score": 0.5, "tags": ["x"]},
        ),
    }
    for name, (shape, inputs, outputs) in shapes.items():
        whole = {**inputs, **outputs}
        first_in, first_out = next(iter(inputs)), next(iter(outputs))
        without_in = {k: v for k, v in whole.items() if k != first_in}
        without_out = {k: v for k, v in whole.items() if k != first_out}
        none_in = {**whole, first_in: None}
        none_out = {**whole, first_out: None}
        sets = {
            "none": [],
            "one": [whole],
            "three": [whole, whole, whole],
            "augmented": [{"augmented": True, **whole}],
            "missing input": [without_in],
            "missing output": [without_out],
            "input None": [none_in],
            "output None": [none_out],
            "inputs only": [inputs],
            "outputs only": [outputs],
            "empty": [{}],
            "mixed": [whole, without_out, whole, none_in, inputs, without_in],
            "extra key": [{**whole, "other": "x"}],
            "all None": [{k: None for k in whole}],
            "odd text": [{k: (v if not isinstance(v, str) or k == "label" else "a\n\nb «c» ") for k, v in whole.items()}],
        }
        for label, demos in sets.items():
            yield case(f"demos {name}: {label}", shape, inputs, demos)
        yield case(f"inputs {name}: one missing", shape, {k: v for k, v in inputs.items() if k != first_in}, [whole])
        yield case(f"inputs {name}: none", shape, {})
        yield case(f"inputs {name}: extra", shape, {**inputs, "other": 1})
        yield case(f"inputs {name}: None", shape, {k: None for k in inputs})
        yield case(f"inputs {name}: outputs given too", shape, whole, [whole])


def text_cases():
    shape = Shape("text -> copy")
    for index, text in enumerate(ODD_TEXTS):
        yield case(f"text {index}", shape, {"text": text}, [{"text": text, "copy": text}])
    for index, items in enumerate(
        [[], ["one"], ["a", "b"], ["a\nb"], ["a\nb", "«c»"], ["«"], ["»", ""], [""], ["", ""], ["\n"], ["a\r\nb"], ["x"] * 12, ["é", "{}"], [{"a": 1}, {"b": "it's"}], [["x"], []]]
    ):
        yield case(f"passages {index}", Shape("context, question -> answer"), {"context": items, "question": "Q"}, [{"context": items, "question": "q", "answer": items}])
    for index, value in enumerate([5, 1.5, True, None, {"a": [1]}, {}, {"k": "é\n\u2028"}, {"deep": {"er": {"est": [[[]]]}}}]):
        yield case(f"untyped value {index}", Shape("value -> result"), {"value": value}, [{"value": value, "result": value}])


def number_cases():
    shape = Shape("x: float, n: int -> y: float, m: int")
    for index, value in enumerate(FLOATS):
        yield case(f"float {index}", shape, {"x": value, "n": INTS[index % len(INTS)]}, [{"x": value, "n": 1, "y": value, "m": 2}])
    yield case("floats in containers", Shape("xs: list[float] -> y: dict[str, list[float]]"), {"xs": FLOATS[:12]}, [{"xs": [1.0], "y": {"a": FLOATS[:8]}}])
    yield case("ints in float fields", shape, {"x": 1, "n": 2}, [{"x": 3, "n": 1, "y": 4, "m": 2}], mistyped=True)
    yield case("floats in int fields", shape, {"x": 1.5, "n": 2.0}, [{"x": 3.0, "n": 1.0, "y": 4.0, "m": 2.0}], mistyped=True)
    yield case("floats in untyped fields", Shape("a, b: dict -> c"), {"a": 1.0, "b": {"x": [1.0, 2]}}, mistyped=True)
    yield case("large integers", Shape("n: int, m: Any -> k"), {"n": 12345678901234567890123, "m": [10**30]}, mistyped=True)
    yield case("strings in typed fields", Shape("n: int, xs: list[str], b: bool -> y: float"), {"n": "3", "xs": "not a list", "b": "yes"}, [{"n": "1", "xs": "x", "b": "no", "y": "1"}])


def described_cases():
    yield case("descriptions", Shape(inputs=[Field("a", desc="The first."), Field("b", "int", desc="")], outputs=[Field("c", desc="Line one.\nLine two."), Field("d", desc="${d}")]), {"a": "x", "b": 1})
    yield case("last description empty", Shape(inputs=[Field("a", desc="x "), Field("b")], outputs=[Field("c", desc="y"), Field("d")]), {"a": "x", "b": "y"})
    yield case("description of another field", Shape(inputs=[Field("a", desc="${b}")], outputs=[Field("c", desc="{c} `c` \u2028 ")]), {"a": "x"})
    for constraints in [
        {"gt": 0}, {"ge": 0}, {"lt": 10}, {"le": 10}, {"multiple_of": 5}, {"gt": 0, "lt": 10}, {"lt": 10, "gt": 0}, {"ge": -1, "le": 1, "multiple_of": 1},
    ]:
        yield case(f"constraints {constraints}", Shape(inputs=[Field("a", "int", constraints=constraints)], outputs=[Field("b", "int", desc="B.", constraints=constraints)]), {"a": 5}, [{"a": 1, "b": 2}])
    for constraints in [{"ge": 0.5}, {"gt": 0.25, "le": 1e-7}, {"allow_inf_nan": False}, {"allow_inf_nan": True, "ge": 0}]:
        yield case(f"constraints {constraints}", Shape(inputs=[Field("a", "float", constraints=constraints)], outputs=[Field("b", "float", constraints=constraints)]), {"a": 0.75})
    for constraints in [{"min_length": 1}, {"max_length": 5}, {"min_length": 1, "max_length": 5}]:
        yield case(f"constraints {constraints}", Shape(inputs=[Field("a", constraints=constraints)], outputs=[Field("b", "list[str]", constraints=constraints)]), {"a": "x"})
    yield case("output defaults", Shape(inputs=[Field("a")], outputs=[Field("b", "int", default=3), Field("c", default="x")]), {"a": "x"}, [{"a": "q", "b": 1}])
    for index, instructions in enumerate(
        [
            "", "One line.", "Two\nlines.", "  Indented first.\n    Then more.\n      And more.", "\n    Docstring style.\n\n    Second paragraph.\n    ",
            "Tabs:\n\tone\n\t\ttwo", "Blank lines:\n\n\nend", "Trailing spaces  \n  here  ", "CR\rLF\r\nend", "Unicode \u2028 separators \x85 here\x0bvt", "{braces} ${x} %s",
            "a\n  b\n c", "   \n  only blank start", "\ttab first\n\tboth", "Ends with newline\n", "- list\n  - nested\n\n```\ncode\n    indented\n```",
            "first\n \n  margin after blank", "x\n\t \ty\n\t  z", "\u3000wide margin\n\u3000wide", "日本語の指示",
        ]
    ):
        yield case(f"instructions {index}", Shape("a -> b", instructions=instructions), {"a": "x"})
    yield case("many fields", Shape(", ".join(f"in{i}" for i in range(12)) + " -> " + ", ".join(f"out{i}: int" for i in range(12))), {f"in{i}": str(i) for i in range(12)})
    yield case("unicode names", Shape("名前, größe: int -> räsümee"), {"名前": "x", "größe": 1}, [{"名前": "x", "größe": 1, "räsümee": "y"}])
    yield case("names of JavaScript", Shape("constructor, toString -> hasOwnProperty, valueOf: int"), {"constructor": "x", "toString": "y"}, [{"constructor": "x", "toString": "y", "hasOwnProperty": "z", "valueOf": 1}])
    yield case("names of JavaScript, nothing given", Shape("constructor, toString -> hasOwnProperty, valueOf: int"), {}, [{"constructor": "x", "hasOwnProperty": "z"}])
    yield case("no outputs", Shape("a ->"), {"a": "x"})
    yield case("no inputs", Shape("-> b"), {}, [{"b": "x"}])
    yield case("nothing", Shape("->"), {})
    yield case("classify", Shape("sentence -> sentiment: Literal['positive', 'negative', 'neutral'], confidence: float", instructions="Classify the sentiment."), {"sentence": "Nice!"})
    yield case(
        "react step",
        Shape(
            inputs=[Field("question"), Field("trajectory")],
            outputs=[Field("next_thought"), Field("next_tool_name", "Literal['search', 'finish']"), Field("next_tool_args", "dict[str, Any]")],
            instructions="Given the fields `question`, produce the fields `answer`.\n\nYou are an Agent. In each episode, you will be given the fields `question` as input.",
        ),
        {"question": "Q", "trajectory": "[[ ## thought_0 ## ]]\nthink\n\n[[ ## tool_name_0 ## ]]\nsearch"},
    )


def history_cases():
    for source, extra in (("question, history: dspy.History -> answer", {}), ("history: dspy.History, question, n: int -> answer, score: float", {"n": 1})):
        outs = {"answer": "A1"} if not extra else {"answer": "A1", "score": 1.0}
        histories = {
            "empty": [],
            "one": [{"question": "Q1", **extra, **outs}],
            "two": [{"question": "Q1", **extra, **outs}, {"question": "Q2", **extra, **outs}],
            "missing output": [{"question": "Q1"}],
            "missing input": [outs],
            "extra key": [{"question": "Q1", "other": "x", **outs}],
            "none": [{"question": None, "answer": None}],
            "odd": [{"question": "a\n\nb ", "answer": " «x» & <y>"}],
            "nothing": [{}],
        }
        for label, messages in histories.items():
            yield case(f"history {source[:8]} {label}", Shape(source), {"question": "Now?", **extra, "history": {"messages": messages}})
        yield case(f"history {source[:8]} with demos", Shape(source), {"question": "Now?", **extra, "history": {"messages": histories["one"]}}, [{"question": "D", **extra, **outs}])
        yield case(f"history {source[:8]} absent", Shape(source), {"question": "Now?", **extra})


def prompt_cases():
    for make in (type_cases, demo_cases, text_cases, number_cases, described_cases, history_cases):
        yield from make()
