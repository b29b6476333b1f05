"""Bars: numbers with which no account can be opened, since a suspension outlives an erasure (ADR 116)."""
