"""Processes that are killed, requests that interfere, outages, and the end states that are compared."""
