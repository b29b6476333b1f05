"""Refuses changes that would put a new table, key or bucket in the place of one with data (ADR 74)."""

from __future__ import annotations

from collections.abc import Iterable

from infra.deployment.stacks import Change
from infra.ops.refused import CommandRefused
from infra.template import Template

_ATTRIBUTES = "AttributeDefinitions"


class ReplacementRefused(CommandRefused):
    """A release would replace a resource of keys or data; nothing was changed."""


def check(stack: str, changes: Iterable[Change], deployed: Template, wanted: Template) -> None:
    """Refuse changes of which one replaces a resource, or may replace it.

    Attributes of a table may be added, and removed with the index that used them: CloudFormation calls that a
    conditional replacement too, and replaces a table only if an attribute gets another type.

    Args:
        stack: the name of the stack of keys or data.
        changes: those of a change set.
        deployed: the template of the stack.
        wanted: the template of the change set.

    Raises:
        ReplacementRefused: the text names the resource and the properties.
    """
    for change in changes:
        name, replaces = change["LogicalResourceId"], change.get("Replacement")
        causes = _causes(change)
        is_harmless = causes == {_ATTRIBUTES} and not _retyped(name, deployed, wanted)
        if replaces == "True" or (replaces == "Conditional" and not is_harmless):
            may = "would" if replaces == "True" else "may"
            raise ReplacementRefused(
                f"{stack}: nothing was changed, because {name} [{change['ResourceType']}] {may} be replaced "
                f"({', '.join(sorted(causes)) or 'no cause given'}), and its data would stay behind. Take "
                "that change back, or add a second resource and move the data."
            )


def _causes(change: Change) -> set[str]:
    """The properties that have to do with a replacement; an attribute of the resource counts as its name."""
    targets = (detail["Target"] for detail in change.get("Details", ()))
    return {
        target.get("Name", target["Attribute"])
        for target in targets
        if target.get("RequiresRecreation", "Never") != "Never"
    }


def _retyped(name: str, deployed: Template, wanted: Template) -> set[str]:
    """The attributes of a table that get another type."""
    before, after = (_types(template, name) for template in (deployed, wanted))
    return {one for one in before.keys() & after.keys() if before[one] != after[one]}


def _types(template: Template, name: str) -> dict[str, str]:
    properties = template["Resources"].get(name, {}).get("Properties", {})
    return {one["AttributeName"]: one["AttributeType"] for one in properties.get(_ATTRIBUTES, ())}
