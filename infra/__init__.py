"""Packaging, deployment, the local cloud, the Stream emulator: none of it runs in a Lambda."""
