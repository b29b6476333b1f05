"""When accounts were last used, and the lists by which a job finds those that are not used (ADR 36)."""
