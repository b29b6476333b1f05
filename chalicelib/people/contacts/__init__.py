"""Contacts: how two users meet, by a code or by an invitation, and end that (ADR 37)."""
