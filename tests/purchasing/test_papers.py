"""The purchase order for the supplier: a PDF in its language, e-mailed once, and the timeline says so."""

from io import BytesIO

import pytest
from django.core import mail as outbox
from pypdf import PdfReader

from core.models import Mail
from core.tasks import send_mails
from purchasing.models import Supplier
from purchasing.timeline import purchase_order_events
from tests.factories import CompanyFactory, UserFactory

pytestmark = pytest.mark.django_db(transaction=True)
KEY = "6e0a5f3a-5d0f-4f7c-9a51-0d2f0a6f3f11"


@pytest.fixture
def order(buying, redis_url):
    CompanyFactory(name="Harbour", currency="EUR")
    Supplier.objects.filter(pk=buying.supplier.pk).update(email="farm@tea.example", language="zh-hans")
    return buying.order((buying.tea, 20), (buying.cup, 7))


@pytest.fixture
def buyer(client):
    client.force_login(UserFactory(role="Buyers", first_name="Jing"))
    return client


def _text(content: bytes) -> str:
    return " ".join("".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages).split())


def _send(client, order, **changes):
    typed = {"key": KEY, "to": "farm@tea.example", "title": "Our order", "text": "Hello"} | changes
    return client.post(f"/purchasing/orders/{order.pk}/mail/", typed)


def test_the_pdf_says_what_is_ordered_in_the_suppliers_language(buyer, buying, order):
    page = buyer.get(f"/purchasing/orders/{order.pk}/pdf/")
    assert (page["Content-Type"], page["Content-Disposition"]) == (
        "application/pdf",
        f'attachment; filename="{order.number}.pdf"',
    )
    text = _text(page.content)
    for said in ("采购订单", order.number, "Tea farm", "Main warehouse", "F-1", "TEA", "20 pcs", "2.50", "50.00",
                 "7 pcs", "8.40", "58.40", "EUR"):  # fmt: skip
        assert said in text, said
    Supplier.objects.update(language="en")
    assert "Purchase order" in _text(buyer.get(f"/purchasing/orders/{order.pk}/pdf/").content)
    draft = buying.order((buying.tea, 10), place=False)
    assert "Draft: not ordered yet." in _text(buyer.get(f"/purchasing/orders/{draft.pk}/pdf/").content)


def test_it_goes_once_and_the_history_says_so(buyer, order):
    form = buyer.get(f"/purchasing/orders/{order.pk}/mail/").context["form"]
    assert (form["to"].value(), form["title"].value()) == ("farm@tea.example", f"采购订单 {order.number} · Harbour")
    assert "请确认并告知交货日期" in form["text"].value()
    for _twice in range(2):
        assert _send(buyer, order)["Location"] == f"/purchasing/orders/{order.pk}/"
    assert "farm@tea.example" in buyer.get(f"/purchasing/orders/{order.pk}/").content.decode()
    assert (send_mails(), send_mails()) == (1, 0)
    (message,) = outbox.outbox
    name, content, _kind = message.attachments[0]
    assert (message.to, message.subject, name) == (["farm@tea.example"], "Our order", f"{order.number}.pdf")
    assert "采购订单" in _text(content)
    event = purchase_order_events(order.pk)[-1]
    assert (event.sentence, event.actor.first_name) == ("E-mailed to farm@tea.example.", "Jing")


@pytest.mark.parametrize("typed", [{"to": "nobody"}, {"to": ""}, {"title": ""}, {"text": ""}])
def test_what_is_missing_is_named_and_nothing_goes(buyer, order, typed):
    response = _send(buyer, order, **typed)
    assert (response.status_code, set(response.context["form"].errors)) == (422, set(typed))
    assert not Mail.objects.exists()


def test_a_draft_does_not_go_and_a_failed_one_is_tried_again(buyer, buying, order):
    draft = buying.order((buying.tea, 10), place=False)
    assert "place it first" in _send(buyer, draft).content.decode()
    assert not Mail.objects.exists()
    _send(buyer, order)
    Mail.objects.update(status=Mail.Status.FAILED, error="550 no such mailbox")
    assert "550 no such mailbox" in buyer.get(f"/purchasing/orders/{order.pk}/").content.decode()
    again = buyer.post(f"/purchasing/orders/mail/{Mail.objects.get().pk}/again/")
    assert (again.status_code, Mail.objects.get().status) == (302, "waiting")


@pytest.mark.parametrize("address", ["pdf", "mail"])
def test_only_buyers_get_in(client, order, address):
    client.force_login(UserFactory(role="Sales"))
    assert client.get(f"/purchasing/orders/{order.pk}/{address}/").status_code == 403
    client.force_login(UserFactory(permissions=["purchasing.view_purchaseorder"]))
    assert client.get(f"/purchasing/orders/{order.pk}/{address}/").status_code == {"pdf": 200, "mail": 403}[address]
    assert _send(client, order).status_code == 403
    assert not Mail.objects.exists()
