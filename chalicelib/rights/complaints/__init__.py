"""Complaints about the answers to rights requests, which two uninvolved operators decide (ADR 94)."""
