"""Runs ministack with its known faults mended; each patch says which."""

import asyncio
import socket


def no_delay():
    """Answers wait 40 ms for an acknowledgement unless TCP_NODELAY is set, which asyncio no longer does by itself."""
    base = asyncio.base_events

    def set_nodelay(sock):
        if sock.family in (socket.AF_INET, socket.AF_INET6) and sock.type == socket.SOCK_STREAM:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    base._set_nodelay = set_nodelay


def item_size_after_update():
    """An update may make an item larger than 400 KB there, which DynamoDB refuses."""
    from ministack.services import dynamodb

    plain = dynamodb._apply_update_expression

    def checked(item, *rest):
        result = plain(item, *rest)
        if dynamodb._item_size_bytes(result[0]) > dynamodb._DDB_ITEM_MAX_BYTES:
            raise ValueError("Item size to update has exceeded the maximum allowed size")
        return result

    dynamodb._apply_update_expression = checked


if __name__ == "__main__":
    no_delay()
    item_size_after_update()
    from ministack.app import main

    main()
