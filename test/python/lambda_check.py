"""Runs the Lambda door with a gateway function that answers here; prints what came out as JSON."""

import json
import sys

from dspex_host import lambda_function

asked = []


def gateway(event):
    asked.append(event)
    if event["request"]["messages"][-1]["content"].find("refuse") >= 0:
        return {"failure": {"name": "Model.Refused", "message": "no", "retryable": False}}
    text = "[[ ## answer ## ]]\nyes\n\n[[ ## completed ## ]]"
    usage = {"inputTokens": 1, "outputTokens": 1}
    return {"answer": {"text": text, "finishReason": "stop", "usage": usage, "costNanoUsd": None}}


lambda_function._invoke = gateway
events = json.loads(sys.stdin.read())
answers = [lambda_function.handler(event) for event in events]
print(json.dumps({"answers": answers, "contexts": [event["context"] for event in asked]}))
