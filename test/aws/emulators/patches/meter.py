"""Counts what AWS would put on the bill, and tells it at /_dspex/meter (GET; DELETE begins anew): requests by service and
action, invocations by function with the bytes they log, state transitions, batches that event sources fetch and delete,
events on buses, and DynamoDB's units by the kind of item. Units are counted as DynamoDB does: the larger image in steps of
1 KB, twice within a transaction; each index that holds the item once more, by what changes in it."""

import contextvars
import json
import math
import re
import threading
from urllib.parse import parse_qs

PATH = "/_dspex/meter"
# What Lambda itself writes about an invocation.
LAMBDA_LOG_BYTES = 350

_lock = threading.Lock()
_counts = {}
_running = [0]
_scheduled = contextvars.ContextVar("scheduled", default=False)


def count(kind, name, amount=1):
    with _lock:
        of = _counts.setdefault(kind, {})
        of[name] = of.get(name, 0) + amount


def apply():
    _requests()
    _tables()
    _functions()
    _machines()


def _requests():
    from ministack import app

    plain = app._dispatch_service_request

    async def dispatch(method, path, headers, body, query, request_id):
        if path == PATH:
            return _told(method)
        service = app.detect_service(method, path, headers, app._routing_params(method, path, headers, body, query))
        target = headers.get("x-amz-target", "")
        action = target.split(".")[-1] or parse_qs(body.decode("utf-8", "replace")).get("Action", [""])[0]
        count("requests", f"{service}:{action or _rest(service, method, path)}")
        if action == "PutEvents":
            count("bus", "entries", len(json.loads(body).get("Entries", [])))
        return await plain(method, path, headers, body, query, request_id)

    app._dispatch_service_request = dispatch
    plain_api = app._handle_execute_api_request

    async def execute(host, path, method, headers, body, query):
        answer = await plain_api(host, path, method, headers, body, query)
        if answer is not None:
            count("requests", "apigateway:request")
        return answer

    app._handle_execute_api_request = execute


def _rest(service, method, path):
    return "Invoke" if service == "lambda" and path.endswith("/invocations") else method


def _told(method):
    with _lock:
        body = json.dumps(dict(_counts, running={"functions": _running[0], "messages": _waiting()})).encode()
        if method == "DELETE":
            _counts.clear()
    return 200, {"Content-Type": "application/json"}, body


def _waiting():
    """Messages that somebody will still be given, visible or not; dead letters are given to nobody."""
    from ministack.services import sqs

    return sum(len(queue["messages"]) for url, queue in list(sqs._queues.items()) if not url.endswith("-dead"))


def _functions():
    from ministack.services import lambda_svc, sqs

    plain = lambda_svc._emit_lambda_logs

    def logs(func, request_id, log, error, milliseconds):
        config = func.get("config") or func
        # What a schedule looks for is nobody's work; it is counted apart.
        name = config.get("FunctionName", "unknown") + (":schedule" if _scheduled.get() else "")
        count("invocations", name)
        count("milliseconds", name, milliseconds)
        count("log_bytes", name, len(log.encode()) + LAMBDA_LOG_BYTES)
        return plain(func, request_id, log, error, milliseconds)

    lambda_svc._emit_lambda_logs = logs
    plain_execute = lambda_svc._execute_function

    def execute(func, event):
        with _lock:
            _running[0] += 1
        mark = _scheduled.set(event == {"schedule": True})
        try:
            return plain_execute(func, event)
        finally:
            _scheduled.reset(mark)
            with _lock:
                _running[0] -= 1

    lambda_svc._execute_function = execute
    plain_receive, plain_delete = sqs._receive_messages_for_esm, sqs._delete_messages_for_esm

    def receive(*args):
        batch = plain_receive(*args)
        if batch:
            count("batches", "received")
        return batch

    def delete(*args):
        count("batches", "deleted")
        return plain_delete(*args)

    sqs._receive_messages_for_esm, sqs._delete_messages_for_esm = receive, delete


def _machines():
    from ministack.services import stepfunctions as sfn

    plain_event, plain_retrier = sfn._add_event, sfn._find_matching_retrier

    def event(execution, kind, details=None):
        if kind.endswith("StateEntered"):
            count("transitions", kind.removesuffix("StateEntered"))
        return plain_event(execution, kind, details)

    def retrier(*args):
        found = plain_retrier(*args)
        if found[0] is not None:
            count("transitions", "retry")
        return found

    sfn._add_event, sfn._find_matching_retrier = event, retrier


def _tables():
    from ministack.services import dynamodb as ddb

    for name in ("_put_item", "_update_item", "_delete_item"):
        setattr(ddb, name, _metered(ddb, getattr(ddb, name), lambda data: [data], 1))
    transact = ddb._transact_write_items
    ddb._transact_write_items = _metered(
        ddb, transact, lambda data: [one for item in data.get("TransactItems", []) for one in item.values()], 2
    )
    batch = ddb._batch_write_item
    ddb._batch_write_item = _metered(ddb, batch, _of_batch, 1)
    ddb._get_item = _reading(ddb, ddb._get_item, lambda data, answer: [(data, [answer.get("Item")])], each=True)
    ddb._query = _reading(ddb, ddb._query, lambda data, answer: [(data, answer.get("Items", []))], each=False)
    ddb._batch_get_item = _reading(ddb, ddb._batch_get_item, _of_batch_get, each=True)


def _of_batch(data):
    """Puts and deletes of a batch, each as if it had come alone."""
    for table, requests in data.get("RequestItems", {}).items():
        for request in requests:
            for one in request.values():
                yield dict(one, TableName=table)


def _of_batch_get(data, answer):
    for table, asked in data.get("RequestItems", {}).items():
        found = answer.get("Responses", {}).get(table, [])
        yield asked, found + [None] * (len(asked.get("Keys", [])) - len(found))


def _metered(ddb, plain, targets_of, factor):
    def write(data):
        targets = [one for one in targets_of(data) if ddb._tables.get(one.get("TableName"))]
        before = [_image(ddb, one) for one in targets]
        answer = plain(data)
        done = answer[0] == 200
        for target, old in zip(targets, before):
            # A refused write is paid for like one that found nothing to change.
            new = _image(ddb, target) if done else old
            size = max(_size(ddb, old), _size(ddb, new), 1)
            units = factor * math.ceil(size / 1024)
            kind = _kind(target)
            count("writes", kind)
            count("write_units", kind, units)
            for index in ddb._tables[target["TableName"]].get("GlobalSecondaryIndexes") or []:
                count("index_units", kind, _index_units(ddb, ddb._tables[target["TableName"]], index, old, new))
        return answer

    return write


def _image(ddb, target):
    """A copy of what stands under the key of a write."""
    table = ddb._tables[target["TableName"]]
    key = target.get("Item") or target.get("Key") or {}
    value = [ddb._extract_key_val(key.get(table[one])) for one in ("pk_name", "sk_name")]
    item = table["items"].get(value[0], {}).get(value[1])
    return None if item is None else json.loads(json.dumps(item))


def _size(ddb, item):
    return 0 if item is None else ddb._item_size_bytes(item)


def _index_units(ddb, table, index, old, new):
    names = [one["AttributeName"] for one in index["KeySchema"]]
    views = [_view(table, index, names, item) for item in (old, new)]
    keys = [None if view is None else [view[name] for name in names] for view in views]
    units = [math.ceil(_size(ddb, view) / 1024) for view in views]
    if keys[0] != keys[1]:
        return sum(units)
    return 0 if views[0] == views[1] else max(units)


def _view(table, index, names, item):
    """What the index holds of an item; None when it is not in it."""
    if item is None or any(name not in item for name in names):
        return None
    kind = (index.get("Projection") or {}).get("ProjectionType", "ALL")
    if kind == "ALL":
        return item
    if kind != "KEYS_ONLY":
        raise SystemExit(f"the meter does not know the projection {kind}")
    return {name: item[name] for name in [table["pk_name"], table["sk_name"], *names] if name}


def _reading(ddb, plain, groups_of, each):
    def read(data):
        answer = plain(data)
        if answer[0] != 200:
            return answer
        for asked, items in groups_of(data, json.loads(answer[2])):
            share = 1 if asked.get("ConsistentRead") else 0.5
            sizes = [_size(ddb, item) for item in items]
            groups = sizes if each else [sum(sizes)]
            count("reads", "items", len(items))
            count("read_units", "units", sum(share * max(1, math.ceil(size / 4096)) for size in groups))
        return answer

    return read


def _kind(target):
    """`T#wsp/Execution/exe_..|S#12` as `T#/Execution/|S#`: what it is, without which one it is."""
    key = target.get("Item") or target.get("Key") or {}
    text = "|".join(str((key.get(name) or {}).get("S", "")) for name in ("pk", "sk"))
    return re.sub(r"[0-9A-Za-z]{0,8}_?[0-9a-z]{20,}|[0-9a-f]{16,}|\d+", "*", text)[:80]
