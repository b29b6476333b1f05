"""JSON Schema of our pydantic models as serialised, for the API contract and subjects' copies."""

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema


class Schemas(GenerateJsonSchema):
    """In responses a field without a value is absent, never null; all other fields are present.

    In request bodies null is no default: in a merge patch null removes a value, and an absent field keeps it.
    """

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        """The schema of a value that may be None."""
        if self.mode == "serialization":
            return self.generate_inner(schema["schema"])
        return super().nullable_schema(schema)

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        """The schema of a value with a default."""
        if self.mode == "serialization" or schema.get("default") is None:
            return self.generate_inner(schema["schema"])
        return super().default_schema(schema)

    def field_is_required(
        self,
        field: core_schema.ModelField | core_schema.DataclassField | core_schema.TypedDictField,
        total: bool,  # noqa: FBT001 - pydantic's hook
    ) -> bool:
        """Return whether a field is always present."""
        if self.mode == "serialization":
            return field["schema"].get("default", ...) is not None
        return super().field_is_required(field, total)
