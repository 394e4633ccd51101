"""The messages a module would send, without sending them: how native rendering is compared with DSPy's."""

from ..adapters import adapter_of
from ..call import Call
from ..signatures import signature_of
from ..values import inputs_to_python


def render(payload: dict, _call: Call) -> dict:
    signature = signature_of(payload["signature"])
    demos = [inputs_to_python(signature, demo) for demo in payload.get("demos", [])]
    messages = adapter_of(payload.get("adapter")).format(signature, demos, inputs_to_python(signature, payload["inputs"]))
    return {"messages": messages}
