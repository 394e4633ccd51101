"""The LM a module runs with: DSPy's class, dspex's gateway behind it."""

from typing import Any

import dspy

# dspex's names of sampling settings, as DSPy has them.
NAMES = {
    "temperature": "temperature", "maxTokens": "max_tokens", "topP": "top_p", "stop": "stop", "seed": "seed",
    "typicalInputs": "typical_inputs",
}  # fmt: skip


class GatewayLM(dspy.LM):
    """Prompts depend on what a model can. Here that is what the gateway can, whatever the model's name suggests."""

    is_behind_gateway = True
    # Of a model behind the gateway: schemas yes; native tool calls and reasoning fields would change prompts.
    supports_function_calling = False
    supports_reasoning = False
    supports_response_schema = True
    supported_params = frozenset({"response_format", "temperature", "max_tokens", "top_p", "stop", "seed", "typical_inputs"})

    def _get_initial_kwargs(self, *, temperature: float | None, max_tokens: int | None, **kwargs: Any) -> dict[str, Any]:
        # What a reasoning model refuses is left out where the call is sent, for both runtimes alike.
        settings = {"temperature": temperature, "max_tokens": max_tokens, **kwargs}
        return {name: value for name, value in settings.items() if name != "rollout_id" or value is not None}


def lm_of(spec: dict) -> GatewayLM:
    """`{model, parameters?, sample?}`: the name the gateway's side knows it by, its defaults, and which draw this is."""
    settings: dict[str, Any] = parameters_of(spec.get("parameters", {}))
    sample = spec.get("sample", 0)
    if sample:
        settings["rollout_id"] = sample
    return GatewayLM(spec["model"], num_retries=0, **settings)


def parameters_of(parameters: dict) -> dict:
    return {NAMES[name]: value for name, value in parameters.items() if value is not None}
