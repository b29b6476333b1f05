"""Sends a marketing message if it may be sent, and makes the links to object to it (ADR 47)."""
