"""The steps of infra/build.py, from the project's sources to the deployment package."""
