"""Breaches of personal data: the record, the deadlines of authorities, notices to people (SEC-4).

ADR 45 has the invariants and failure modes.
"""
