"""Bringing a package into an account: what infra/deploy.py is made of."""
