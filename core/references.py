"""References in API input: a JSON number is the id, a JSON string is the natural key (code, SKU, barcode)."""

from collections.abc import Collection
from functools import cache
from typing import Any

from django.db.models import Model
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.statements import fetch_all

Reference = int | str
MAX_LENGTH = 100
TEXT = serializers.CharField(max_length=MAX_LENGTH)
MAX_ID = 2**63 - 1


def resolve(model: type[Model], keys: tuple[str, ...], references: Collection[Reference]) -> dict[Reference, int]:
    """Primary key of each reference that names a row, in one query.

    ``keys`` are columns in the order of preference; one that ends in ``_upper`` is compared without case.
    """
    if not references:
        return {}
    ids = {reference for reference in references if isinstance(reference, int)}
    names = {reference for reference in references if isinstance(reference, str)}
    wanted = [[_folded(key, name) for name in names] for key in keys]
    rows = fetch_all(f"resolve_{model._meta.db_table}", _query(model, keys), [list(ids), *wanted])
    found: dict[Reference, int] = {row[0]: row[0] for row in rows if row[0] in ids}
    for place, key in enumerate(keys, 1):
        by_key = {row[place]: row[0] for row in rows}
        for name in names:
            if (folded := _folded(key, name)) in by_key:
                found.setdefault(name, by_key[folded])
    return found


@cache
def _query(model: type[Model], keys: tuple[str, ...]) -> str:
    columns = [f"upper({key.removesuffix('_upper')})" if key.endswith("_upper") else key for key in keys]
    known = " OR ".join(f"{column} = ANY(%s::text[])" for column in columns)
    return f"SELECT id, {', '.join(columns)} FROM {model._meta.db_table} WHERE id = ANY(%s::bigint[]) OR {known}"


def _folded(key: str, name: str) -> str:
    return name.upper() if key.endswith("_upper") else name


@extend_schema_field(
    {
        "oneOf": [
            {"type": "integer", "minimum": 1, "maximum": MAX_ID},
            {"type": "string", "minLength": 1, "maxLength": MAX_LENGTH},
        ],
        "description": "Id (a number) or natural key (a string).",
    }
)
class ReferenceField(serializers.Field[Reference, Any, Any, Any]):
    """Takes an id or a natural key as it stands; whoever collects many of them resolves them in one query."""

    def to_internal_value(self, data: Any) -> Reference:
        if isinstance(data, int) and not isinstance(data, bool) and 0 < data <= MAX_ID:
            return data
        if isinstance(data, str) and 0 < len(data.strip()) <= MAX_LENGTH and "\x00" not in data:
            return TEXT.run_validation(data.strip())
        raise serializers.ValidationError(_("Give an id (a number) or a code (a string)."))


class RowField(ReferenceField):
    """A reference that is looked up at once; the value is the row's primary key."""

    def __init__(self, model: type[Model], *keys: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.model, self.keys = model, keys

    def to_internal_value(self, data: Any) -> int:
        reference = super().to_internal_value(data)
        found = resolve(self.model, self.keys, [reference])
        if reference not in found:
            raise serializers.ValidationError(_("There is no such entry: %s.") % reference)
        return found[reference]
