"""The blueprint of privacy rights, to which the modules with routes add theirs."""

from chalice.app import Blueprint

rights = Blueprint(__name__)
