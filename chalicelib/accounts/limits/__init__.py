"""Limits: the declarations of what core/limiter and core/breaker store; core imports no declarations."""
