"""Contacts: how two users meet, by a code or by an invitation, and how a block ends that (ADR 37)."""
