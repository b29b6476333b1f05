"""Who gets a push, about what, and how it reaches the phone (ADR 109, ADR 110)."""
