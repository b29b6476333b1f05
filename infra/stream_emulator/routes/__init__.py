"""The endpoints, one module by noun."""
