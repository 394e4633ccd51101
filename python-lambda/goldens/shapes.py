"""Signatures as data: one spec gives the DSPy class here and the JSON form that dspex reads."""

import enum
import typing

import dspy
import pydantic
from dspy.adapters.types.tool import ToolCallResults
from dspy.signatures.signature import _parse_type_node
import ast


class Color(enum.Enum):
    RED = "red"
    BLUE = "blue"
    DARK_GREEN = "dark green"


class Level(enum.Enum):
    LOW = 1
    HIGH = 2


class Person(pydantic.BaseModel):
    name: str
    age: int
    email: typing.Optional[str] = None


class Team(pydantic.BaseModel):
    title: str
    members: list[Person]
    score: float = 0.5
    tags: dict[str, int] = {}


class Strict(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid")
    ok: bool
    kind: typing.Literal["a", "b"]


CUSTOM = {c.__name__: c for c in (Color, Level, Person, Team, Strict)}


def custom_type_json(cls):
    if issubclass(cls, enum.Enum):
        members = [{"name": m.name, "value": m.value} for m in cls]
        return {"kind": "enum", "name": cls.__name__, "members": members}
    return {"kind": "model", "name": cls.__name__, "schema": pydantic.TypeAdapter(cls).json_schema()}


def python_type(source):
    if source.startswith("dspy.Code["):
        return dspy.Code[ast.literal_eval(source[len("dspy.Code[") : -1])]
    if source == "dspy.ToolCallResults":
        return ToolCallResults
    names = dict(typing.__dict__)
    names["NoneType"] = type(None)
    names.update(CUSTOM)
    return _parse_type_node(ast.parse(source), names)


class Field:
    def __init__(self, name, type="str", desc=None, constraints=None, default=None, has_default=False):
        self.name = name
        self.type = type
        self.desc = desc
        self.constraints = constraints or {}
        self.default = default
        self.has_default = has_default or default is not None

    def spec(self):
        out = {"name": self.name, "type": self.type}
        if self.desc is not None:
            out["description"] = self.desc
        if self.constraints:
            out["constraints"] = self.constraints
        if self.has_default:
            out["default"] = self.default
        return out

    def make(self, role):
        kwargs = dict(self.constraints)
        if self.desc is not None:
            kwargs["desc"] = self.desc
        if self.has_default:
            kwargs["default"] = self.default
        maker = dspy.InputField if role == "input" else dspy.OutputField
        return (python_type(self.type), maker(**kwargs))


class Shape:
    """`text` is the string form; or inputs and outputs are Fields."""

    def __init__(self, text=None, inputs=(), outputs=(), instructions=None, cot=False):
        self.text = text
        self.inputs = list(inputs)
        self.outputs = list(outputs)
        self.instructions = instructions
        self.cot = cot

    def build(self):
        if self.text is not None:
            signature = dspy.Signature(self.text, self.instructions, custom_types=dict(CUSTOM, NoneType=type(None), dspy=dspy))
        else:
            fields = {f.name: f.make("input") for f in self.inputs}
            fields.update({f.name: f.make("output") for f in self.outputs})
            signature = dspy.Signature(fields, self.instructions)
        if self.cot:
            signature = signature.prepend("reasoning", dspy.OutputField(desc="${reasoning}"), type_=str)
        return signature

    def spec(self):
        out = {}
        if self.text is not None:
            out["text"] = self.text
        else:
            out["inputs"] = [f.spec() for f in self.inputs]
            out["outputs"] = [f.spec() for f in self.outputs]
        if self.instructions is not None:
            out["instructions"] = self.instructions
        if self.cot:
            out["chainOfThought"] = True
        return out


def to_python(value, annotation):
    """A JSON value as the object a DSPy user would pass for a field of this type."""
    if value is None:
        return None
    if annotation is dspy.History:
        return dspy.History(messages=value["messages"])
    if annotation is dspy.Image:
        return dspy.Image(value["url"])
    if annotation is dspy.Audio:
        return dspy.Audio(**value)
    if annotation is dspy.File:
        return dspy.File(**value)
    if annotation is dspy.Tool:
        tool = dspy.Tool(lambda **kwargs: None, name=value["name"], desc=value.get("desc"), args=value["args"], arg_types={})
        tool.desc = value.get("desc")
        return tool
    if annotation is dspy.ToolCalls:
        return dspy.ToolCalls.model_validate(value)
    if isinstance(annotation, type) and issubclass(annotation, dspy.Code):
        return annotation(code=value["code"]) if isinstance(value, dict) else value
    if annotation is dspy.Reasoning:
        return dspy.Reasoning(content=value)
    if isinstance(annotation, type) and issubclass(annotation, enum.Enum):
        return annotation(value)
    if isinstance(annotation, type) and issubclass(annotation, pydantic.BaseModel):
        return annotation.model_validate(value)
    origin, args = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is list and isinstance(value, list) and args:
        return [to_python(item, args[0]) for item in value]
    if origin is dict and isinstance(value, dict) and len(args) == 2:
        return {key: to_python(item, args[1]) for key, item in value.items()}
    if origin is typing.Union:
        for arg in args:
            if arg is not type(None) and (arg is dspy.Image or (isinstance(arg, type) and issubclass(arg, pydantic.BaseModel))):
                return to_python(value, arg)
    return value


def values_to_python(signature, values):
    out = {}
    for name, value in values.items():
        field = signature.fields.get(name)
        if field is None:
            out[name] = value
            continue
        try:
            out[name] = to_python(value, field.annotation)
        except Exception:
            out[name] = value
    return out


def to_json(value):
    """A parsed value as JSON, the way dspex holds it."""
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, dspy.Reasoning):
        return value.content
    if isinstance(value, dspy.Code):
        return value.code
    if isinstance(value, dspy.ToolCalls):
        return {"tool_calls": [{"name": call.name, "args": call.args} for call in value.tool_calls]}
    if isinstance(value, pydantic.BaseModel):
        return {name: to_json(getattr(value, name)) for name in type(value).model_fields}
    if isinstance(value, (set, frozenset)):
        return sorted((to_json(item) for item in value), key=lambda item: (str(type(item)), str(item)))
    if isinstance(value, (list, tuple)):
        return [to_json(item) for item in value]
    if isinstance(value, dict):
        return {key_text(key): to_json(item) for key, item in value.items()}
    if isinstance(value, (str, int, float, bool)) or value is None:
        return value
    if isinstance(value, complex):
        return str(value)
    if isinstance(value, bytes):
        return value.decode()
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if hasattr(value, "__next__"):
        return [to_json(item) for item in value]
    return str(value)


def key_text(key):
    if isinstance(key, bool):
        return "true" if key else "false"
    return str(to_json(key))
