"""Packaging, deployment and the local cloud; nothing in here runs in a Lambda."""
