"""Tests of deploy/mailcatcher and deploy/local/mail.py: what becomes of a demo's e-mail."""

import smtplib
import sys
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest
import requests

from deploy.local.applications import Applications
from deploy.local.layout import Layout
from deploy.local.mail import MAILCATCHER, SMTP, show
from deploy.local.ports import free_ports
from deploy.local.settings import Settings
from deploy.mailcatcher.kept import Kept
from tests.observe import eventually
from tests.processes import Process
from tests.runtime.systems import system_in


@pytest.fixture(autouse=True)
def nothing_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LINLI_SMTP_URL", "LINLI_SMTP_URL_FILE", "LINLI_SMTP_FROM", "LINLI_SMTP_CA"):
        monkeypatch.delenv(name, raising=False)


def told(applications: Applications, service: str = "notifications") -> dict[str, str]:
    """Return what a service is told of e-mail."""
    environment = applications.service_environment(service)
    return {name: value for name, value in environment.items() if "SMTP" in name}


def programs_of(applications: Applications) -> set[str]:
    return {program.name for program in applications.programs()}


def test_a_demo_keeps_its_e_mail_itself(tmp_path: Path) -> None:
    system = system_in(tmp_path)
    url = f"smtp://127.0.0.1:{system.ports[SMTP]}?starttls=never"
    assert told(system.applications)["LINLI_SMTP_URL"] == url
    assert told(system.applications, "grid") == {}
    assert MAILCATCHER in programs_of(system.applications)


def test_in_production_nothing_keeps_e_mail_and_the_operator_names_the_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(installation="production")
    applications = system_in(tmp_path, settings).applications
    assert (told(applications), MAILCATCHER in programs_of(applications)) == ({}, False)
    monkeypatch.setenv("LINLI_SMTP_URL", "smtp://linli:geheim-geheim@mail.example.cn")
    monkeypatch.setenv("LINLI_SMTP_FROM", "linli@example.cn")
    environment = told(applications)
    assert "geheim-geheim" not in str(environment)
    file = Path(environment["LINLI_SMTP_URL_FILE"])
    assert file.read_text() == "smtp://linli:geheim-geheim@mail.example.cn\n"
    assert environment["LINLI_SMTP_FROM"] == "linli@example.cn"


def test_a_demo_with_a_server_of_the_operators_uses_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LINLI_SMTP_URL_FILE", "/run/secrets/smtp")
    applications = system_in(tmp_path).applications
    assert told(applications) == {"LINLI_SMTP_URL_FILE": "/run/secrets/smtp"}
    assert MAILCATCHER not in programs_of(applications)


class Running:
    """A running mail catcher."""

    def __init__(self, folder: Path) -> None:
        self.smtp_port, self.http_port = free_ports(2)
        doors = ("--bind", f"127.0.0.1:{self.smtp_port}", "--http", f"127.0.0.1:{self.http_port}")
        arguments = ("-m", "deploy.mailcatcher", *doors, "--folder", str(folder / "mail"))
        self.process = Process(arguments, {}, folder / "mailcatcher.log", (sys.executable,))
        self.address = f"http://127.0.0.1:{self.http_port}"
        eventually(self.ready, 30, "the mail catcher is ready")

    def ready(self) -> bool:
        try:
            return requests.get(f"{self.address}/readyz", timeout=5).status_code == 200
        except requests.ConnectionError:
            return False

    def send(self, to: str, subject: str) -> None:
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = "linli@linli.example", to, subject
        message["Message-ID"] = "<1@linli.example>"
        message.set_content(f"{subject}：请于11月28日24时前办结。")
        with smtplib.SMTP("127.0.0.1", self.smtp_port, timeout=20) as connection:
            connection.send_message(message)


@pytest.fixture
def catcher(tmp_path: Path) -> Iterator[Running]:
    running = Running(tmp_path)
    yield running
    running.process.end()


def test_what_is_sent_can_be_read_decoded(
    catcher: Running, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    catcher.send("chen@example.cn", "整改派单")
    catcher.send("xu@example.cn", "核查退回")
    listed = requests.get(f"{catcher.address}/messages", timeout=5).json()["items"]
    assert [one["subject"] for one in listed] == ["核查退回", "整改派单"]
    (one,) = requests.get(
        f"{catcher.address}/messages", params={"to": "chen@example.cn"}, timeout=5
    ).json()["items"]
    assert (one["to"], one["message_id"]) == (["chen@example.cn"], "<1@linli.example>")
    assert one["text"].strip() == "整改派单：请于11月28日24时前办结。"
    assert requests.get(f"{catcher.address}/messages/{one['id']}", timeout=5).json() == one
    for unknown in ("x", "../mailcatcher.log", "20261123T010000000000-00000000"):
        assert requests.get(f"{catcher.address}/messages/{unknown}", timeout=5).status_code == 404
    show(Layout.at(tmp_path))
    printed = capsys.readouterr().out
    assert printed.index("整改派单") < printed.index("核查退回")
    assert catcher.process.terminate() == 0


def test_only_the_newest_stay(tmp_path: Path) -> None:
    kept = Kept(tmp_path, most=3)
    for number in range(5):
        kept.keep(f"Subject: {number}\r\n\r\n".encode(), ["chen@example.cn"])
    assert [one.subject for one in kept.newest(9)] == ["4", "3", "2"]
    assert len(list(tmp_path.iterdir())) == 3


def test_where_nothing_was_caught_that_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    show(Layout.at(tmp_path / "nowhere"))
    assert "no e-mail was caught yet" in capsys.readouterr().out
