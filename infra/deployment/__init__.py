"""The parts of a deployment, used by infra/deploy.py."""
