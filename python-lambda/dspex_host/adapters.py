"""Adapters by dspex's names."""

from collections.abc import Callable

import dspy

from .failures import Failed

# Native tool calls change prompts by what a model can; dspex's native adapters do without, and both must agree.
ADAPTERS: dict[str, Callable[[], dspy.Adapter]] = {
    "chat": dspy.ChatAdapter,
    "json": lambda: dspy.JSONAdapter(use_native_function_calling=False),
    "xml": dspy.XMLAdapter,
}


def adapter_of(name: str | None) -> dspy.Adapter:
    make = ADAPTERS.get(name or "chat")
    if make is None:
        raise Failed("Module.Unsupported", f'no adapter "{name}": there are {", ".join(ADAPTERS)}')
    return make()
