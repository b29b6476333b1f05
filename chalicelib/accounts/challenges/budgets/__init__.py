"""Budgets of unverified codes: bounds on the cost of texts whose codes are never verified (ADR 26)."""

from chalicelib.accounts.challenges.budgets.budget import IN_ALL, PER_COUNTRY, Budget, of

__all__ = ["IN_ALL", "PER_COUNTRY", "Budget", "of"]
