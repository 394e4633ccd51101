"""What a program takes and gives, read from its `forward`: parameters with their types, and what its returns name."""

import ast
import inspect
import textwrap
import typing
from typing import Any

import dspy

from .told_types import ANY, type_of

NESTED = 4


def forward_of(program: dspy.Module) -> Any:
    """`forward`, or `aforward` where there is no other."""
    return getattr(program, "forward", None) or getattr(program, "aforward", None)


def is_asynchronous(program: dspy.Module) -> bool:
    return not hasattr(program, "forward") and hasattr(program, "aforward")


def hints_of(function: Any) -> dict[str, Any]:
    try:
        return typing.get_type_hints(function)
    except Exception:  # noqa: BLE001: a name that only a type checker knows
        return {}


def inputs_of(program: dspy.Module) -> tuple[list[dict], list[str]]:
    """`[{name, type, required, default?}]`, with what had to be guessed."""
    if isinstance(program, dspy.Predict):
        return [{"name": name, "type": type_of(field.annotation), "required": True} for name, field in program.signature.input_fields.items()], []
    function = forward_of(program)
    hints = hints_of(function)
    found: list[dict] = []
    open_ended = False
    for one in inspect.signature(function).parameters.values():
        if one.kind in (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL):
            open_ended = open_ended or one.kind is inspect.Parameter.VAR_KEYWORD
            continue
        told: dict = {"name": one.name, "type": type_of(hints.get(one.name, Any)), "required": one.default is inspect.Parameter.empty}
        if isinstance(one.default, (str, int, float, bool)):
            told["default"] = one.default
        found.append(told)
    if found or not open_ended:
        return found, []
    # `forward(self, **kwargs)`: what its first predictor takes is what it is given, as far as anybody can tell.
    predictors = program.named_predictors()
    fields = predictors[0][1].signature.input_fields if predictors else {}
    names = ", ".join(fields)
    guessed = [{"name": name, "type": type_of(field.annotation), "required": True} for name, field in fields.items()]
    return guessed, [f"forward takes any keyword; its inputs are taken to be those of its first predictor: {names}"] if names else []


def outputs_of(program: dspy.Module, depth: int = 0) -> list[dict]:
    """`[{name, type}]` by the returns of `forward`: a Prediction's keywords, or what a submodule gives. Empty when they name none."""
    if isinstance(program, dspy.Predict):
        return [{"name": name, "type": type_of(field.annotation)} for name, field in program.signature.output_fields.items()]
    known = {dspy.ReAct: "extract", dspy.ChainOfThought: "predict"}
    for kind, child in known.items():
        if type(program) is kind:
            return outputs_of(getattr(program, child), depth + 1)
    if depth > NESTED:
        return []
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(forward_of(program))))
    except (OSError, TypeError, SyntaxError):
        return []
    return _Returns(program, tree, depth).outputs()


class _Returns:
    def __init__(self, program: dspy.Module, tree: ast.AST, depth: int):
        self._program = program
        self._depth = depth
        self._function = next(node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)))
        self._assigned: dict[str, ast.expr] = {}
        for node in self._own(self._function):
            if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
                self._assigned[node.targets[0].id] = node.value

    def _own(self, function: ast.AST) -> typing.Iterator[ast.AST]:
        """Without what functions inside of it do."""
        for node in ast.iter_child_nodes(function):
            if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)):
                yield node
                yield from self._own(node)

    def outputs(self) -> list[dict]:
        found: dict[str, dict] = {}
        for node in self._own(self._function):
            if isinstance(node, ast.Return) and node.value is not None:
                for output in self._given(node.value):
                    found.setdefault(output["name"], output)
        return list(found.values())

    def _given(self, value: ast.expr, seen: int = 0) -> list[dict]:
        value = value.value if isinstance(value, ast.Await) else value
        if isinstance(value, ast.Name) and seen < NESTED and value.id in self._assigned:
            return self._given(self._assigned[value.id], seen + 1)
        if isinstance(value, ast.Dict):
            return [{"name": key.value, "type": ANY} for key in value.keys if isinstance(key, ast.Constant) and isinstance(key.value, str)]
        if not isinstance(value, ast.Call):
            return []
        called = value.func
        name = called.attr if isinstance(called, ast.Attribute) else called.id if isinstance(called, ast.Name) else ""
        if name in ("Prediction", "Example", "dict"):
            return [{"name": word.arg, "type": self._type(word.value)} for word in value.keywords if word.arg is not None]
        child = self._child(called)
        return outputs_of(child, self._depth + 1) if child is not None else []

    def _child(self, called: ast.expr) -> dspy.Module | None:
        """`self.a(...)`, `self.a.b.acall(...)`: the module that is called."""
        path: list[str] = []
        while isinstance(called, ast.Attribute):
            path.insert(0, called.attr)
            called = called.value
        if not isinstance(called, ast.Name) or called.id != "self":
            return None
        found: Any = self._program
        for name in path[:-1] if path and path[-1] in ("acall", "forward", "aforward") else path:
            found = getattr(found, name, None)
        return found if isinstance(found, dspy.Module) else None

    def _type(self, value: ast.expr, seen: int = 0) -> dict:
        """Of `self.a(...).field` and of a name that was given it; `any` for everything else."""
        if isinstance(value, ast.Name) and seen < NESTED and value.id in self._assigned:
            return self._type(self._assigned[value.id], seen + 1)
        if isinstance(value, ast.Attribute):
            for output in self._given(value.value):
                if output["name"] == value.attr:
                    return output["type"]
        return ANY
