"""An emulator of Apple's and Google's push services; it imports nothing of the product.

It refuses what the services refuse by their documentation: credentials, the form of tokens, topics, headers,
sizes, and a provider token that changes too often on a connection. What arrived is kept for tests and for
the mailbox of the local cloud.
"""
