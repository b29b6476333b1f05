"""Chat clients with the official JavaScript SDK in a Node process, controlled from Python."""

from infra.local.js.clients import ChatClient, ChatClients, ChatError

__all__ = ["ChatClient", "ChatClients", "ChatError"]
