"""Operators decide about reports, measures take effect, and both sides are notified (SAF-1, ADR 115)."""
