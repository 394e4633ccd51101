"""Signature x completion: what each adapter's parser makes of a model's answer."""

import json

from shapes import Field, Shape

# type source -> texts a model might write for it
VALUES = {
    "str": ["plain", "  padded  ", "two\nlines", "\"quoted\"", "{\"a\": 1}", "None", "", "a\n\n\nb", "é 日本 😀", "[[ ## x", "<b>x</b>", "5"],
    "int": ["5", " 5 ", "-3", "+4", "5.0", "5.5", "five", "1,000", "1_000", "0x10", "5 apples", "\"5\"", "'5'", "True", "", "null", "[5]", "{\"a\": 5}", "1e3", "007", "12345678901234567890", "5.", "٣"],
    "float": ["0.5", "1", "1.0", " .5 ", "1e-5", "-2.5E3", "nan", "inf", "half", "\"0.5\"", "50%", "1,5", "True", "", "None", "1_0.5", "[0.5]", "0.5 (high)", "+1.5"],
    "bool": ["True", "False", "true", "FALSE", "yes", "No", "1", "0", "on", "off", "t", "n", "2", "maybe", "\"True\"", "'false'", "", "None", "True.", "1.0", "[true]"],
    "list[str]": ["[\"a\", \"b\"]", "['a', 'b']", "[]", "a, b", "- a\n- b", "[\"a\", \"b\"", "[\"a\" \"b\"]", "[a, b]", "```json\n[\"a\"]\n```", "[\"a\", \"b\",]", "\"a\"", "", "[1, 2]", "{\"a\": 1}", "[\"it's\", 'x \"y\"']", "Here: [\"a\"]", "[\"a\"] and more", "[\"a\", null]", "('a', 'b')", "[\"a\\nb\"]", "[\"a\nb\"]", "1. a\n2. b", "[\n  \"a\",\n  \"b\"\n]", "[\"\"]", "[\"a\"]\n[\"b\"]"],
    "list[int]": ["[1, 2]", "[1, 2", "[\"1\", 2.0]", "[1.5]", "1, 2", "[1,2,]", "(1, 2)", "[true]", "[one]", "5", "[[1]]", "[1 2]", "[1, 2] # list", "[1, /* c */ 2]"],
    "list[float]": ["[1, 2.5]", "['1.5']", "[1e3]", "[.5]", "[nan]"],
    "dict[str, int]": ["{\"a\": 1}", "{'a': 1}", "{a: 1}", "{\"a\": \"1\"}", "{\"a\": 1", "{}", "[]", "a: 1", "{\"a\": 1.5}", "{\"a\": 1, \"a\": 2}", "{\"a\": 1,}", "{\"a\": 1 \"b\": 2}", "{\"a\": null}", "```\n{\"a\": 1}\n```", "{1: 2}"],
    "dict[str, Any]": ["{\"a\": [1, {\"b\": null}]}", "{\"a\": True, 'b': None}", "{\"x\": 1.0, \"y\": 1e5}", "{\"q\": \"say \\\"hi\\\"\"}", "{\"q\": \"say \"hi\" now\"}", "{\"k\": \"v\",}", "{}", "x", "{\"a\": {\"b\": {\"c\": []}}}", "{\"code\": \"print('x')\\n\"}"],
    "dict[int, str]": ["{\"1\": \"a\"}", "{1: 'a'}", "{\"x\": \"a\"}"],
    "tuple[int, str]": ["[1, \"a\"]", "(1, 'a')", "[1]", "[1, 2]", "1, a"],
    "tuple[int, ...]": ["[1, 2, 3]", "[]", "(1,)", "1"],
    "set[int]": ["[1, 2, 2]", "{1, 2}", "[]", "1"],
    "Optional[int]": ["5", "None", "null", "", "none", "x", "\"5\"", "N/A"],
    "Optional[str]": ["x", "None", "null", "", "\"x\"", "5"],
    "Optional[float]": ["1", "null", "None", "x"],
    "Optional[list[str]]": ["[\"a\"]", "None", "null", "a", ""],
    "int | str": ["5", "five", "\"5\"", "5.0", "", "[1]"],
    "int | float": ["5", "5.0", "5.5", "\"5\"", "x"],
    "str | list[str]": ["a", "[\"a\"]", "\"a\"", "[1]", ""],
    "bool | int": ["True", "1", "0", "yes"],
    "float | None": ["0", "1.5", "null"],
    "Literal['yes', 'no']": ["yes", "no", " yes ", "Yes", "\"yes\"", "'no'", "Literal[yes]", "Literal['yes']", "str[no]", "yes.", "maybe", "", "`yes`", "**yes**", "yes\nno", "yes (sure)"],
    "Literal[1, 2, 3]": ["1", "2", "\"3\"", "4", "one", "1.0", "True", "'2'", ""],
    "Literal['a b', \"it's\", '1']": ["a b", "it's", "1", "\"it's\"", "a  b", "'1'"],
    "Literal[True, None]": ["True", "None", "true", "null", "1"],
    "Optional[Literal['a', 'b']]": ["a", "None", "null", "\"a\"", "c", ""],
    "list[Literal['a', 'b']]": ["[\"a\"]", "[\"c\"]", "['a', 'b']", "a"],
    "Color": ["red", "RED", "Red", "blue", "dark green", "DARK_GREEN", "\"red\"", "green", ""],
    "Level": ["1", "LOW", "low", "3"],
    "Optional[Color]": ["red", "\"red\"", "null", "RED"],
    "list[Color]": ["[\"red\", \"blue\"]", "[\"RED\"]"],
    "Person": ["{\"name\": \"Ann\", \"age\": 3}", "{\"name\": \"Ann\", \"age\": \"3\", \"email\": \"x\"}", "{\"name\": \"Ann\"}", "{\"name\": \"Ann\", \"age\": 3, \"more\": 1}", "{name: Ann, age: 3}", "Ann, 3", "{\"name\": 5, \"age\": 3}", "[]", "```json\n{\"name\": \"Ann\", \"age\": 3}\n```", "{\"name\": \"Ann\", \"age\": 3, \"email\": null}", "{\"name\": \"O'Neil \\\"X\\\"\", \"age\": 3.0}", "[{\"name\": \"Ann\", \"age\": 3}]"],
    "list[Person]": ["[{\"name\": \"Ann\", \"age\": 3}]", "{\"name\": \"Ann\", \"age\": 3}", "[{\"name\": \"Ann\", \"age\": 3}, {\"name\": \"Bo\"}]", "[]", "[{\"name\": \"Ann\", \"age\": 3}, {\"name\": \"Bo\", \"age\": 4}", "{\"name\": \"Ann\", \"age\": 3}\n{\"name\": \"Bo\", \"age\": 4}"],
    "Team": ["{\"title\": \"T\", \"members\": [{\"name\": \"Ann\", \"age\": 3}]}", "{\"title\": \"T\", \"members\": [], \"score\": 1, \"tags\": {\"a\": \"1\"}}", "{\"title\": \"T\", \"members\": [{\"age\": 3}]}"],
    "Strict": ["{\"ok\": true, \"kind\": \"a\"}", "{\"ok\": true, \"kind\": \"c\"}", "{\"ok\": true, \"kind\": \"a\", \"x\": 1}", "{\"ok\": \"yes\", \"kind\": \"b\"}"],
    "Any": ["x", "5", "{\"a\": 1}", "[1, 2]", "null", "", "True", "'q'"],
    "NoneType": ["None", "null", "", "x"],
    "list": ["[1, \"a\"]", "x", "[]"],
    "dict": ["{\"a\": 1}", "x", "{}"],
    "datetime.date": ["2024-01-02", "\"2024-01-02\"", "yesterday"],
    "datetime.datetime": ["2024-01-02T03:04:05", "soon"],
    "dspy.Reasoning": ["because", "a\nb", "{\"content\": \"x\"}", "", "5"],
    "dspy.Code": ["```python\nx = 1\n```", "x = 1", "text ```js\ny\n``` after", "```z```", "{\"code\": \"x\"}", "[1, 2]", ""],
    "dspy.ToolCalls": ["{\"tool_calls\": [{\"name\": \"f\", \"args\": {\"x\": 1}}]}", "[{\"name\": \"f\", \"args\": {}}]", "{\"name\": \"f\", \"arguments\": \"{\\\"x\\\": 2}\"}", "none", "{\"tool_calls\": []}"],
}

QA = Shape("question -> answer")
THREE = Shape("question -> reasoning, answer: int, tags: list[str]")
DEFAULTS = Shape(inputs=[Field("q")], outputs=[Field("a", "int", default=3), Field("b", "Optional[str]"), Field("c")])


def chat_forms():
    h = "[[ ## answer ## ]]"
    done = "[[ ## completed ## ]]"
    yield from [
        f"{h}\nParis\n\n{done}\n", f"{h}\nParis", f"{h} Paris\n{done}", f"{h}Paris", f"Sure!\n\n{h}\nParis\n{done}", f"{h}\nParis\n{done}\nBye", "Paris", "", " ", "\n",
        f"{h}\n{done}", f"{h}\n\n\n{done}", f"  {h}\nParis", f"    {h} Paris", f"\t{h}\nParis\n", f"> {h}\nParis", f"**{h}**\nParis", f"{h}\nParis\n{h}\nRome", f"{h}\n\n{h}\nRome\n{done}",
        "[[ ## Answer ## ]]\nParis", "[[ ## answer## ]]\nParis", "[[## answer ##]]\nParis", "[[ ##  answer ## ]]\nParis", "[[ ## answer ## ]\nParis", "[ ## answer ## ]\nParis",
        f"{h}\nParis [[ ## completed ## ]]", f"{h}\r\nParis\r\n\r\n{done}\r\n", f"{h}\rParis\r{done}", f"{h}\nA\x0bB\x0cC\x1cD\x85E\u2028F\n{done}", f"{h}\n\ufeffParis\ufeff\n{done}",
        f"{h}\n\xa0Paris\u3000\n", f"[[ ## other ## ]]\nx\n{h}\nParis\n[[ ## more ## ]]\ny", f"{h}\nsee [[ ## this ## ]] inline\n{done}", f"{h}\nline\n [[ ## question ## ]] x\nrest\n{done}",
        f"{h}\n```\n{h}\n```\n{done}", f"{h}\n{{\"answer\": \"x\"}}\n{done}", "{\"answer\": \"Paris\"}", "<answer>Paris</answer>", f"{done}\n{h}\nParis", f"\u3000{h} wide\n", f"{h}{done}",
        "[[ ## réponse ## ]]\nx", "[[ ## answer_2 ## ]]\nx\n[[ ## answer ## ]]\ny", f"{h} a [[ ## b ## ]]\nc",
    ]


def chat_three():
    full = "[[ ## reasoning ## ]]\nBecause.\n\n[[ ## answer ## ]]\n42\n\n[[ ## tags ## ]]\n[\"a\", \"b\"]\n\n[[ ## completed ## ]]\n"
    yield full
    for cut in range(0, len(full), 5):
        yield full[:cut]
    yield full.replace("42", "forty-two")
    yield full.replace("[[ ## answer ## ]]\n42\n\n", "")
    yield full.replace("[\"a\", \"b\"]", "a, b")
    yield full.replace("\n", "\r\n")
    yield "[[ ## tags ## ]]\n[\"x\"]\n[[ ## answer ## ]]\n1\n[[ ## reasoning ## ]]\nr"
    yield full + full


def json_forms():
    yield from [
        "{\"answer\": \"Paris\"}", "{'answer': 'Paris'}", "{answer: \"Paris\"}", "{answer: Paris}", "{\"answer\": Paris}", "```json\n{\"answer\": \"Paris\"}\n```", "```\n{\"answer\": \"Paris\"}\n```",
        "Here you go: {\"answer\": \"Paris\"} Hope it helps!", "Here you go:\n\n```json\n{\n  \"answer\": \"Paris\"\n}\n```\n\nIt's the capital.", "[{\"answer\": \"Paris\"}]", "[{\"answer\": \"Paris\"}, {\"answer\": \"Rome\"}]",
        "{\"answer\": \"Paris\"}{\"answer\": \"Rome\"}", "{\"answer\": \"Paris\"}\n{\"answer\": \"Rome\"}", "{\"answer\": \"Paris\"}, {\"answer\": \"Rome\"}", "{\"answer\": \"Paris\"} {\"other\": 1}", "{\"other\": 1} {\"answer\": \"Paris\"}",
        "{\"answer\": \"Paris\"", "{\"answer\": \"Paris", "{\"answer\": ", "{\"answer\"", "{\"ans", "{", "", " ", "Paris", "\"Paris\"", "5", "null", "true", "[]", "{}", "[1, 2]", "[\"a\"]",
        "{\"answer\": \"Paris\",}", "{\"answer\": \"Paris\" \"more\": 1}", "{\"answer\": \"Paris\", \"more\": 1}", "{\"Answer\": \"Paris\"}", "{\"answer\": null}", "{\"answer\": 5}", "{\"answer\": 1.0}", "{\"answer\": 1e5}", "{\"answer\": true}",
        "{\"answer\": [1, \"a\", null]}", "{\"answer\": {\"b\": \"it's\", \"c\": 1.5, \"d\": [true]}}", "{\"answer\": {}}", "{\"answer\": []}", "{\"answer\": \"a\\nb\\t\\u00e9\\ud83d\\ude00\"}", "{\"answer\": \"a\nb\"}", "{\"answer\": \"say \\\"hi\\\"\"}",
        "{\"answer\": \"say \"hi\" now\"}", "{\"answer\": \"it's\"}", "{'answer': 'it\\'s'}", "{\"answer\": \"x\", // note\n}", "{\"answer\": \"x\" /* note */}", "# title\n{\"answer\": \"x\"}", "{\"answer\": \"{braces} [x]\"}",
        "{\"answer\": \"http://x.y/z?a=1\"}", "Thinking {maybe} then {\"answer\": \"x\"}", "{\"question\": \"q\", \"answer\": \"x\"}", "{\"answer\": \"x\"}}", "{{\"answer\": \"x\"}}", "\ufeff{\"answer\": \"x\"}",
        "{\"answer\": True}", "{\"answer\": None}", "{\"answer\": NaN}", "{\"answer\": \"a\", \"answer\": \"b\"}", "({\"answer\": \"x\"})", "answer: Paris", "{\"answer\": \"trailing backslash \\\\\"}", "{\"answer\": 'mixed\"}",
        "{“answer”: “Paris”}", "{\"answer\":\"Paris\"}\n\n[[ ## completed ## ]]", "<answer>Paris</answer>", "{\"answer\": 12345678901234567890}", "{\"answer\": \"\"}", "{\"answer\": \"Paris\", ...}", "{\"answer\": \"a\" + \"b\"}", "{\"answer\": 'Paris'}",
        "{\n  \"answer\": \"Paris\"\n  \"x\": 2\n}", "json\n{\"answer\": \"Paris\"}", "{\"answer\": \"line1\\\nline2\"}", "{ \"answer\" : \"x\" }", "{\"answer\": \"ends with quote\\\"\"}", "{\"answer\": \"\\/slash\\f\"}", "{\"answer\": [}", "{\"answer\": {\"a\": }}",
    ]


def json_three():
    full = "{\n  \"reasoning\": \"Because, of: 'it'.\",\n  \"answer\": 42,\n  \"tags\": [\"a\", \"b\"]\n}"
    yield full
    for cut in range(0, len(full), 3):
        yield full[:cut]
    yield full.replace("42", "\"42\"")
    yield full.replace("42", "\"x\"")
    yield full.replace("[\"a\", \"b\"]", "\"a, b\"")
    yield full.replace("[\"a\", \"b\"]", "\"[\\\"a\\\"]\"")
    yield full.replace("\"", "'").replace("''it''", "it")
    yield full.replace(",\n", "\n")
    yield f"```json\n{full}\n```"
    yield f"The answer:\n{full}\nDone."
    yield f"[{full}]"


def json_value(text):
    """A text as it would stand in a JSON answer: as JSON where it is JSON, else as a string."""
    try:
        json.loads(text)
        return text
    except ValueError:
        return json.dumps(text, ensure_ascii=False)


def xml_forms():
    yield from [
        "<answer>Paris</answer>", "<answer>\nParis\n</answer>", "  <answer> Paris </answer>  ", "Sure: <answer>Paris</answer> bye", "<answer>Paris", "Paris", "", "<answer/>", "<answer />", "<answer></answer>", "<answer>a & b</answer>",
        "<answer>a &amp; b &lt;c&gt; &quot;d&quot; &apos;</answer>", "<answer>&#65;&#x42;</answer>", "<answer>&nbsp;</answer>", "<answer>a < b</answer>", "<answer>a > b</answer>", "<answer><![CDATA[a < b & c]]></answer>", "<answer>x<!-- c -->y</answer>",
        "<!-- c --><answer>x</answer>", "<answer>one</answer><answer>two</answer>", "<answer>see <b>bold</b> and <i>it</i>.</answer>", "<answer><b a=\"1\">x</b></answer>", "<answer><br/>x</answer>", "<other>1</other><answer>x</answer>",
        "<question>q</question>\n<answer>x</answer>", "<Answer>x</Answer>", "<answer attr=\"1\">x</answer>", "<answer>x</Answer>", "<?xml version=\"1.0\"?><answer>x</answer>", "<?pi x?><answer>x</answer>", "```xml\n<answer>x</answer>\n```", "<root><answer>x</answer></root>",
        "<answer>a\r\nb\rc</answer>", "<answer>é 日本 😀</answer>", "<answer>\x01</answer>", "<answer>]]></answer>", "</dspy_root><x/>", "<answer>{\"a\": 1}</answer>", "<ns:answer>x</ns:answer>", "<answer xmlns=\"u\">x</answer>", "<entry key=\"answer\">x</entry>",
        "<entry>x</entry>", "<answer>\u00a0x\u00a0</answer>", "<answer>x</answer", "<answer>x</answer >", "< answer>x</answer>", "<answer>1 &lt 2</answer>", "<answer>text<item>a</item></answer>", "<answer><item>a</item></answer>", "<answer>a<b/>c<b/>d</answer>",
        "<answer>x</answer></extra>", "<answer a='1' a='2'>x</answer>", "<answer a=1>x</answer>", "<answer a>x</answer>", "<1>x</1><answer>y</answer>", "<answer>&#0;</answer>", "<answer>&#xD800;</answer>", "{\"answer\": \"x\"}", "[[ ## answer ## ]]\nx",
        "<!DOCTYPE x><answer>y</answer>", "<answer>a<!-- x -- y -->b</answer>", "<answer><b>x</b> tail <c d='\"&amp;&#10;'/>end</answer>",
    ]


def xml_three():
    full = "<reasoning>\nBecause.\n</reasoning>\n\n<answer>\n42\n</answer>\n\n<tags><item>a</item><item>b</item></tags>"
    yield full
    for cut in range(0, len(full), 6):
        yield full[:cut]
    for tags in ["<tags />", "<tags></tags>", "<tags>[\"a\", \"b\"]</tags>", "<tags>a</tags>", "<tags>a</tags><tags>b</tags>", "<tags><item>a</item></tags>", "<tags><x>a</x></tags>", "<tags><item/></tags>",
                 "<tags><item>a &amp; b</item><item>5</item></tags>", "<tags><item><b>x</b></item></tags>", "<tags>\n  <item>a</item>\n  <item> b </item>\n</tags>", "<tags><entry key=\"item\">a</entry></tags>", "<tags>[\"a\"</tags>", "<tags>x<item>a</item></tags>"]:
        yield full[: full.index("<tags>")] + tags
    yield full.replace("42", "x")


XML_NESTED = {
    "Person": ["<name>Ann</name><age>3</age>", "<name>Ann</name><age>3</age><email>x@y</email>", "<name>Ann</name>", "<name>Ann</name><age>x</age>", "{\"name\": \"Ann\", \"age\": 3}", "<name>Ann</name><age>3</age><email/>", "<name>5</name><age> 3 </age>", "", "<name>Ann</name><name>Bo</name><age>3</age>", "<name><b>x</b></name><age>1</age>"],
    "list[Person]": ["<item><name>Ann</name><age>3</age></item>", "<item><name>Ann</name><age>3</age></item><item><name>Bo</name><age>4</age></item>", "", "[{\"name\": \"Ann\", \"age\": 3}]", "<name>Ann</name><age>3</age>"],
    "Team": ["<title>T</title><members><item><name>Ann</name><age>3</age></item></members>", "<title>T</title><members/><score>2</score><tags><a>1</a><entry key=\"b c\">2</entry></tags>", "<title>T</title><members><name>Ann</name><age>3</age></members>"],
    "dict[str, int]": ["<a>1</a><b>2</b>", "<entry key=\"a b\">1</entry>", "", "<a>x</a>", "{\"a\": 1}", "<a>1</a><a>2</a>"],
    "dict[str, Any]": ["<a>1</a><b><c>x</c></b>", "<a><item>1</item><item>2</item></a>", "<a/>"],
    "list[list[int]]": ["<item><item>1</item><item>2</item></item><item><item>3</item></item>", "<item>[1, 2]</item>", ""],
    "Optional[Person]": ["<name>Ann</name><age>3</age>", "", "None"],
    "Optional[list[str]]": ["<item>a</item>", "", "[\"a\"]", "None"],
    "list[int]": ["<item>1</item><item>2</item>", "<item>x</item>", "<item>1.0</item>", "1", "[1, 2]"],
    "int | str": ["5", "x", "<b>1</b>", ""],
    "str | list[str]": ["a", "<item>a</item><item>b</item>", ""],
    "list[Color]": ["<item>red</item>", "<item>RED</item>"],
    "Person | Team": ["<name>Ann</name><age>3</age>", "<title>T</title><members/>"],
    "dict[str, Person]": ["<x><name>Ann</name><age>3</age></x>"],
}


def parse_cases(adapter):
    if adapter == "chat":
        for completion in chat_forms():
            yield QA, completion
        for completion in chat_three():
            yield THREE, completion
        for completion in ["[[ ## c ## ]]\nx", "[[ ## a ## ]]\n\n[[ ## c ## ]]\nx", "[[ ## b ## ]]\nNone\n[[ ## c ## ]]\nx", "[[ ## a ## ]]\n7"]:
            yield DEFAULTS, completion
    elif adapter == "json":
        for completion in json_forms():
            yield QA, completion
        for completion in json_three():
            yield THREE, completion
        for completion in ["{\"c\": \"x\"}", "{\"a\": null, \"c\": \"x\"}", "{\"b\": null, \"c\": \"x\"}", "{\"a\": 7}"]:
            yield DEFAULTS, completion
    else:
        for completion in xml_forms():
            yield QA, completion
        for completion in xml_three():
            yield THREE, completion
        for completion in ["<c>x</c>", "<a></a><c>x</c>", "<b/><c>x</c>", "<a>7</a>"]:
            yield DEFAULTS, completion
        for source, contents in XML_NESTED.items():
            for content in contents:
                yield Shape(inputs=[Field("q")], outputs=[Field("x", source)]), f"<x>{content}</x>"
    for source, texts in VALUES.items():
        shape = Shape(inputs=[Field("q")], outputs=[Field("x", source)])
        for text in texts:
            if adapter == "chat":
                yield shape, f"[[ ## x ## ]]\n{text}\n\n[[ ## completed ## ]]\n"
            elif adapter == "json":
                yield shape, f"{{\"x\": {json_value(text)}}}"
            else:
                escaped = text.replace("&", "&amp;").replace("<", "&lt;")
                yield shape, f"<x>\n{escaped}\n</x>"


def repair_cases():
    """Broken JSON of the kinds models write."""
    seen = set()
    for texts in VALUES.values():
        seen.update(texts)
    seen.update(json_forms())
    seen.update(json_three())
    seen.update(
        [
            "{\"a\": \"x\", \"b\": [1, 2, {\"c\": null}]", "{\"a\": \"x\", \"b\": [1, 2", "{\"a\": [1, 2}", "{\"a\": [\"x\", \"y\"}", "[{\"a\": 1}, {\"b\": 2]", "[{\"a\": 1, \"b\": 2}, {\"a\": 3}", "{\"a\": {\"b\": 1}", "{\"a\": \"b\" \"c\": \"d\"}",
            "{\"a\" \"b\"}", "{\"a\": 1; \"b\": 2}", "{\"a\": tru}", "{\"a\": True, \"b\": FALSE, \"c\": None}", "{\"a\": 'x', 'b': \"y\"}", "{a: 1, b: two, c: \"three\"}", "{a_b: x y z, c: d}", "{\"a\": x, \"b\": y}", "{\"a\": hello world}", "[a, b c, d]",
            "[1, 2 3]", "[1,, 2]", "[, 1]", "[1, 2,]", "[\"a\" , , \"b\"]", "[\"a\" \"b\" \"c\"]", "[\"a, \"b\"]", "[\"a\", b\"]", "[\"a\", \"b]", "[\"a\n\", \"b\"]", "{\"a\": \"b\\\"c\"}", "{\"a\": \"b\\\\\"}", "{\"a\": \"\\u0041\\x42\"}", "{\"a\": \"\\q\"}",
            "{\"a\": 1e5, \"b\": -1.5, \"c\": .5, \"d\": 1., \"e\": +3}", "{\"a\": 1,000}", "{\"a\": 1_000}", "{\"a\": 12abc}", "{\"a\": 1/2}", "{\"a\": 10%}", "{\"a\": $5}", "{\"a\": -}", "[1-2]", "[2024-01-02]", "{\"d\": 2024-01-02}", "{\"a\": 1.2.3}",
            "{\"a\": \"x\"} trailing", "leading {\"a\": \"x\"}", "```json\n{\"a\": 1}\n```\n```json\n{\"b\": 2}\n```", "text [1] text [2]", "{\"a\": 1} [2]", "[1] {\"a\": 2}", "a {b} c", "(1, 2)", "(1)", "()", "(\"a\", {\"b\": 1})", "x = (1, 2)", "{\"a\": (1, 2)}", "{1, 2, 3}", "{\"a\", \"b\"}",
            "// comment\n{\"a\": 1}", "{\"a\": 1 // c\n, \"b\": 2}", "{\"a\": 1, # c\n \"b\": 2}", "/* c */ [1]", "[1, # c\n 2]", "{\"a\": \"http://x\"}", "{\"a\": \"# not comment\"}", "{\"\": 1}", "{: 1}", "{\"a\":}", "{\"a\": , \"b\": 2}", "{,}", "{\"a\"}", "{\"a\": 1, \"b\"}", "{\"a\": 1, b}",
            "{\"a\": \"line\nbreak\", \"b\": 1}", "{\"a\": \"x\n\", \"b\": 1}", "{\"a\": \"x\n\"b\": 1}", "{\"a\": \"he said \"hi\", then left\"}", "{\"a\": \"he said \"hi\"\"}", "{\"a\": \"\"hi\" he said\"}", "{\"a\": \"\"hi\"\"}", "{\"a\": \"x\" , \"b\": \"y \"z\" w\"}", "{\"a\": \"comma, colon: and \"quote\", more\", \"b\": 1}",
            "{\"a\": \"5'10\\\"\"}", "{'a': 'it's'}", "{'a': 'b', 'c': 'd's'}", "{\"a\": “smart”}", "{\"a\": \"x”}", "{\"a\": `tick`}", "{\"a\": \"```json\\n{}\\n```\"}", "{\"a\": ```x```}", "{\"key with space\": 1}", "{key with space: 1}", "{\"a\": null, \"b\": undefined}", "{\"a\": NaN, \"b\": Infinity}",
            "{\"a\": [[1, 2], [3, 4]", "[[1, 2], [3, 4", "[[[", "{{{", "}", "]", "{]", "[}", "{}{}", "[][]", "[] {}", "{\"a\": 1}\n\n{\"b\": 2}\n\n{\"a\": 3}", "{\"a\": 1}\n{\"a\": 2}\n{\"a\": 3}", "...", "[...]", "[1, ...]", "[1, 2, ...]", "{\"a\": ...}", "\"a\": 1}", "\"a\": 1, \"b\": 2}", "\"a\": 1",
            "{\"a\": 1,\n\n}", "{\n\n\"a\": 1\n\n", "\t{\t\"a\"\t:\t1\t}\t", "{\"a\":1}\x00", "{\"a\": \"\x01\"}", "{\"a\": \"é\\u00e9\"}", "{\"é\": 1}", "{é: ü}", "{\"a\": \"x\", }", "{\"a\": \"x\"; }", "{\"a\"= 1}", "{\"a\" => 1}", "{a=1}", "{\"list\": [\"a\", \"b\", \"c\": 1}", "{\"a\": [1, 2, \"b\": 3}",
            "{\"answer\": \"yes\", \"reasoning\": \"Because \\n1. a\\n2. b\"}", "{\"answer\": yes, \"reasoning\": because it is}", "{\"a\": true false}", "{\"a\": \"b\": \"c\"}", "[true, false, null, True, None]", "[\"true\", true]", "[tRuE]", "[nullx]", "[None]", "{\"a\": none}",
        ]
    )
    return sorted(seen)
