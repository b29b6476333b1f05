"""Conversations: who chats with whom. Our table decides, and Stream is made to match (ADR 40)."""
