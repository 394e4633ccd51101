"""Answers wait 40 ms for an acknowledgement unless TCP_NODELAY is set, which asyncio does not do for this server."""

import asyncio
import socket


def apply():
    def set_nodelay(sock):
        if sock.family in (socket.AF_INET, socket.AF_INET6) and sock.type == socket.SOCK_STREAM:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    asyncio.base_events._set_nodelay = set_nodelay
