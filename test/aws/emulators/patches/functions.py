"""A function's error carries the class of what it threw, which Retry and Catch match; a function that takes too long is
Sandbox.Timedout; the Node context knows the function's name, its ARN and the time that remains; a process that stands in
for a function (MINISTACK_LAMBDA_PROXY_URL) fails as functions do, by answering errorType and errorMessage."""

import contextvars

_error = contextvars.ContextVar("error", default=None)

PYTHON = (
    '"status": "error", "error": str(e), "trace": traceback.format_exc()',
    '"status": "error", "errorType": type(e).__name__, "error": str(e), "trace": traceback.format_exc()',
)
NODE = [
    (
        'status: "error", error: String(err.message || err), trace: err.stack || ""',
        'status: "error", errorType: err.name || "Error", error: String(err.message || err), trace: err.stack || ""',
    ),
    (
        'status: "error", error: e.message, trace: e.stack',
        'status: "error", errorType: e.name || "Error", error: e.message, trace: e.stack',
    ),
    ('functionName: event._function_name || ""', 'functionName: process.env.AWS_LAMBDA_FUNCTION_NAME || ""'),
    ('invokedFunctionArn: event._arn || ""', 'invokedFunctionArn: process.env._LAMBDA_FUNCTION_ARN || ""'),
    (
        "getRemainingTimeInMillis: () => 300000",
        "getRemainingTimeInMillis: ((until) => () => Math.max(0, until - Date.now()))"
        "(Date.now() + 1000 * Number(process.env._LAMBDA_TIMEOUT || 300))",
    ),
]


def apply():
    from ministack.core import lambda_runtime
    from ministack.services import lambda_svc

    lambda_runtime._PYTHON_WORKER_SCRIPT = _changed(lambda_runtime._PYTHON_WORKER_SCRIPT, [PYTHON])
    lambda_runtime._NODEJS_WORKER_SCRIPT = _changed(lambda_runtime._NODEJS_WORKER_SCRIPT, NODE)
    plain_invoke = lambda_runtime.Worker.invoke
    plain_execute = lambda_svc._execute_function_warm

    def invoke(self, event, request_id):
        result = plain_invoke(self, event, request_id)
        late = str(result.get("error", "")).startswith("Task timed out")
        _error.set("Sandbox.Timedout" if late else result.get("errorType"))
        return result

    def execute(func, event):
        _error.set(None)
        result = plain_execute(func, event)
        if result.get("error") and _error.get() and isinstance(result.get("body"), dict):
            result["body"]["errorType"] = _error.get()
        return result

    plain_proxy = lambda_svc._execute_function_proxy

    def proxy(func, event, url, request_id):
        result = plain_proxy(func, event, url, request_id)
        body = result.get("body")
        failed = isinstance(body, dict) and {"errorType", "errorMessage"} <= body.keys()
        return dict(result, error=True) if failed else result

    lambda_runtime.Worker.invoke = invoke
    lambda_svc._execute_function_proxy = proxy
    lambda_svc._execute_function_warm = execute


def _changed(script, changes):
    for old, new in changes:
        if old not in script:
            raise SystemExit(f"the emulator has changed: its worker script no longer has {old!r}")
        script = script.replace(old, new)
    return script
