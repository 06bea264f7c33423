"""Real races: every call runs in a thread of its own with a database connection of its own."""

import pytest

from tests.races import Call, at_once


@pytest.fixture
def race(transactional_db):
    """``race(call, call, …)`` starts all at once; returns results (or the exceptions raised) in the same order."""

    def run(*calls: Call):
        return at_once(calls)

    return run
