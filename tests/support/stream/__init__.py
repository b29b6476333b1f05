"""The emulated Stream: its app, users, conversations, deletions and hooks."""
