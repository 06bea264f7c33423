"""Contacts and delivery addresses of customers over HTTP."""

from typing import Any

from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from core.api import ApiViewSet, kept
from orders import services
from orders.contact_serializers import (
    ChangeAddressIn,
    ChangeContactIn,
    ContactOut,
    DeliveryAddressOut,
    NewAddressIn,
    NewContactIn,
)
from orders.filters import ContactFilter
from orders.models import Contact, DeliveryAddress


class ContactViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ApiViewSet):
    """People at customers, archived ones too."""

    queryset = Contact.objects.all()
    serializer_class = ContactOut
    filterset_class = ContactFilter
    permissions = {
        "list": "orders.view_customer",
        "retrieve": "orders.view_customer",
        "create": "orders.change_customer",
        "change": "orders.change_customer",
    }

    @extend_schema(request=NewContactIn, responses={201: ContactOut})
    def create(self, request: Request) -> Response:
        """Add a contact to a customer."""
        fields = dict(self.validated(NewContactIn))
        contact = services.save_contact(fields.pop("customer"), fields)
        return Response(kept(ContactOut).to_representation(contact), status=201)

    @extend_schema(request=ChangeContactIn, responses={200: ContactOut})
    @action(methods=["post"], detail=True)
    def change(self, request: Request, pk: str) -> Response:
        """Change or archive a contact; orders keep what they say."""
        contact = get_object_or_404(Contact, pk=pk)
        contact = services.save_contact(contact.customer_id, self.validated(ChangeContactIn), contact.pk)
        return Response(kept(ContactOut).to_representation(contact))


class DeliveryAddressViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ApiViewSet):
    """Places that customers' goods go to, archived ones too."""

    queryset = DeliveryAddress.objects.all()
    serializer_class = DeliveryAddressOut
    filterset_class = ContactFilter
    permissions = {
        "list": "orders.view_customer",
        "retrieve": "orders.view_customer",
        "create": "orders.change_customer",
        "change": "orders.change_customer",
    }

    @extend_schema(request=NewAddressIn, responses={201: DeliveryAddressOut})
    def create(self, request: Request) -> Response:
        """Add a delivery address to a customer."""
        fields = _with_contact(self.validated(NewAddressIn))
        address = services.save_address(fields.pop("customer"), fields)
        return Response(kept(DeliveryAddressOut).to_representation(address), status=201)

    @extend_schema(request=ChangeAddressIn, responses={200: DeliveryAddressOut})
    @action(methods=["post"], detail=True)
    def change(self, request: Request, pk: str) -> Response:
        """Change or archive a delivery address; orders keep what they say."""
        address = get_object_or_404(DeliveryAddress, pk=pk)
        fields = _with_contact(self.validated(ChangeAddressIn))
        address = services.save_address(address.customer_id, fields, address.pk)
        return Response(kept(DeliveryAddressOut).to_representation(address))


def _with_contact(wanted: dict[str, Any]) -> dict[str, Any]:
    """What is wanted, with the contact named by its key looked up."""
    if wanted.get("contact") is None:
        return dict(wanted)
    contact = Contact.objects.filter(pk=wanted["contact"], is_active=True).first()
    if contact is None:
        raise ValidationError({"contact": [_("Choose one of this customer's contacts.")]})
    return wanted | {"contact": contact}
