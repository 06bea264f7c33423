"""What the OpenAPI description says beyond the views: strict input, idempotency keys, problem details."""

from typing import Any

from drf_spectacular.extensions import OpenApiSerializerExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import Direction

from core.idempotency import MAX_KEY_LENGTH
from core.problems import CONTENT_TYPE

PROBLEM = {
    "type": "object",
    "description": "RFC 9457 problem details.",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string", "examples": ["urn:tandem:problem:insufficient_stock"]},
        "title": {"type": "string", "description": "The status in words."},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "A sentence for people, in the language asked for."},
        "code": {"type": "string", "description": "The reason, for programs; it never changes."},
        "errors": {
            "type": "array",
            "description": "Every wrong field, named like lines.0.quantity.",
            "items": {
                "type": "object",
                "required": ["field", "detail"],
                "properties": {"field": {"type": "string"}, "detail": {"type": "string"}},
            },
        },
        "meta": {"type": "object", "description": "Plain values that belong to the reason."},
    },
}
IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "Any text that names this request. Sent again with the same key, the request has no second effect "
    "and gets the first answer; another request under the same key is refused with 409.",
    "schema": {"type": "string", "minLength": 1, "maxLength": MAX_KEY_LENGTH, "pattern": "^[!-~]+$"},
}
ANSWERS = {
    "400": "The input is not valid; every wrong field is named.",
    "401": "No valid token or session.",
    "403": "The permission for this is missing.",
    "404": "There is no such row.",
}


class StrictInput(OpenApiSerializerExtension):
    """Says of input that unknown fields are refused."""

    target_class = "core.serializers.StrictSerializer"
    match_subclasses = True

    def map_serializer(self, auto_schema: AutoSchema, direction: Direction) -> dict[str, Any]:
        schema = auto_schema._map_serializer(self.target, direction, bypass_extensions=True)
        return {**schema, "additionalProperties": False}


def add_common_parts(result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """Postprocessing hook: problem details for every operation, the idempotency key for every POST."""
    components = result.setdefault("components", {})
    components.setdefault("schemas", {})["Problem"] = PROBLEM
    components.setdefault("parameters", {})["IdempotencyKey"] = IDEMPOTENCY_KEY
    content = {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for path in result["paths"].values():
        for method, operation in path.items():
            answers = dict(ANSWERS)
            if method == "post":
                answers["413"] = "The request is larger than is taken at once."
                answers["409"] = "A rule refused the request, or its Idempotency-Key belongs to another request."
                operation.setdefault("parameters", []).append({"$ref": "#/components/parameters/IdempotencyKey"})
            for status, description in answers.items():
                operation["responses"].setdefault(status, {"description": description, "content": content})
    return result
