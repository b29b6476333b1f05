"""Two people's phones: the official JavaScript SDK in a Node process, driven from Python."""

from infra.local.js.clients import ChatClient, ChatClients, ChatError

__all__ = ["ChatClient", "ChatClients", "ChatError"]
