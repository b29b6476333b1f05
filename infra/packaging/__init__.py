"""From the project's sources to the deployment package: what infra/build.py is made of."""
