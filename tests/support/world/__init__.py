"""The service in this process, the people who use it, and what they store."""
