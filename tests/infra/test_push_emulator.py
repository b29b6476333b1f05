"""Tests that the emulator of Apple and Google leaves nothing behind."""

import socket
from urllib.parse import urlsplit

from infra.push_emulator.running import running_push_emulator


def test_connection_that_a_client_keeps_ends_with_the_emulator() -> None:
    with running_push_emulator() as emulator:
        address = urlsplit(emulator.urls["apple_production"])
        client = socket.create_connection((address.hostname, address.port or 0), timeout=10)
        assert client.recv(1)  # the server's settings: the connection is up
    with client:
        while client.recv(4096):
            pass
