"""Stream: the client of its API, users, channels and messages there, tokens, settings and the webhook.

Every call passes through `gateway`. A deletion begins in `deletion`, a copy in `export/service`.
"""
