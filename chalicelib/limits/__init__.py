"""Limits: the declaration of what core/limiter keeps, which itself knows no declarations."""
