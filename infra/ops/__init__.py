"""What operations do by command: `python -m infra.ops`."""
