"""The channels that the administrator allows: what is taken, what is refused, and what is never shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from backfilld.config.settings import Settings, load_settings
from backfilld.errors import InvalidSettings
from backfilld.ports import AlertEvent

URL = "mailtos://somebody:open-sesame@example.org"


def loaded(folder: Path, text: str) -> Settings:
    """Settings of a file with this in it."""
    file = folder / "b.toml"
    file.write_text(text)
    return load_settings(file)


def refused(folder: Path, text: str) -> list[str]:
    """What is said of such a file."""
    with pytest.raises(InvalidSettings) as caught:
        loaded(folder, text)
    return [str(fault) for fault in caught.value.faults]


def test_a_channel_is_a_url_or_a_file_with_one(tmp_path: Path) -> None:
    """Written plainly, in a file by its whole path, or by the name of a credential of the unit."""
    (tmp_path / "ops-url").write_text(URL + "\n")
    text = f"""[alerts.channels]\nMail = "{URL}"\nSms = {{url = "{URL}"}}
        "on call" = {{file = "{tmp_path / "ops-url"}"}}\nops = {{file = "ops-url"}}"""
    alerts = loaded(tmp_path, text).alerts
    assert alerts.urls({"CREDENTIALS_DIRECTORY": str(tmp_path)}) == dict.fromkeys(
        ("Mail", "Sms", "on call", "ops"), URL
    )
    with pytest.raises(InvalidSettings, match=r"alerts.channels.ops.file: given ops-url; allowed: a whole path"):
        alerts.urls({})


@pytest.mark.parametrize("content", [None, "", "no url", f"{URL}\n{URL}"])
def test_a_file_without_a_url(tmp_path: Path, content: str | None) -> None:
    """It is named with its channel; what stands in it is not told."""
    file = tmp_path / "url"
    if content is not None:
        file.write_text(content)
    alerts = loaded(tmp_path, f"[alerts.channels]\nMail = {{file = '{file}'}}").alerts
    with pytest.raises(InvalidSettings) as caught:
        alerts.urls({})
    assert str(caught.value).startswith(f"alerts.channels.Mail.file: given {file}")
    assert "sesame" not in str(caught.value)


def test_what_the_operator_is_told(tmp_path: Path) -> None:
    """Through a channel of the list, of the events that were chosen."""
    text = f"[alerts]\nchannel = 'ops'\nevents = ['started', 'ended']\n[alerts.channels]\nops = '{URL}'"
    alerts = loaded(tmp_path, text).alerts
    assert (alerts.channel, alerts.events) == ("ops", {AlertEvent.STARTED, AlertEvent.ENDED})


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("channel = 'ops'", 'alerts.channel: given "ops"; allowed: one of alerts.channels: there is none'),
        ("events = ['ended']", 'alerts.events: given ["ended"]; allowed: nothing, unless alerts.channel'),
        ("stalled_after = '5s'", 'alerts.stalled_after: given "5s"; allowed: a time from 1m to 30d'),
        ("give_up_after = 0", "alerts.give_up_after: given 0; allowed: a time from 1m"),
        ("allow_hosts = ['10.0.0.0/99']", "alerts.allow_hosts: given"),
        ("allow_hosts = ['a b']", "alerts.allow_hosts: given"),
        ("allow_hosts = [7]", "alerts.allow_hosts: given"),
        ("chanel = 1", "alerts.chanel: given 1"),
        ("channels = {SmsMail = 'json://x'}", "alerts.channels: given a value that is not shown; allowed: names"),
        ("channels = {Mail = {}}", "alerts.channels.Mail: given a value that is not shown; allowed: a URL such as"),
    ],
)
def test_what_is_refused(tmp_path: Path, text: str, told: str) -> None:
    """With the whole path of the setting, what was given, and what is allowed."""
    (found,) = refused(tmp_path, f"[alerts]\n{text}")
    assert found.startswith(told)


@pytest.mark.parametrize(
    "text",
    [
        "channels = {Mail = 'open-sesame'}",
        "channels = {Mail = 'mailtos://open sesame@x'}",
        "channels = {Mail = {url = 'json://open-sesame', file = 'x'}}",
        "channels = {Mail = {secret = 'open-sesame'}}",
        "channels = {Mail = ['open-sesame']}",
        "channels = 'open-sesame'",
    ],
)
def test_no_fault_shows_a_url(tmp_path: Path, text: str) -> None:
    """Whatever is wrong with a channel, what was written is not repeated: it may be a password."""
    faults = refused(tmp_path, f"[alerts]\n{text}")
    assert faults
    assert not [fault for fault in faults if "sesame" in fault]


def test_no_setting_shows_a_url(tmp_path: Path) -> None:
    """Neither as text nor as JSON."""
    settings = loaded(tmp_path, f"[alerts.channels]\nMail = '{URL}'")
    assert "sesame" not in settings.model_dump_json() + repr(settings) + str(settings.model_dump())
