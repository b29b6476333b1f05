"""The blueprint of the operators' routes, to which several modules add theirs."""

from chalice.app import Blueprint

admin = Blueprint(__name__)
