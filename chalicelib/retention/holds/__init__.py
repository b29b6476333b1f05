"""Holds: which records of a subject are not deleted, who decided that, and until when (RET-3, ADR 31)."""
