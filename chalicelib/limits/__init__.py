"""Limits: the declaration of what core/limiter and core/breaker keep, which know no declarations."""
