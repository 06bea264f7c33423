"""References in API input: a JSON number is the id, a JSON string is the natural key (code, SKU, barcode)."""

from collections.abc import Collection
from functools import cache
from typing import Any, NamedTuple

from django.db.models import Model
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.statements import look_up

Reference = int | str
MAX_LENGTH = 100
TEXT = serializers.CharField(max_length=MAX_LENGTH)
MAX_ID = 2**63 - 1


class Found(NamedTuple):
    """The row that a reference names: its primary key, its code (the first natural key) and its name."""

    pk: int
    code: str
    name: str


class Wanted(NamedTuple):
    """References to rows of one model.

    ``keys`` are columns in the order of preference; one that ends in ``_upper`` is compared without case.
    """

    model: type[Model]
    keys: tuple[str, ...]
    references: Collection[Reference]


def find(*wanted: Wanted) -> list[dict[Reference, Found]]:
    """What each reference names, where it names something: one dictionary per model, all of them by one query."""
    parameters: list[list[Any]] = []
    for _model, keys, references in wanted:
        names = [reference for reference in references if isinstance(reference, str)]
        parameters.append([reference for reference in references if isinstance(reference, int)])
        parameters += [[_folded(key, name) for name in names] for key in keys]
    rows = look_up("find_references", _query(tuple((model, keys) for model, keys, _refs in wanted)), parameters)
    found: list[dict[Reference, Found]] = []
    for place, (_model, keys, references) in enumerate(wanted):
        ours = [row for row in rows if row[0] == place]
        by_key: list[dict[Any, Found]] = [
            {row[column]: Found(row[1], row[2], row[3]) for row in ours} for column in (1, *range(4, 4 + len(keys)))
        ]
        found.append({ref: row for ref in references if (row := _row(ref, keys, by_key))})
    return found


def _row(reference: Reference, keys: tuple[str, ...], by_key: list[dict[Any, Found]]) -> Found | None:
    if isinstance(reference, int):
        return by_key[0].get(reference)
    matches = (rows.get(_folded(key, reference)) for key, rows in zip(keys, by_key[1:], strict=True))
    return next(filter(None, matches), None)


def resolve(model: type[Model], keys: tuple[str, ...], references: Collection[Reference]) -> dict[Reference, int]:
    """Primary key of each reference that names a row, in one query."""
    if not references:
        return {}
    return {reference: row.pk for reference, row in find(Wanted(model, keys, references))[0].items()}


@cache
def _query(kinds: tuple[tuple[type[Model], tuple[str, ...]], ...]) -> str:
    """Rows of (place of the kind, id, code, name, each natural key as it is compared)."""
    width = max(len(keys) for _model, keys in kinds)
    parts = []
    for place, (model, keys) in enumerate(kinds):
        columns = [f"upper({key.removesuffix('_upper')})" if key.endswith("_upper") else key for key in keys]
        known = " OR ".join(f"{column} = ANY(%s::text[])" for column in columns)
        code = keys[0].removesuffix("_upper")
        listed = ", ".join(columns + ["NULL"] * (width - len(keys)))
        parts.append(
            f"SELECT {place}, id, {code}, name, {listed} FROM {model._meta.db_table} "
            f"WHERE id = ANY(%s::bigint[]) OR {known}"
        )
    return " UNION ALL ".join(parts)


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
