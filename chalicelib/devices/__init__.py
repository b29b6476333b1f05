"""Devices: what an app says of the device it runs on, and which devices an account knows.

Challenges and sessions keep the former in their records; `service` is about the latter (ADR 25).
"""
