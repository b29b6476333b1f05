"""RU4M's account, chat-identity and privacy backend: one folder per concept, `core` under all of them."""
