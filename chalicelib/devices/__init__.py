"""Devices: what an app tells of the device it runs on. Challenges and sessions keep it in their records."""
