"""Admin: the API for operators. A module has the routes of one subject, and the bodies that only they use.

IAM authorises all routes. They are internal: neither they nor their bodies are in the public contract. Each
room holds its own rules.
"""
