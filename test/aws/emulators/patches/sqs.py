"""Two things SQS has and the emulator lacks: fair queues (message groups on standard queues), and moving dead letters back."""

import json
import time
import uuid


def apply():
    from ministack.services import sqs

    _fair_queues(sqs)
    _move_tasks(sqs)


def _fair_queues(sqs):
    plain = sqs._collect_msgs

    def in_turns(queue, most, visibility):
        if not queue["is_fifo"]:
            queue["messages"].sort(key=_turn(queue["messages"]))
        return plain(queue, most, visibility)

    sqs._collect_msgs = in_turns


def _turn(messages):
    """Each group's first message before any group's second; groups with more in flight later. The sort is stable."""
    now = time.time()
    served = {}
    turns = {}
    for message in messages:
        group = message.get("group_id")
        if message["visible_at"] > now and message["receive_count"] > 0:
            served[group] = served.get(group, 0) + 1
    for message in messages:
        group = message.get("group_id")
        turns[id(message)] = served.get(group, 0)
        if message["visible_at"] <= now:
            served[group] = served.get(group, 0) + 1
    return lambda message: turns[id(message)]


def _move_tasks(sqs):
    tasks = {}

    def sources_of(arn):
        for queue in list(sqs._queues.values()):
            policy = json.loads(queue["attributes"].get("RedrivePolicy") or "{}")
            if policy.get("deadLetterTargetArn") == arn:
                yield queue

    def start(data, _url):
        arn = data.get("SourceArn", "")
        dead = sqs._queue_by_arn(arn)
        sources = list(sources_of(arn))
        if dead is None or not sources:
            raise sqs._Err("ResourceNotFoundException", "The source queue is not a dead-letter queue.", 404)
        moved = dead["messages"]
        dead["messages"] = []
        now = time.time()
        for message in moved:
            fresh = dict(message, receive_count=0, receipt_handle=None, visible_at=now, first_receive_at=None)
            sources[0]["messages"].append(fresh)
        task = {
            "TaskHandle": str(uuid.uuid4()),
            "Status": "COMPLETED",
            "SourceArn": arn,
            "ApproximateNumberOfMessagesMoved": len(moved),
            "ApproximateNumberOfMessagesToMove": len(moved),
            "StartedTimestamp": int(now * 1000),
        }
        tasks.setdefault(arn, []).insert(0, task)
        return {"TaskHandle": task["TaskHandle"]}

    def listed(data, _url):
        found = tasks.get(data.get("SourceArn", ""), [])
        shown = [{name: value for name, value in task.items() if name != "TaskHandle"} for task in found]
        return {"Results": shown[: int(data.get("MaxResults", 1))]}

    sqs._HANDLERS["StartMessageMoveTask"] = start
    sqs._HANDLERS["ListMessageMoveTasks"] = listed
