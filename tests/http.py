"""A client with sockets of its own, as channels and browsers have: one connection a request."""

import http.client
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, to the byte."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


class Caller:
    """Speaks to one port of this machine. Raises OSError or http.client.HTTPException when no answer comes."""

    def __init__(self, port: int, *, timeout: float = 120) -> None:
        self.port, self.timeout = port, timeout

    def request(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Answer:
        """One request on a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=self.timeout)
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            return Answer(response.status, dict(response.getheaders()), response.read())
        finally:
            connection.close()


class Channel(Caller):
    """A program with a token."""

    def __init__(self, port: int, token: str, *, timeout: float = 120) -> None:
        super().__init__(port, timeout=timeout)
        self.token = token

    def post(self, path: str, body: Any, key: str | None = None) -> Answer:
        """POST below ``/api/v1/``."""
        return self.request("POST", f"/api/v1/{path}", json.dumps(body).encode(), self.headers(key))

    def headers(self, key: str | None = None) -> dict[str, str]:
        """Headers of a JSON request with this idempotency key."""
        headers = {"Authorization": f"Token {self.token}", "Content-Type": "application/json"}
        return headers | ({"Idempotency-Key": key} if key else {})


class Browser(Caller):
    """Somebody who is signed in: a session, and the token of a page's forms."""

    def __init__(self, port: int, session: str) -> None:
        super().__init__(port)
        page = self.request("GET", "/orders/new/", None, {"Cookie": f"sessionid={session}"})
        assert page.status == 200, page.status
        self.csrf = page.headers["Set-Cookie"].split("csrftoken=")[1].split(";")[0]
        self.cookies = {"Cookie": f"sessionid={session}; csrftoken={self.csrf}"}

    def confirm_order(self, body: Any, key: str) -> Answer:
        """As the order desk's page sends a finished order."""
        headers = self.cookies | {
            "Content-Type": "application/json",
            "Accept": "application/json",
            "X-CSRFToken": self.csrf,
            "Idempotency-Key": key,
        }
        return self.request("POST", "/api/v1/orders/", json.dumps(body).encode(), headers)

    def send_form(self, path: str, **fields: str) -> Answer:
        """Send a page's form."""
        body = urlencode(fields | {"csrfmiddlewaretoken": self.csrf}).encode()
        return self.request("POST", path, body, self.cookies | {"Content-Type": "application/x-www-form-urlencoded"})
