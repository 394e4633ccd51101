"""Signature strings: what DSPy makes of them, or that it refuses them."""

TYPES = [
    "str", "int", "float", "bool", "list", "dict", "tuple", "set", "frozenset", "complex", "bytes", "Any", "None", "NoneType", "Text",
    "list[str]", "List[int]", "typing.List[int]", "Dict[str, int]", "Tuple[int, str]", "Set[int]", "FrozenSet[str]", "dict[str, list[dict[str, int]]]",
    "tuple[int, ...]", "tuple[()]", "tuple[int]", "Optional[int]", "Optional[Optional[int]]", "Optional[None]", "Union[int, str]", "Union[int]", "Union[int, int]",
    "Union[int, Union[str, None]]", "int | str", "int | None", "None | int", "int | NoneType", "int | str | None", "(int | str)", "list[int | str]", "list[None]",
    "dict[str, None]", "Literal['a']", 'Literal["a", \'b\']', "Literal['a', 'a']", "Literal[1, True]", "Literal[True, False, None]", "Literal['a' 'b']",
    "Literal[Literal['a'], 'b']", "Literal[('a', 1)]", "Literal[0x10, 1_000]", "Literal[r'a\\b']", "Literal['\\n\\t\\x41\\u00e9']", "Literal['a, b', 'c: d']",
    "Literal['[x]', '(y)']", "Literal[\"it's\"]", "Literal['''x''']", "Literal['a'] | None", "Optional[Literal['a', 'b']]", "Literal[-1]", "Literal[a]", "Literal[]",
    "Literal['-> ']", "Sequence[str]", "Iterable[int]", "Mapping[str, int]", "MutableMapping[str, int]", "MutableSequence[int]", "Deque[int]", "AbstractSet[int]",
    "OrderedDict[str, int]", "DefaultDict[str, int]", "datetime.datetime", "datetime.date", "uuid.UUID", "decimal.Decimal", "pathlib.Path", "dspy.Image",
    "dspy.Audio", "dspy.File", "dspy.History", "dspy.Tool", "list[dspy.Tool]", "dspy.ToolCalls", "dspy.Code", "dspy.Reasoning", "dspy . Image", "list [ int ]",
    "list[str,]", "list['str']", "'str' | None", "'str'", "list[", "list]", "list[]", "list[int, ]", "dict[str]", "Optional[int, str]", "[int]", "(int, str)", "int or str",
    "int if x else y", "5", "True", "...", "lambda: 1", "Image", "unknown_type_xyz", "np.ndarray", "not int", "-1", "int | ", "| int", "Union[]", "list[int]]", "List", "Dict",
    "Callable", "object", "Type", "Literal", "bytearray", "str.foo", "list[int][str]", "dspy", "dspy.Nothing",
]

NAMES = [
    "a", "_a", "__proto__", "constructor", "toString", "hasOwnProperty", "class", "match", "None", "True", "def", "lambda", "self", "copy", "json", "fields", "instructions",
    "signature", "input_fields", "output_fields", "model_config", "model_x", "名前", "größe", "ﬁeld", "ª", "x²", "1a", "a-b", "a.b", "a b", "camelCase", "HTMLParser",
    "snake_case_text", "text2number", "ABC", "a1b2", "x__y", "A", "iPhone15Pro", "ÄÖ", "éa", "print", "type", "f", "demos", "config", "lm",
]

WHOLE = [
    "", "->", "a ->", "-> b", "a -> b", "a->b", " a  ->  b ", "a, b -> c, d", "a, -> b,", ",a -> b", "a,, b -> c", "a b -> c", "a -> b -> c", "a", "a - > b", "a => b", "a -> a",
    "a, b -> b", "a, a -> b", "a: int, a -> b", "a -> b, b: int", "a=1, b -> c", "a, b=1 -> c", "a: int = 3 -> b: str = 'x'", "a={'x': [1, 2]}, b=f(1, 2) -> c", "*a, b -> c", "a, *, b -> c",
    "a, /, b -> c", "**k -> c", "a, *args: int, k: int = 2, **kw -> c", "*, -> b", "a, * -> b", "/ -> b", "a\n, b -> c", "a # note\n, b -> c", "a # note -> c", "a\\\n, b -> c",
    "\ta -> b", "a\x0c -> b", "\xa0a -> b", "a\u3000 -> b", "a; b -> c", "a -> b\x00", "a: int->b: str", "a : int -> b : str", "question, context: list[str] -> answer, confidence: float",
    "text -> label: Literal['x', 'y'], score: float", "a: -> b", "a -> b:", "a: int b -> c", "a -> b: list[int], c: dict[str, Literal['p, q']]", "a -> b: int # c\n", "a ) -> b", "( a -> b",
    "a -> b: Literal['x'", "a -> b: Literal['x\n']", "a -> b: Literal['x", "a\r\n,b -> c", "😀 -> b", "a -> 😀", "a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p -> q, r, s, t, u, v, w, x, y, z",
]


def signature_cases():
    for source in TYPES:
        yield f"q -> x: {source}"
        yield f"q: {source}, r -> x"
    for name in NAMES:
        yield f"{name} -> q"
        yield f"q -> {name}: int"
    yield from WHOLE
