"""Decides whether a marketing message may be sent, and makes the links to object to it (ADR 47)."""
