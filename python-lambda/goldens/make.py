"""Writes the golden files from the installed DSPy. Deterministic: same versions, same bytes.

usage: make.py ADAPTER_GOLDENS_DIRECTORY MODULE_GOLDENS_DIRECTORY SCHEMAS_TS
"""

import json
import logging
import math
import os
import sys
import warnings
from pathlib import Path

os.environ.setdefault("DSPY_CACHEDIR", str(Path(sys.prefix) / "dspy-cache"))
warnings.simplefilter("ignore")
logging.disable(logging.CRITICAL)

import dspy  # noqa: E402
import json_repair  # noqa: E402
import pydantic  # noqa: E402
from dspy.adapters.types.tool import ToolCallResults  # noqa: E402
from importlib.metadata import version  # noqa: E402

from module_cases import module_goldens  # noqa: E402
from parse_cases import parse_cases, repair_cases  # noqa: E402
from prompt_cases import prompt_cases  # noqa: E402
from shapes import CUSTOM, custom_type_json, to_json, values_to_python  # noqa: E402
from signature_cases import signature_cases  # noqa: E402

ADAPTERS = {"chat": dspy.ChatAdapter(), "json": dspy.JSONAdapter(), "xml": dspy.XMLAdapter()}


def stamp():
    major, minor = sys.version_info[:2]
    return {
        "python": f"{major}.{minor}",
        "dspy": version("dspy"),
        "pydantic": version("pydantic"),
        "json-repair": version("json-repair"),
    }


def prompts(adapter):
    shapes, cases = [], []
    index = {}
    for case in prompt_cases():
        spec = case["shape"].spec()
        key = json.dumps(spec)
        if key not in index:
            index[key] = len(shapes)
            shapes.append(spec)
        signature = case["shape"].build()
        out = {"name": case["name"], "signature": index[key], "inputs": case["inputs"]}
        if case["demos"]:
            out["demos"] = case["demos"]
        if case.get("mistyped"):
            out["mistyped"] = True
        try:
            demos = [values_to_python(signature, demo) for demo in case["demos"]]
            out["messages"] = adapter.format(signature, demos, values_to_python(signature, case["inputs"]))
        except Exception as error:
            out["fails"] = type(error).__name__
        cases.append(out)
    return {"signatures": shapes, "cases": shorten(cases)}


def shorten(cases):
    """System messages repeat: each is stored once and named by its number."""
    systems = []
    for case in cases:
        for message in case.get("messages", []):
            if message["role"] == "system":
                if message["content"] not in systems:
                    systems.append(message["content"])
                message["content"] = systems.index(message["content"])
    return {"systems": systems, "list": cases}


def completions(name, adapter):
    shapes, cases = [], []
    index = {}
    for shape, completion in parse_cases(name):
        spec = shape.spec()
        key = json.dumps(spec)
        if key not in index:
            index[key] = len(shapes)
            shapes.append(spec)
        out = {"signature": index[key], "completion": completion}
        try:
            values = to_json(adapter.parse(shape.build(), completion))
            # nan and the infinities are no JSON, so dspex refuses them.
            out.update({"values": values} if finite(values) else {"fails": "not finite"})
        except dspy.utils.exceptions.AdapterParseError:
            out["fails"] = True
        except Exception as error:
            out["fails"] = type(error).__name__
        cases.append(out)
    return {"signatures": shapes, "cases": cases}


def finite(value):
    if isinstance(value, dict):
        return all(map(finite, value.values()))
    if isinstance(value, list):
        return all(map(finite, value))
    return not isinstance(value, float) or math.isfinite(value)


def repairs():
    out = []
    for text in repair_cases():
        try:
            value = json_repair.loads(text)
            if finite(value):
                out.append([text, value])
        except Exception as error:
            out.append([text, {"fails": type(error).__name__}])
    return {"cases": out}


def signatures():
    out = []
    for text in signature_cases():
        try:
            signature = dspy.Signature(text)
            fields = [[name, dspy.adapters.utils.get_annotation_name(field.annotation)] for name, field in signature.fields.items()]
            out.append({"text": text, "inputs": len(signature.input_fields), "fields": fields, "instructions": signature.instructions,
                        "prefixes": [field.json_schema_extra["prefix"] for field in signature.fields.values()]})
        except Exception as error:
            out.append({"text": text, "fails": type(error).__name__})
    return {"cases": out}


def response_formats():
    from dspy.adapters.json_adapter import _get_structured_outputs_response_format

    seen, out = set(), []
    for case in prompt_cases():
        spec = case["shape"].spec()
        if json.dumps(spec) in seen:
            continue
        seen.add(json.dumps(spec))
        try:
            out.append({"signature": spec, "schema": _get_structured_outputs_response_format(case["shape"].build(), False).model_json_schema()})
        except Exception as error:
            out.append({"signature": spec, "fails": type(error).__name__})
    return {"cases": out}


def dspy_schemas():
    types = dict(Image=dspy.Image, Audio=dspy.Audio, File=dspy.File, History=dspy.History, ToolCalls=dspy.ToolCalls,
                 ToolCallResults=ToolCallResults, Code=dspy.Code, Reasoning=dspy.Reasoning)
    schemas = {name: pydantic.TypeAdapter(cls).json_schema() for name, cls in types.items()}
    return (
        "import type { JsonObject } from '#lib/base/json';\n\n"
        f"// Made by `npm run goldens` with dspy {version('dspy')} (MIT) and pydantic {version('pydantic')}: what prompts show for DSPy's\n"
        "// own types as outputs. Do not edit.\n"
        "// biome-ignore format: made by a program\n"
        f"export const DSPY_SCHEMAS: {{ [name: string]: JsonObject }} = {json.dumps(schemas, indent=2, ensure_ascii=False)};\n"
    )


def write(path, content):
    content = {"versions": stamp(), "types": {name: custom_type_json(cls) for name, cls in CUSTOM.items()}, **content}
    # One line a case: small, and a change shows as the lines it touches.
    text = json.dumps(content, ensure_ascii=True, separators=(",", ":"))
    text = text.replace('},{"name":', '},\n{"name":').replace('},{"signature":', '},\n{"signature":').replace('},{"text":', '},\n{"text":')
    Path(path).write_text(text + "\n", encoding="ascii")
    return len(text)


def main():
    folder, modules, schemas = (Path(argument) for argument in sys.argv[1:4])
    folder.mkdir(parents=True, exist_ok=True)
    modules.mkdir(parents=True, exist_ok=True)
    sizes = {}
    for name, adapter in ADAPTERS.items():
        sizes[f"{name}-prompts"] = write(folder / f"{name}-prompts.json", prompts(adapter))
        sizes[f"{name}-completions"] = write(folder / f"{name}-completions.json", completions(name, adapter))
    sizes["json-repair"] = write(folder / "json-repair.json", repairs())
    sizes["signatures"] = write(folder / "signatures.json", signatures())
    sizes["response-formats"] = write(folder / "response-formats.json", response_formats())
    sizes["modules"] = write(modules / "modules.json", module_goldens())
    schemas.write_text(dspy_schemas(), encoding="utf-8")
    for name, size in sizes.items():
        print(f"{name}: {size} bytes")


if __name__ == "__main__":
    main()
