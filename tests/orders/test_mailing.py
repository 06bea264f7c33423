"""Documents by e-mail: previewed, sent once from the outbox, tried again when refused, and never twice by itself."""

import smtplib
from datetime import timedelta
from unittest.mock import patch

import pytest
from django.core import mail as outbox
from django.core.mail.backends.locmem import EmailBackend
from django.utils import timezone

from core import mail as mailing
from core.models import Mail
from core.tasks import send_mails
from orders.models import Customer
from orders.quotation_timeline import quotation_events
from orders.services import create_order, make_quotation
from orders.timeline import order_events
from orders.values import NewQuotation
from tests.factories import CompanyFactory, UserFactory

pytestmark = pytest.mark.django_db(transaction=True)
KEY = "6e0a5f3a-5d0f-4f7c-9a51-0d2f0a6f3f11"


@pytest.fixture
def order(desk, redis_url):
    CompanyFactory(name="Harbour")
    Customer.objects.update(email="buyer@shop.example", language="zh-hans")
    return create_order(desk.order((desk.product(sku="TEA"), 2)))


@pytest.fixture
def sales(client):
    client.force_login(UserFactory(role="Sales", first_name="Li"))
    return client


def post(client, order, **changes):
    typed = {"key": KEY, "to": "buyer@shop.example", "title": "Your order", "text": "Hello"} | changes
    return client.post(f"/mail/confirmation/{order.pk}/", typed)


def verbs(order) -> list[str]:
    return [event.verb for event in order_events(order.pk)]


def test_the_page_offers_recipient_and_words_in_the_customers_language(sales, order):
    form = sales.get(f"/mail/confirmation/{order.pk}/").context["form"]
    assert form["to"].value() == "buyer@shop.example"
    assert form["title"].value() == f"订单确认书 {order.number} · Harbour"
    assert "此致" in form["text"].value()


def test_one_e_mail_with_the_document_goes_and_the_timeline_says_so(sales, order):
    assert post(sales, order)["Location"] == f"/orders/{order.pk}/"
    assert "buyer@shop.example" in sales.get(f"/orders/{order.pk}/").content.decode(), "it waits, and the page says so"
    assert send_mails() == 1
    assert send_mails() == 0
    (message,) = outbox.outbox
    name, content, kind = message.attachments[0]
    assert (message.to, message.subject, name, kind) == (
        ["buyer@shop.example"],
        "Your order",
        f"{order.number}.pdf",
        "application/pdf",
    )
    assert content.startswith(b"%PDF-")
    event = order_events(order.pk)[-1]
    assert (event.verb, event.actor.first_name) == ("mailed", "Li")
    assert event.sentence == f"Order confirmation {order.number} was e-mailed to buyer@shop.example."


def test_a_quotation_goes_to_the_customer_and_its_history_tells(sales, desk, order):
    until = timezone.localdate() + timedelta(days=9)
    quotation = make_quotation(NewQuotation(desk.order((desk.product(sku="CUP"), 3)), until))
    page = sales.get(f"/mail/quotation/{quotation.pk}/")
    assert page.context["form"]["to"].value() == "buyer@shop.example"
    assert f"报价单 {quotation.number}，有效期至 {until}" in page.context["form"]["text"].value()
    typed = {"key": KEY, "to": "buyer@shop.example", "title": "Offer", "text": "Hello"}
    answer = sales.post(f"/mail/quotation/{quotation.pk}/", typed)
    assert answer["Location"] == f"/quotations/{quotation.pk}/"
    assert "E-mails not sent yet" in sales.get(f"/quotations/{quotation.pk}/").content.decode()
    with patch.object(EmailBackend, "send_messages", side_effect=smtplib.SMTPServerDisconnected("cut")):
        send_mails()
    assert f"/quotations/{quotation.pk}/#mails" in sales.get("/day/").content.decode()
    again = sales.post(f"/mail/{Mail.objects.get().pk}/again/")
    assert again["Location"] == f"/quotations/{quotation.pk}/"
    assert send_mails() == 1
    (message,) = outbox.outbox
    assert message.attachments[0][0] == f"{quotation.number}.pdf"
    event = quotation_events(quotation.pk)[-1]
    assert event.sentence == f"Quotation {quotation.number} was e-mailed to buyer@shop.example."
    assert verbs(order) == ["confirmed"], "it is no e-mail of an order"


def test_the_form_sent_twice_makes_one_e_mail(sales, order):
    post(sales, order)
    post(sales, order)
    assert Mail.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"to": "nobody"}, "to"), ({"to": ""}, "to"), ({"title": ""}, "title"), ({"text": ""}, "text")],
)
def test_wrong_input_names_the_field_and_queues_nothing(sales, order, changes, field):
    answer = post(sales, order, **changes)
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert not Mail.objects.exists()


def test_a_line_feed_in_the_subject_is_no_header(sales, order):
    post(sales, order, title="One\nBcc: all@example.com")
    assert send_mails() == 1
    assert outbox.outbox[0].subject == "One Bcc: all@example.com"


def test_a_refused_e_mail_is_tried_again_later_and_given_up_at_last(sales, order):
    post(sales, order)
    refusal = smtplib.SMTPRecipientsRefused({"buyer@shop.example": (550, b"no such user")})
    with patch.object(EmailBackend, "send_messages", side_effect=refusal) as tried:
        for attempt in range(1, mailing.MOST_ATTEMPTS + 1):
            assert send_mails() == 0
            assert send_mails() == 0, "not before its pause is over"
            assert tried.call_count == attempt
            mail = Mail.objects.get()
            if attempt < mailing.MOST_ATTEMPTS:
                assert mail.status == Mail.Status.WAITING
                assert mail.due_at > timezone.now() + mailing.PAUSE * 2 ** (attempt - 1) - timedelta(seconds=30)
                Mail.objects.update(due_at=timezone.now())
    assert Mail.objects.get().status == Mail.Status.FAILED
    assert verbs(order)[-1] == "mail_failed"
    sales.post(f"/mail/{mail.pk}/again/")
    assert send_mails() == 1
    assert verbs(order)[-1] == "mailed"


def test_a_mail_server_that_is_down_has_nothing_of_it(sales, order):
    post(sales, order)
    with patch.object(EmailBackend, "open", side_effect=ConnectionRefusedError("down")):
        assert send_mails() == 0
    assert Mail.objects.get().status == Mail.Status.WAITING


def test_without_an_answer_nobody_sends_it_again_but_a_person(sales, order):
    post(sales, order)
    with patch.object(EmailBackend, "send_messages", side_effect=smtplib.SMTPServerDisconnected("cut")):
        send_mails()
    mail = Mail.objects.get()
    assert (mail.status, verbs(order)[-1]) == (Mail.Status.UNCLEAR, "mail_unclear")
    assert send_mails() == 0
    sales.post(f"/mail/{mail.pk}/again/")
    assert send_mails() == 1
    assert outbox.outbox[0].extra_headers["Message-ID"] == mail.message_id


def test_a_killed_worker_leaves_it_unclear_not_lost_and_not_sent_again(sales, order):
    post(sales, order)
    with patch.object(EmailBackend, "send_messages", side_effect=KeyboardInterrupt), pytest.raises(KeyboardInterrupt):
        send_mails()
    assert Mail.objects.get().status == Mail.Status.SENDING
    assert send_mails() == 0
    Mail.objects.update(tried_at=timezone.now() - mailing.LOST_AFTER - timedelta(seconds=1))
    assert send_mails() == 0
    assert Mail.objects.get().status == Mail.Status.UNCLEAR
    assert outbox.outbox == []


def test_a_sent_e_mail_is_not_sent_again_by_hand(sales, order):
    post(sales, order)
    send_mails()
    sales.post(f"/mail/{Mail.objects.get().pk}/again/")
    assert send_mails() == 0
    assert len(outbox.outbox) == 1


def test_only_the_permissions_open_it(client, order):
    client.force_login(UserFactory(permissions=["orders.view_order"]))
    assert client.get(f"/mail/confirmation/{order.pk}/").status_code == 403
    assert client.post("/mail/0/again/").status_code == 403
    client.force_login(UserFactory(permissions=["orders.send_document"]))
    assert post(client, order).status_code == 403
    assert not Mail.objects.exists()
    client.force_login(UserFactory(permissions=["orders.send_document", "orders.view_order"]))
    assert client.get(f"/mail/confirmation/{order.pk}/").status_code == 200
    assert client.get("/mail/other/1/").status_code == 404


def test_without_a_mail_server_a_production_page_says_so(sales, order, settings):
    settings.PRODUCTION = True
    assert "No mail server is set up" in sales.get(f"/mail/confirmation/{order.pk}/").content.decode()
    post(sales, order)
    assert not Mail.objects.exists()
