"""Letting in a session that waits: by a code to the account's mailbox, or by another session (ADR 68)."""
