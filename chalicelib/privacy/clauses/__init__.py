"""The clauses of our privacy policy: sentences that state facts, and fail when a fact is not so (ADR 85)."""
