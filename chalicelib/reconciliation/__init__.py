"""Reconciliation: proves that erased users are gone at Stream, and repairs what is left (ADR 35)."""
