"""What must hold within an order and against what is known: an order that breaks a rule stays out as a whole."""

from collections.abc import Iterator
from datetime import date

from django.utils.translation import gettext as _

from orders.checks import MAX_LINES
from orders.importing.spool import Problem, Spool

REFUSED, LEFT_OUT = "refused", "left out"


def check_documents(spool: Spool, *, keep_repeated: bool = False) -> None:
    """Find conflicts within the documents, then take every document with a wrong line out."""
    checks = [_conflicting, _repeated_numbers, _too_long, _signs, *([] if keep_repeated else [_repeated_lines])]
    for check in checks:
        spool.add_problems(list(check(spool)))
    refuse_documents(spool)


def check_known(spool: Spool) -> None:
    """Take out orders whose product or customer is not known (any more); cancellations match nothing by themselves."""
    lines = "FROM line JOIN document USING (reference, kind)"
    problems = [
        Problem(no, reference, REFUSED, _("there is no product %s; --create-missing makes it") % spelling)
        for no, reference, spelling in spool.rows(
            f"SELECT no, reference, spelling {lines} WHERE kind = 'sale' AND sku NOT IN (SELECT sku FROM product)"
        )
    ]
    problems += [
        Problem(no, reference, REFUSED, _("there is no customer %s; --create-missing makes it") % customer)
        for no, reference, customer in spool.rows(
            f"SELECT no, reference, customer {lines} "
            "WHERE kind = 'sale' AND customer NOT IN (SELECT code FROM customer)"
        )
    ]
    spool.add_problems(problems)
    refuse_documents(spool)


def refuse_documents(spool: Spool) -> None:
    """Every line of an order with a wrong line is reported, and the order goes."""
    wrong = "SELECT reference, min(no) AS no FROM problem WHERE verdict = 'refused' AND reference <> '' GROUP BY 1"
    siblings = spool.rows(
        f"SELECT line.no, line.reference, wrong.no FROM line JOIN ({wrong}) wrong USING (reference) "
        "WHERE line.no NOT IN (SELECT no FROM problem WHERE verdict = 'refused')"
    )
    spool.add_problems(
        [
            Problem(no, reference, REFUSED, _("none of this order is imported, because of line %s") % cause)
            for no, reference, cause in siblings
        ]
    )
    spool.run("DELETE FROM document WHERE reference IN (SELECT reference FROM problem WHERE verdict = 'refused')")


def _conflicting(spool: Spool) -> Iterator[Problem]:
    """One order has one customer and one day."""
    rows = spool.rows(
        "SELECT line.no, line.reference, line.customer, line.day, lead.no, lead.customer, lead.day "
        "FROM document JOIN line USING (reference, kind) JOIN line lead ON lead.no = document.first "
        "WHERE line.customer <> lead.customer OR line.day <> lead.day"
    )
    for no, reference, customer, day, first, first_customer, first_day in rows:
        if customer != first_customer:
            yield Problem(
                no,
                reference,
                REFUSED,
                _("customer %(this)s, but %(other)s in line %(line)s of the same order")
                % {"this": customer, "other": first_customer, "line": first},
            )
        if day != first_day:
            yield Problem(
                no,
                reference,
                REFUSED,
                _("date %(this)s, but %(other)s in line %(line)s of the same order")
                % {"this": date.fromordinal(day), "other": date.fromordinal(first_day), "line": first},
            )


def _repeated_numbers(spool: Spool) -> Iterator[Problem]:
    """The same line number twice in an order."""
    return _repeated(spool, "line_id", "line_id <> ''")


def _repeated_lines(spool: Spool) -> Iterator[Problem]:
    """Without line numbers, nothing tells two equal lines from one that is in the file twice."""
    return _repeated(spool, "sku, quantity, cents", "line_id = ''")


def _repeated(spool: Spool, same: str, where: str) -> Iterator[Problem]:
    rows = spool.rows(
        "SELECT no, reference, earliest FROM (SELECT no, reference, "
        f"min(no) OVER (PARTITION BY reference, kind, {same}) AS earliest FROM line WHERE {where}) WHERE no <> earliest"
    )
    for no, reference, earliest in rows:
        yield Problem(no, reference, REFUSED, _("the same as line %s") % earliest)


def _too_long(spool: Spool) -> Iterator[Problem]:
    query = "SELECT min(no), reference FROM line GROUP BY reference, kind HAVING count(*) > ?"
    for no, reference in spool.rows(query, [MAX_LINES]):
        yield Problem(no, reference, REFUSED, _("An order has at most %s lines; split it.") % MAX_LINES)


def _signs(spool: Spool) -> Iterator[Problem]:
    """Some systems write what is taken back as negative pieces, some do not; nobody does both in one document."""
    rows = spool.rows(
        "SELECT no, reference, quantity FROM line WHERE kind = 'cancel' AND quantity > 0 AND reference IN "
        "(SELECT reference FROM line WHERE kind = 'cancel' AND quantity < 0)"
    )
    for no, reference, quantity in rows:
        yield Problem(no, reference, REFUSED, _("%s pieces are cancelled, elsewhere in it negative ones") % quantity)
