"""A person reports abuse; what was reported is copied before it can vanish (SAF-1, ADR 114)."""
