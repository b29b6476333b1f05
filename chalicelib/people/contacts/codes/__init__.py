"""Contact codes: one per account, found by a keyed hash, derived from a random id (ADR 37)."""
