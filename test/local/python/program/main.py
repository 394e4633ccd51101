"""A worker with the faults a real one may have, each an operation. Without DSPy, so that it starts at once."""

import os
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.environ["HOST_FOLDER"])

from dspex_host.operations import OPERATIONS  # noqa: E402
from dspex_host.worker import serve  # noqa: E402

hoard = []


def echo(payload, _call):
    return {"echo": payload, "pid": os.getpid()}


def ask(payload, call):
    futures = [call.ask("lm", request) for request in payload["requests"]]
    return {"answers": [future.result() for future in futures], "pid": os.getpid()}


def tell(payload, call):
    for i in range(payload["times"]):
        call.progress(i)
    return {}


def hang(_payload, call):
    call.progress("hanging")
    while True:
        time.sleep(60)


def wait(payload, call):
    """Until a model has answered; tells that it began."""
    call.progress(os.getpid())
    return {"answer": call.ask("lm", payload).result()}


def crash(payload, _call):
    if payload.get("how") == "exit":
        os._exit(3)
    os.kill(os.getpid(), signal.SIGSEGV)


def leave(payload, _call):
    sys.exit(payload.get("code", 0))


def scream(_payload, _call):
    print("printed to standard output")
    os.write(1, b"\n{\"id\": 1, \"result\": {\"forged\": true}}\n")
    subprocess.run(["echo", "a child's output"], check=True)
    sys.stderr.write("x" * 1_000_000)
    return {"said": True}


def leak(payload, _call):
    hoard.append(bytearray(payload["bytes"]))
    return {"pid": os.getpid()}


def nonsense(_payload, call):
    call._channel._socket.sendall(b"this is no JSON\n")
    time.sleep(60)


def flood(payload, call):
    for _ in range(payload["megabytes"]):
        call._channel._socket.sendall(b"x" * 1_000_000)
    return {}


def foreign(_payload, _call):
    return {"value": object(), "number": float("nan")}


def fail(payload, _call):
    error = RuntimeError("made up")
    error.failure = payload
    raise error


def child(payload, _call):
    """A child that holds what the worker holds; `apart` it outlives the worker."""
    begun = subprocess.Popen(["sleep", "1000"], start_new_session=payload.get("apart", False))
    return {"child": begun.pid, "pid": os.getpid()}


def environment(_payload, _call):
    return {"names": sorted(os.environ), "home": os.environ.get("HOME"), "cwd": os.getcwd()}


def prepare():
    fault = os.environ.get("FAULT")
    if fault == "import-forever":
        time.sleep(1000)
    if fault == "import-error":
        raise ImportError("no module named imagination")
    if fault is not None and fault.startswith("once:"):
        # The first start fails, the next ones do not.
        try:
            os.close(os.open(fault[5:], os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            return {}
        raise ImportError("not the first time")
    return {}


if __name__ == "__main__":
    own = [echo, ask, tell, hang, wait, crash, leave, scream, leak, nonsense, flood, foreign, fail, child, environment]
    serve({**OPERATIONS, **{operation.__name__: operation for operation in own}}, prepare)
