"""By which numbers users can be found (ADR 118)."""
