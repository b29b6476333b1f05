"""Stream: the client of its API, users, channels and messages there, tokens, settings and the webhook.

Every call passes through `gateway`. A deletion begins in `deletion/service`, a copy in `export/service`.
"""
