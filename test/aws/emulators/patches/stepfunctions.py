"""Step Functions as AWS documents it where the emulator differs:

* Parallel and Map heed Retry, Catch, Arguments, Items, ItemSelector, Output and Assign in JSONata, and each branch has
  variables of its own;
* Succeed and Fail evaluate their expressions; Assign sees the variables as they were before it;
* a Task's TimeoutSeconds holds, RetryCount counts, the first matching retrier decides, and States.TaskFailed is not
  States.Timeout;
* the same start while it runs is the same execution, a version runs its own definition, and a deleted machine takes its
  versions with it.
"""

import concurrent.futures
import contextvars
import copy
import json
import threading

_task = contextvars.ContextVar("task", default=None)
_definition = contextvars.ContextVar("definition", default=None)


def apply():
    from ministack.services import stepfunctions as sfn

    _expressions(sfn)
    _tasks(sfn)
    _branches(sfn)
    _runs(sfn)
    _machines(sfn)


def _jsonata(sfn, state, ctx):
    return sfn._state_query_language(state, ctx) == "JSONata"


def _value(sfn, state, name, raw, ctx, default=None, **known):
    return sfn._apply_jsonata_template(state[name], raw, ctx, **known) if name in state else default


def _expressions(sfn):
    plain = sfn._apply_state_assign

    def assign(state, raw, ctx, result=None, error_output=None):
        if ctx is None or not isinstance(state.get("Assign"), dict) or not _jsonata(sfn, state, ctx):
            return plain(state, raw, ctx, result=result, error_output=error_output)
        # All of them see what was there before the first is set.
        values = sfn._apply_jsonata_template(state["Assign"], raw, ctx, result, error_output)
        ctx.setdefault("variables", {}).update(values)

    sfn._apply_state_assign = assign

    def wait(state, raw, ctx=None):
        if not _jsonata(sfn, state, ctx):
            return plain_wait(state, raw, ctx)
        seconds = _value(sfn, state, "Seconds", raw, ctx)
        until = _value(sfn, state, "Timestamp", raw, ctx)
        if seconds is not None:
            sfn._scaled_sleep(seconds)
        elif until is not None:
            sfn._sleep_until(until)
        output = _value(sfn, state, "Output", raw, ctx, default=raw)
        sfn._apply_state_assign(state, raw, ctx)
        return output, sfn._next_or_end(state)

    plain_wait = sfn._execute_wait
    sfn._execute_wait = wait


def _tasks(sfn):
    plain_task, plain_invoke = sfn._execute_task, sfn._invoke_resource

    def execute(state, raw, execution, ctx):
        ctx["State"]["RetryCount"] = 0
        seconds = state.get("TimeoutSeconds")
        mark = _task.set({"ctx": ctx, "seconds": seconds if isinstance(seconds, (int, float)) else None})
        try:
            return plain_task(state, raw, execution, ctx)
        finally:
            _task.reset(mark)

    def invoke(resource, data):
        task = _task.get()
        if task is None or task["seconds"] is None:
            return plain_invoke(resource, data)
        box = []

        def run():
            try:
                box.append((plain_invoke(resource, data), None))
            except BaseException as error:  # handed to the thread that waits
                box.append((None, error))

        thread = threading.Thread(target=contextvars.copy_context().run, args=(run,), daemon=True)
        thread.start()
        thread.join(task["seconds"])
        if not box:
            raise sfn._ExecutionError("States.Timeout", f"Timed out after {task['seconds']} seconds")
        result, error = box[0]
        if error is not None:
            raise error
        return result

    def retrier(retriers, error, counts):
        for index, one in enumerate(retriers):
            if not _matches(one, error):
                continue
            # The first that matches decides, also when it has no attempt left.
            if counts.get(index, 0) >= one.get("MaxAttempts", 3):
                break
            task = _task.get()
            if task is not None:
                task["ctx"]["State"]["RetryCount"] += 1
            return one, index
        return None, -1

    def catcher(catchers, error):
        return next((one for one in catchers if _matches(one, error)), None)

    sfn._execute_task = execute
    sfn._invoke_resource = invoke
    sfn._find_matching_retrier = retrier
    sfn._find_matching_catcher = catcher


def _matches(one, error):
    names = one.get("ErrorEquals", [])
    if error in names:
        return True
    # Nothing catches these two but their own names (and the first not even that).
    if error == "States.DataLimitExceeded" or error == "States.Runtime":
        return False
    return "States.ALL" in names or ("States.TaskFailed" in names and error != "States.Timeout")


def _branches(sfn):
    plain_parallel, plain_map = sfn._execute_parallel, sfn._execute_map

    def guarded(plain, run):
        def execute(state, raw, execution, ctx):
            if not _jsonata(sfn, state, ctx):
                return plain(state, raw, execution, ctx)
            counts = {}
            here = ctx["State"]
            while True:
                try:
                    result = run(state, raw, execution, ctx)
                    ctx["State"] = here
                    output = sfn._apply_jsonata_output(state, raw, ctx, result=result, default=result)
                    sfn._apply_state_assign(state, raw, ctx, result=result)
                    return output, sfn._next_or_end(state)
                except sfn._ExecutionError as error:
                    ctx["State"] = here
                    retrier, index = sfn._find_matching_retrier(state.get("Retry", []), error.error, counts)
                    if retrier is not None:
                        pause = retrier.get("IntervalSeconds", 1) * retrier.get("BackoffRate", 2.0) ** counts.get(index, 0)
                        sfn._scaled_sleep(min(pause, retrier.get("MaxDelaySeconds", 60)))
                        counts[index] = counts.get(index, 0) + 1
                        continue
                    catcher = sfn._find_matching_catcher(state.get("Catch", []), error.error)
                    if catcher is None:
                        raise
                    told = {"Error": error.error, "Cause": error.cause}
                    output = sfn._apply_jsonata_output(catcher, raw, ctx, error_output=told, default=told)
                    sfn._apply_state_assign(catcher, raw, ctx, error_output=told)
                    return output, catcher["Next"]

        return execute

    def parallel(state, raw, execution, ctx):
        data = sfn._apply_jsonata_arguments(state, raw, ctx)
        jobs = [(one, data, _own(ctx)) for one in state.get("Branches", [])]
        return _all(sfn, jobs, execution, len(jobs))

    def mapped(state, raw, execution, ctx):
        items = _value(sfn, state, "Items", raw, ctx, default=raw)
        if not isinstance(items, list):
            raise sfn._ExecutionError("States.QueryEvaluationError", "the Items of a Map are an array")
        machine = state.get("ItemProcessor") or state.get("Iterator") or {}
        jobs = []
        for index, item in enumerate(items):
            own = _own(ctx)
            own["Map"] = {"Item": {"Index": index, "Value": item}}
            jobs.append((machine, _value(sfn, state, "ItemSelector", raw, own, default=item), own))
        most = _value(sfn, state, "MaxConcurrency", raw, ctx, default=0)
        return _all(sfn, jobs, execution, most or 40)

    sfn._execute_parallel = guarded(plain_parallel, parallel)
    sfn._execute_map = guarded(plain_map, mapped)


def _own(ctx):
    """Branches read the variables around them and keep their own to themselves."""
    return dict(ctx, variables=copy.deepcopy(ctx.get("variables", {})), State=dict(ctx.get("State", {})))


def _all(sfn, jobs, execution, most):
    def run(machine, data, ctx):
        return sfn._run_sub_machine(machine.get("States", {}), machine.get("StartAt"), data, execution, ctx)

    if not jobs:
        return []
    with concurrent.futures.ThreadPoolExecutor(max_workers=min(most, len(jobs))) as pool:
        running = [pool.submit(contextvars.copy_context().run, run, *job) for job in jobs]
        outcomes = [(one.exception(), one) for one in running]
    for error, _ in outcomes:
        if error is not None:
            known = isinstance(error, sfn._ExecutionError)
            raise error if known else sfn._ExecutionError("States.Runtime", str(error))
    return [one.result() for _, one in outcomes]


def _runs(sfn):
    def walk(states, start, data, execution, ctx):
        name, current = start, copy.deepcopy(data)
        while name and execution["status"] == "RUNNING":
            state = states.get(name)
            if not state:
                raise sfn._ExecutionError("States.Runtime", f"State '{name}' not found in definition")
            kind = state.get("Type")
            ctx["State"] = {"Name": name, "EnteredTime": sfn.now_iso(), "RetryCount": 0}
            told = {"name": name, "input": json.dumps(current)}
            sfn._add_event(execution, f"{kind}StateEntered", {"stateEnteredEventDetails": told})
            current, after = step(state, kind, current, execution, ctx)
            told = {"name": name, "output": json.dumps(current)}
            sfn._add_event(execution, f"{kind}StateExited", {"stateExitedEventDetails": told})
            name = after
        return current

    def step(state, kind, current, execution, ctx):
        jsonata = _jsonata(sfn, state, ctx)
        if kind == "Succeed":
            if jsonata:
                return _value(sfn, state, "Output", current, ctx, default=current), None
            return sfn._apply_output_path(state, sfn._apply_input_path(state, current)), None
        if kind == "Fail":
            error, cause = state.get("Error", ""), state.get("Cause", "")
            if jsonata:
                error, cause = (sfn._apply_jsonata_template(one, current, ctx) for one in (error, cause))
            raise sfn._ExecutionError(error, cause)
        if kind in ("Task", "Parallel", "Map"):
            return getattr(sfn, f"_execute_{kind.lower()}")(state, current, execution, ctx)
        if kind in ("Pass", "Choice", "Wait"):
            return getattr(sfn, f"_execute_{kind.lower()}")(state, current, ctx)
        raise sfn._ExecutionError("States.Runtime", f"Unknown state type: {kind}")

    def run(arn):
        execution = sfn._executions.get(arn)
        if not execution:
            return
        machine = sfn._state_machines.get(execution["stateMachineArn"])
        if not machine:
            return sfn._fail_execution(execution, "StateMachineDeleted", "State machine no longer exists")
        try:
            definition = json.loads(_definition.get() or machine["definition"])
            data = json.loads(execution["input"])
            ctx = {
                "QueryLanguage": definition.get("QueryLanguage", "JSONPath"),
                "Execution": {
                    "Id": arn,
                    "Input": data,
                    "Name": execution["name"],
                    "RedriveCount": 0,
                    "StartTime": execution["startDate"],
                },
                "StateMachine": {"Id": execution["stateMachineArn"], "Name": machine["name"]},
                "variables": {},
            }
            output = json.dumps(walk(definition.get("States", {}), definition.get("StartAt"), data, execution, ctx))
            if execution["status"] == "RUNNING":
                execution.update(status="SUCCEEDED", output=output, stopDate=sfn.now_iso())
                sfn._add_event(execution, "ExecutionSucceeded", {"executionSucceededEventDetails": {"output": output}})
        except sfn._ExecutionError as error:
            if execution["status"] == "RUNNING":
                sfn._fail_execution(execution, error.error, error.cause)
        except Exception as error:
            if execution["status"] == "RUNNING":
                sfn._fail_execution(execution, "States.Runtime", str(error))

    sfn._run_sub_machine = walk
    sfn._run_execution = run


def _machines(sfn):
    plain_start, plain_sync, plain_delete = sfn._start_execution, sfn._start_sync_execution, sfn._delete_state_machine

    def of_version(plain, data, asked):
        version = sfn._state_machine_versions.get(asked)
        # The execution's thread is started with a copy of this context.
        mark = _definition.set(version.get("definition") if version else None)
        try:
            return plain(data)
        finally:
            _definition.reset(mark)

    def start(data):
        asked = data.get("stateMachineArn", "")
        machine = sfn._state_machines.get(sfn._resolve_state_machine_arn(asked))
        if machine is None:
            return sfn.error_response_json("StateMachineDoesNotExist", f"State machine {asked} not found", 400)
        arn = f"arn:aws:states:{sfn.get_region()}:{sfn.get_account_id()}:execution:{machine['name']}:{data.get('name')}"
        there = sfn._executions.get(arn)
        if there and there["status"] == "RUNNING" and there["input"] == data.get("input", "{}"):
            return sfn.json_response({"executionArn": arn, "startDate": there["startDate"]})
        return of_version(plain_start, data, asked)

    def sync(data):
        asked = data.get("stateMachineArn", "")
        return of_version(plain_sync, dict(data, stateMachineArn=sfn._resolve_state_machine_arn(asked) or asked), asked)

    def delete(data):
        arn = data.get("stateMachineArn")
        answer = plain_delete(data)
        for version in [key for key, one in sfn._state_machine_versions.items() if one.get("stateMachineArn") == arn]:
            sfn._state_machine_versions.pop(version, None)
        return answer

    sfn._start_execution = start
    sfn._start_sync_execution = sync
    sfn._delete_state_machine = delete
