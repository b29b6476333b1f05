"""RU4M's account, chat-identity and privacy backend: one package per concept, all based on `core`."""
