"""Notifies the people affected by a breach, once each, shard by shard (ADR 34, ADR 45)."""
