"""Queues keep their RedrivePolicy, and a stack may be deleted by its ARN, as the CDK does."""

import json


def apply():
    from ministack.services import sqs
    from ministack.services.cloudformation import handlers, provisioners

    plain_create = provisioners._sqs_create

    def create(logical_id, props, stack_name):
        url, attributes = plain_create(logical_id, props, stack_name)
        policy = props.get("RedrivePolicy")
        if policy:
            sqs._queues[url]["attributes"]["RedrivePolicy"] = policy if isinstance(policy, str) else json.dumps(policy)
        return url, attributes

    plain_delete = handlers._delete_stack

    def delete(params):
        named = {key: _name(value) if key == "StackName" else value for key, value in params.items()}
        return plain_delete(named)

    _replace(provisioners, plain_create, create)
    _replace(handlers, plain_delete, delete)


def _name(value):
    if isinstance(value, list):
        return [_name(one) for one in value]
    return value.split("/")[1] if str(value).startswith("arn:") else value


def _replace(module, old, new):
    """Under its name, and in the tables that hold it."""
    setattr(module, old.__name__, new)
    for table in [one for one in vars(module).values() if isinstance(one, dict)]:
        for key, value in list(table.items()):
            if value is old:
                table[key] = new
            elif isinstance(value, dict):
                for name, inner in list(value.items()):
                    if inner is old:
                        value[name] = new
