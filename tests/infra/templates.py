"""Readers of CloudFormation templates."""

from __future__ import annotations

from typing import Any

Template = dict[str, Any]


def of_type(template: Template, kind: str) -> dict[str, Template]:
    """Return the resources of a type."""
    return {name: r for name, r in template["Resources"].items() if r["Type"] == kind}


def plain(value: object) -> str:
    """Return a readable form of a value that may be an intrinsic function."""
    match value:
        case {"Fn::Sub": str(text)}:
            return text
        case {"Ref": str(name)}:
            return f"${{{name}}}"
        case {"Fn::If": [condition, then, {"Ref": "AWS::NoValue"}]}:
            return f"{plain(then)} if {condition}"
        case {"Fn::GetAtt": [name, attribute]}:
            return f"${{{name}.{attribute}}}"
        case _:
            return str(value)


def listed(value: object) -> list[str]:
    """Return one value or many as a list of readable forms."""
    return [plain(item) for item in (value if isinstance(value, list) else [value])]


def a_table(types: dict[str, str], *names: str) -> Template:
    """Return a template with the table HeldTable, its attributes by type, and indexes of these names."""
    attributes = [{"AttributeName": name, "AttributeType": kind} for name, kind in types.items()]
    properties = {"AttributeDefinitions": attributes, "GlobalSecondaryIndexes": [an_index(n) for n in names]}
    return {"Resources": {"HeldTable": {"Type": "AWS::DynamoDB::Table", "Properties": properties}}}


def an_index(name: str, **more: Any) -> Template:
    """Return an index as a template declares it."""
    return {"IndexName": name, "KeySchema": [{"AttributeName": name, "KeyType": "HASH"}], **more}
