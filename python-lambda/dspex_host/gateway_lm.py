"""Every model call of every `dspy.LM`, the user's own ones included, as a request to the dspex gateway.

DSPy chooses the engine of a call in one function of its execution path. It is replaced, so that an LM which would open
its own connection is given this engine instead; which model answers, and whether this program may use it, is decided at
the other end. Subclasses with a `forward` of their own and custom engines are left alone: they hold no key of ours.
"""

import asyncio
import re
from concurrent.futures import Future
from typing import Any

import dspy
import pydantic
from dspy.clients import capabilities, embedding, execution
from dspy.clients.call_result import CallResult, attributes
from dspy.clients.legacy_requests import _strict_json_schema
from dspy.clients.lm15_boundary import request_kwargs, response_value
from dspy.utils.exceptions import ContextWindowExceededError, LMError

from .call import current
from .failures import Failed
from .parts import current_part

# What the gateway takes, by OpenAI's names where there are some.
SENT = ("temperature", "max_tokens", "top_p", "stop", "seed", "typical_inputs")
# What is about DSPy, a connection or a retry, not about the answer.
NOT_SENT = {
    "model", "messages", "n", "num_generations", "rollout_id", "response_format", "tools", "cache", "api_key", "api_base",
    "base_url", "api_version", "headers", "extra_headers", "timeout", "num_retries", "stream", "parallel_tool_calls",
    "prediction", "user", "organization", "project", "prompt_cache", "use_developer_role",
}  # fmt: skip
# The mirror of lib/lm/context-window.ts.
TOO_LONG = re.compile(
    r"context[ _-]?(?:length|window|size)|maximum context|prompt is too long|input is too long"
    r"|too many (?:input )?tokens|exceeds? the (?:available|model'?s?) context",
    re.IGNORECASE,
)


class GatewayError(LMError):
    """A model call failed beyond the gateway's own retries; `failure` says how."""

    def __init__(self, failure: dict, model: str):
        super().__init__(failure["message"], model=model)
        self.failure = failure


class GatewayContextExceeded(ContextWindowExceededError):
    """The same for a prompt that is too long, which ReAct knows how to shorten."""

    def __init__(self, failure: dict, model: str):
        super().__init__(message=failure["message"], model=model)
        self.failure = failure


class GatewayEngine:
    """DSPy's engine interface over the current call."""

    def __init__(self, lm: dspy.LM):
        self._lm = lm

    def complete_legacy(self, lm: dspy.LM, request: dict, *, call_kwargs: dict | None = None, **_: Any) -> CallResult:
        return result_of(lm, [wait(future, lm.model) for future in asked(lm, request, call_kwargs or {})])

    def complete(self, request: Any) -> Any:
        """A typed `lm15.Request`, as code written for DSPy's new interface makes it."""
        answer = wait(asked(self._lm, request_kwargs(request, "chat"), {})[0], self._lm.model)
        return response_value(raw_of(self._lm.model, [answer]), "chat", request)


class AsyncGatewayEngine:
    def __init__(self, lm: dspy.LM):
        self._lm = lm

    async def complete_legacy(self, lm: dspy.LM, request: dict, *, call_kwargs: dict | None = None, **_: Any) -> CallResult:
        futures = asked(lm, request, call_kwargs or {})
        return result_of(lm, await asyncio.gather(*(self._answer(future, lm.model) for future in futures)))

    async def complete(self, request: Any) -> Any:
        answer = await self._answer(asked(self._lm, request_kwargs(request, "chat"), {})[0], self._lm.model)
        return response_value(raw_of(self._lm.model, [answer]), "chat", request)

    async def _answer(self, future: "Future[dict]", model: str) -> dict:
        try:
            return await asyncio.wrap_future(future)
        except Exception as error:
            raise seen_by_dspy(error, model) from error


def asked(lm: dspy.LM, request: dict, call_kwargs: dict) -> "list[Future[dict]]":
    """The calls of one request, all under way: one, or `n` with consecutive samples."""
    call = current()
    if call is None:
        raise Failed("Model.Unavailable", f'"{lm.model}" was asked outside of any operation, so there is no gateway to ask')
    wire = gateway_request(lm, request, call_kwargs)
    count = request.get("n") or request.get("num_generations") or 1
    return [call.ask("lm", {**wire, "sample": wire["sample"] + i}) for i in range(count)]


def gateway_request(lm: dspy.LM, request: dict, call_kwargs: dict) -> dict:
    """A request in OpenAI's words as the other end takes it: lib/ports/python.ts, PythonLmRequest."""
    parameters = {name: request[name] for name in SENT if request.get(name) is not None}
    limit = request.get("max_completion_tokens")
    if limit is not None:
        parameters["max_tokens"] = limit
    if isinstance(parameters.get("stop"), str):
        parameters["stop"] = [parameters["stop"]]
    refuse_unknown(lm, request)
    wire: dict[str, Any] = {
        "model": lm.model,
        "messages": request["messages"],
        "parameters": parameters,
        "sample": request.get("rollout_id") or 0,
        "cache": bool(call_kwargs.get("cache", lm.cache)),
    }
    response_format = response_format_of(request.get("response_format"))
    if response_format is not None:
        wire["responseFormat"] = response_format
    if request.get("tools"):
        wire["tools"] = request["tools"]
    predictor, part = asking_predictor(), current_part()
    if predictor is not None:
        wire["predictor"] = predictor
    if part is not None:
        wire["part"] = part
    return wire


def refuse_unknown(lm: dspy.LM, request: dict) -> None:
    """A setting that would be dropped in silence changes what the program means."""
    known = NOT_SENT | set(SENT) | {"max_completion_tokens"}
    # `tool_choice: auto` is what providers do anyway, and where tools are told as text there is nothing to choose from.
    if request.get("tool_choice") == "auto" or not request.get("tools"):
        known = known | {"tool_choice"}
    unknown = sorted(key for key, value in request.items() if key not in known and value is not None)
    if unknown:
        raise Failed("Model.Refused", f'the gateway cannot send {", ".join(unknown)} to "{lm.model}"; it sends {", ".join(SENT)}')


def response_format_of(wanted: Any) -> dict | None:
    if wanted is None:
        return None
    if isinstance(wanted, type) and issubclass(wanted, pydantic.BaseModel):
        schema = _strict_json_schema(wanted.model_json_schema())
        return {"type": "json_schema", "json_schema": {"name": wanted.__name__, "schema": schema, "strict": True}}
    return wanted


def asking_predictor() -> str | None:
    """The path of the predictor inside the program that runs, where DSPy knows it."""
    modules = dspy.settings.caller_modules or []
    if not modules:
        return None
    program, asking = modules[0], modules[-1]
    return next((name for name, predictor in program.named_predictors() if predictor is asking), None)


def wait(future: "Future[dict]", model: str) -> dict:
    try:
        return future.result()
    except Exception as error:
        raise seen_by_dspy(error, model) from error


def seen_by_dspy(error: Exception, model: str) -> Exception:
    """One of DSPy's own errors, none of which it tries again: the gateway has done that."""
    failure = getattr(error, "failure", None) or {"name": "Internal", "message": str(error), "retryable": False}
    if failure["name"] in ("Model.Refused", "Model.Unavailable") and TOO_LONG.search(failure["message"]):
        return GatewayContextExceeded(failure, model)
    return GatewayError(failure, model)


def result_of(lm: dspy.LM, answers: list[dict]) -> CallResult:
    result = CallResult.legacy(lm, raw_of(lm.model, answers, lm.model_type), kwargs={})
    costs = [answer.get("costNanoUsd") for answer in answers]
    result.cost = None if None in costs else sum(costs) / 1e9
    return result


def raw_of(model: str, answers: list[dict], model_type: str = "chat") -> Any:
    """Answers as the OpenAI-shaped response DSPy reads."""
    usage = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}
    for answer in answers:
        usage["prompt_tokens"] += answer["usage"]["inputTokens"]
        usage["completion_tokens"] += answer["usage"]["outputTokens"]
    usage["total_tokens"] = usage["prompt_tokens"] + usage["completion_tokens"]
    if model_type == "responses":
        parts = [{"type": "output_text", "text": answer["text"]} for answer in answers]
        return attributes({"model": model, "usage": usage, "output": [{"type": "message", "content": parts}]})
    return attributes({"model": model, "usage": usage, "choices": [choice(i, answer) for i, answer in enumerate(answers)]})


def choice(index: int, answer: dict) -> dict:
    message: dict[str, Any] = {"role": "assistant", "content": answer["text"]}
    if answer.get("toolCalls"):
        message["tool_calls"] = answer["toolCalls"]
        message["content"] = answer["text"] or None
    return {"index": index, "finish_reason": answer["finishReason"].replace("-", "_"), "message": message}


def route_all_calls() -> None:
    """Puts the gateway in the place of every connection DSPy would open by itself."""
    if getattr(execution._select_engine, "routes_to_gateway", False):
        return
    own = execution._select_engine

    def select(lm: Any, call: Any, asynchronous: bool) -> Any:
        if not call.managed or not isinstance(lm._engine_spec, str):
            return own(lm, call, asynchronous)
        engine = (AsyncGatewayEngine if asynchronous else GatewayEngine)(lm)
        return engine, call.request, None

    select.routes_to_gateway = True  # type: ignore[attr-defined]
    execution._select_engine = select
    of_model = capabilities._capabilities

    def of_gateway(lm: Any, options: dict | None = None) -> Any:
        # Asynchronous calls ask this first, and a catalogue of models that takes seconds to load would answer.
        if not getattr(lm, "is_behind_gateway", False):
            return of_model(lm, options)
        return capabilities.Capabilities(lm.supports_function_calling, lm.supports_reasoning, lm.supports_response_schema, lm.supported_params)

    capabilities._capabilities = of_gateway
    compute = embedding._compute_embeddings

    def embed(model: Any, batch: list[str], **kwargs: Any) -> Any:
        if isinstance(model, str):
            raise Failed("Module.Unsupported", f'the gateway has no embeddings for "{model}" yet: give dspy.Embedder a function')
        return compute(model, batch, **kwargs)

    embedding._compute_embeddings = embed
