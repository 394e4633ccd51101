"""A class with fields, rebuilt from the JSON Schema pydantic printed of it."""

from typing import Any, Literal, Optional, Union

import pydantic

from .failures import Failed

SCALARS = {"string": str, "integer": int, "number": float, "boolean": bool, "null": type(None)}
FORMATS: dict[str, Any] = {}
# JSON Schema's names of the constraints pydantic's Field takes.
CONSTRAINTS = {
    "exclusiveMinimum": "gt", "minimum": "ge", "exclusiveMaximum": "lt", "maximum": "le", "multipleOf": "multiple_of",
    "minLength": "min_length", "maxLength": "max_length", "minItems": "min_length", "maxItems": "max_length", "pattern": "pattern",
}  # fmt: skip


def class_from_schema(name: str, schema: dict) -> Any:
    """Throws Failed when the class would print another schema: its prompts would not be those of the original."""
    built = _Builder(schema.get("$defs", {})).object(name, schema)
    printed = pydantic.TypeAdapter(built).json_schema()
    if printed != schema:
        raise Failed("Module.Unsupported", f'the class "{name}" cannot be rebuilt in Python from its JSON Schema')
    return built


class _Builder:
    def __init__(self, definitions: dict):
        self._definitions = definitions
        self._made: dict[str, Any] = {}

    def object(self, name: str, schema: dict) -> Any:
        required = set(schema.get("required", []))
        fields: dict[str, Any] = {}
        for field, spec in schema.get("properties", {}).items():
            fields[field] = (self.type(spec, f"{name}_{field}"), self.field(field, spec, field in required))
        config = pydantic.ConfigDict(title=schema["title"]) if schema.get("title", name) != name else pydantic.ConfigDict()
        if schema.get("additionalProperties") is False:
            config["extra"] = "forbid"
        elif schema.get("additionalProperties") is True:
            config["extra"] = "allow"
        # A base instead of a doc string: `create_model` takes no description.
        base = type("Base", (pydantic.BaseModel,), {"model_config": config, "__module__": __name__})
        return pydantic.create_model(name, __base__=base, __doc__=schema.get("description"), **fields)

    def field(self, name: str, spec: dict, required: bool) -> Any:
        extra = {CONSTRAINTS[key]: value for key, value in spec.items() if key in CONSTRAINTS}
        if "description" in spec and "$ref" not in spec:
            extra["description"] = spec["description"]
        if "title" in spec and spec["title"] != name.replace("_", " ").title():
            extra["title"] = spec["title"]
        default = ... if required else spec.get("default", None)
        return pydantic.Field(default, **extra)

    def type(self, spec: dict, name: str) -> Any:
        if "$ref" in spec:
            return self.definition(spec["$ref"].rsplit("/", 1)[-1])
        if "const" in spec:
            return Literal[spec["const"]]
        if "enum" in spec:
            return Literal[tuple(spec["enum"])]
        if "anyOf" in spec:
            options = tuple(self.type(option, name) for option in spec["anyOf"])
            return Optional[options[0]] if len(options) == 2 and options[1] is type(None) else Union[options]
        kind = spec.get("type")
        if kind == "array":
            if "prefixItems" in spec:
                return tuple[tuple(self.type(item, name) for item in spec["prefixItems"])]  # type: ignore[misc]
            plain: Any = set if spec.get("uniqueItems") else list
            return plain[self.type(spec["items"], name)] if spec.get("items") else plain
        if kind == "object":
            values = spec.get("additionalProperties")
            return dict[str, self.type(values, name)] if isinstance(values, dict) else dict[str, Any] if values is True else dict
        return library_type(spec) or SCALARS.get(kind, Any)

    def definition(self, name: str) -> Any:
        if name in self._made:
            return self._made[name]
        spec = self._definitions.get(name, {})
        # Stands in while the class is built: one that holds itself is refused when its schema is compared.
        self._made[name] = Any
        if "enum" in spec and "properties" not in spec:
            import enum

            self._made[name] = enum.Enum(spec.get("title", name), [(str(value), value) for value in spec["enum"]])
        else:
            self._made[name] = self.object(name, spec)
        return self._made[name]


def library_type(spec: dict) -> Any:
    import datetime
    import pathlib
    import uuid

    known = {
        "date-time": datetime.datetime, "date": datetime.date, "time": datetime.time, "duration": datetime.timedelta,
        "uuid": uuid.UUID, "path": pathlib.Path,
    }  # fmt: skip
    return known.get(spec.get("format", "")) if spec.get("type") == "string" else None
