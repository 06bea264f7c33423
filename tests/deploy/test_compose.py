"""docker-compose.yml and Dockerfile, read against the code: every command, port, path and variable exists."""

import importlib
import importlib.util
import json
import re
import shlex
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent.parent
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if service.get("image") == "tandem"}
DOCKERFILE = (ROOT / "Dockerfile").read_text()
SETTINGS = (ROOT / "config" / "settings.py").read_text()
NGINX = (ROOT / "deploy" / "nginx.conf").read_text()
LOCK = (ROOT / "requirements.lock").read_text()


def test_every_part_is_there():
    assert set(SERVICES) == {
        "postgres", "pgbouncer", "redis", "migrate", "web", "events", "worker", "beat", "proxy",
    }  # fmt: skip
    assert set(OURS) == {"migrate", "web", "events", "worker", "beat"}


def test_every_service_that_stays_up_has_a_health_check():
    assert [name for name, service in SERVICES.items() if "healthcheck" not in service] == ["migrate"]


@pytest.mark.parametrize("name", sorted(OURS))
def test_commands_name_programs_and_modules_that_exist(name):
    program, *arguments = shlex.split(OURS[name]["command"])
    if program == "python":
        assert (ROOT / arguments[0]).exists()
    else:
        assert f"\n{program}==" in f"\n{LOCK}"
    for target in re.findall(r"\bconfig[.:\w]*", OURS[name]["command"]):
        module, _colon, attribute = target.partition(":")
        assert hasattr(importlib.import_module(module), attribute or "__name__")


def test_health_checks_ask_addresses_that_exist(client, db):
    probes = [
        s["healthcheck"]["test"] for s in OURS.values() if "config.probe" in s.get("healthcheck", {}).get("test", [])
    ]
    assert [probe[-1] for probe in probes] == ["http://127.0.0.1:8000/health/live", "http://127.0.0.1:8001/health/live"]
    assert client.get("/health/live").status_code == 200
    assert '"/health/live"' in (ROOT / "config" / "events.py").read_text()


def test_ports_agree():
    for name, port in (("web", 8000), ("events", 8001)):
        assert re.search(rf"(--bind 0\.0\.0\.0:|--port ){port}\b", OURS[name]["command"])
        assert f"server {name}:{port};" in NGINX
        assert re.search(rf"^EXPOSE .*\b{port}\b", DOCKERFILE, re.M)
    url = OURS["web"]["environment"]["DATABASE_URL"]
    assert f"@pgbouncer:{SERVICES['pgbouncer']['environment']['LISTEN_PORT']}/" in url
    assert "@postgres:5432/" in OURS["migrate"]["environment"]["DATABASE_URL"]
    assert "location /events/" in NGINX


def test_every_variable_is_read_by_the_settings():
    for service in OURS.values():
        for variable in service["environment"]:
            assert f'"{variable}"' in SETTINGS, variable


def test_secrets_come_from_the_environment_and_are_documented():
    text = (ROOT / "docker-compose.yml").read_text()
    named = set(re.findall(r"\$\{(\w+)", text))
    documented = set(re.findall(r"^(\w+)=", (ROOT / ".env.example").read_text(), re.M))
    assert named - {"HTTP_PORT"} == documented
    for secret in ("SECRET_KEY", "POSTGRES_PASSWORD"):
        assert f"${{{secret}:?" in text
        assert re.search(rf"^{secret}=$", (ROOT / ".env.example").read_text(), re.M)


def test_the_image_copies_what_exists_and_all_apps():
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.M)
    paths = [path for line in copied for path in line.split()]
    assert [path for path in paths if not (ROOT / path).exists()] == []
    apps = re.findall(r'^    "(\w+)",$', SETTINGS.split("INSTALLED_APPS")[1].split("]")[0], re.M)
    foreign = {app for app in apps if "site-packages" in str(importlib.util.find_spec(app).origin)}
    assert set(apps) - set(paths) == foreign


def test_the_image_installs_the_lock_files():
    assert "--require-hashes -r requirements.lock" in DOCKERFILE
    assert "npm ci" in DOCKERFILE
    assert "USER tandem" in DOCKERFILE


def test_locks_carry_hashes_and_no_addresses():
    for name in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / name).read_text()
        pins = re.findall(r"^[\w.-]+(?:\[[\w,-]+\])?==", text, re.M)
        assert len(pins) > 50
        assert text.count("--hash=sha256:") >= len(pins)
        assert not re.search(r"https?://|--index-url|--find-links|--trusted-host", text)
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    assert [name for name, entry in packages.items() if "resolved" in entry] == []
    assert all("integrity" in entry for name, entry in packages.items() if name)
