"""What the API says about availability."""

from rest_framework import serializers

from inventory.serializers import ProductRef, WarehouseRef


class SupplyOut(serializers.Serializer[object]):
    expected_on = serializers.DateField()
    quantity = serializers.IntegerField()
    document = serializers.CharField()


class StepOut(serializers.Serializer[object]):
    date = serializers.DateField()
    available = serializers.IntegerField(help_text="Pieces that can be promised from this day on.")


class PromiseOut(serializers.Serializer[object]):
    quantity = serializers.IntegerField(help_text="The pieces asked for.")
    now = serializers.IntegerField(help_text="Of these, pieces that can ship at once.")
    date = serializers.DateField(allow_null=True, help_text="When all of them can ship; null: nobody supplies it.")
    basis = serializers.ChoiceField(choices=["stock", "incoming", "lead_time", "none"])
    document = serializers.CharField(help_text="The purchase order that the date rests on.")


class PlaceOut(serializers.Serializer[object]):
    warehouse = WarehouseRef()
    on_hand = serializers.IntegerField()
    reserved = serializers.IntegerField()
    available = serializers.IntegerField()
    waiting = serializers.IntegerField(help_text="Pieces of earlier orders that wait for stock.")
    incoming = SupplyOut(many=True)
    projection = StepOut(many=True, help_text="Available to promise by day: today first, then each day it changes.")
    promise = PromiseOut()


class AvailabilityOut(serializers.Serializer[object]):
    product = ProductRef()
    places = PlaceOut(many=True)
