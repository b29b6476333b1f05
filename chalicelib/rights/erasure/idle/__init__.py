"""Idle accounts: warned twice, then erased (RET-5, ADR 36)."""
