"""Input that says what it does not understand."""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import exceptions, serializers

NUMBERS = (serializers.IntegerField, serializers.DecimalField)


class StrictSerializer(serializers.Serializer[Any]):
    """Input that refuses fields it does not know: a misspelt optional field must not be dropped in silence."""

    def to_internal_value(self, data: Any) -> Any:
        errors = self._unknown(data) | self._not_numbers(data) if isinstance(data, dict) else {}
        try:
            value = super().to_internal_value(data)
        except exceptions.ValidationError as exc:
            if not isinstance(exc.detail, dict):
                raise
            raise exceptions.ValidationError(errors | exc.detail) from exc
        if errors:
            raise exceptions.ValidationError(errors)
        return value

    def _unknown(self, data: dict[Any, Any]) -> dict[str, Any]:
        unknown = sorted(str(name) for name in set(data) - set(self.fields))
        return {name: [_("There is no such field.")] for name in unknown}

    def _not_numbers(self, data: dict[Any, Any]) -> dict[str, Any]:
        """Texts that only Python takes for numbers: to everybody else 1_0 is a slip of the finger, not ten."""
        return {
            name: [field.error_messages["invalid"]]
            for name, value in data.items()
            if type(value) is str and "_" in value and isinstance(field := self.fields.get(name), NUMBERS)
        }
