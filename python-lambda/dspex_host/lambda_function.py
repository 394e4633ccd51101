"""The Lambda door: one operation an invocation. Model calls go to dspex's gateway function, never to a provider.

Event: {"operation", "payload", "context"?}; answer: {"result"} or {"failure"}, with {"progress": [...]} when some was told
and {"calls": [{"call", "part"}]} when models were asked: the gateway's records of them.
`context` is passed to the gateway function as it came: it names the workspace and the models the call may ask.
The files of an adopted program come as `archive`. Without them the answer says that they are wanted, unless this process
has unpacked them before; whoever calls then sends them.
"""

import json
import os
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from . import host
from .dspy_setup import set_up
from .failures import Failed
from .operations import OPERATIONS

GATEWAY = "DSPEX_GATEWAY_FUNCTION"
AT_ONCE = 32
MOST_PROGRESS = 1000

set_up()


class GivenFailure(Exception):
    def __init__(self, failure: dict):
        super().__init__(failure.get("message", ""))
        self.failure = failure


class LambdaCall:
    """Asks by invoking the gateway function; progress is kept for the answer."""

    def __init__(self, context: dict, invoke: "Invoke", executor: ThreadPoolExecutor, archive: str | None = None):
        self._archive = archive
        self.told: list[Any] = []
        self.calls: list[dict] = []
        self._context = context
        self._invoke = invoke
        self._executor = executor

    def progress(self, value: Any) -> None:
        if len(self.told) < MOST_PROGRESS:
            self.told.append(value)

    def ask(self, kind: str, request: dict) -> "Future[Any]":
        if kind == "package":
            return self._executor.submit(self._package)
        return self._executor.submit(self._answer, kind, request)

    def _package(self) -> dict:
        if self._archive is None:
            raise Failed("Module.Unsupported", "the files of this program were not sent", {"wanted": "package"})
        return {"archive": self._archive}

    def _answer(self, kind: str, request: dict) -> Any:
        answer = self._invoke({"kind": kind, "request": request, "context": self._context})
        if "failure" in answer:
            raise GivenFailure(answer["failure"])
        # What the gateway recorded; whoever invoked this function keeps it with the step.
        if answer.get("call"):
            self.calls.append({"call": answer["call"], "part": request.get("part")})
        return answer["answer"]


class Invoke:
    """One synchronous invocation of the gateway function."""

    def __init__(self) -> None:
        self._client: Any = None

    def __call__(self, event: dict) -> dict:
        name = os.environ.get(GATEWAY)
        if not name:
            raise Failed("Model.Unavailable", f"{GATEWAY} does not name the gateway's function")
        if self._client is None:
            import boto3
            from botocore.config import Config

            # The gateway has its own retries, and one call may wait for a model for minutes.
            config = Config(read_timeout=890, retries={"total_max_attempts": 1}, max_pool_connections=AT_ONCE)
            self._client = boto3.client("lambda", config=config)
        reply = self._client.invoke(FunctionName=name, Payload=json.dumps(event).encode())
        body = json.loads(reply["Payload"].read())
        if reply.get("FunctionError"):
            raise Failed("Model.Transient", f"the gateway function failed: {body.get('errorMessage', 'no message')}")
        return body


_invoke = Invoke()


def handler(event: dict, _context: Any = None) -> dict:
    with ThreadPoolExecutor(max_workers=AT_ONCE) as executor:
        call = LambdaCall(event.get("context", {}), _invoke, executor, event.get("archive"))
        outcome = host.run(OPERATIONS, event.get("operation", ""), event.get("payload", {}), call)
    try:
        json.dumps(outcome, allow_nan=False)
    except (TypeError, ValueError) as error:
        outcome = {"failure": Failed("Python.Raised", f"the result is no JSON: {error}").failure}
    return {**outcome, **({"progress": call.told} if call.told else {}), **({"calls": call.calls} if call.calls else {})}
