"""Every variable Tandem reads, and what it says of one it cannot use."""

from pathlib import Path
from typing import Any

import pytest

from bot.domain.policy import Policy, WorkingHours
from bot.domain.roles import Role
from bot.settings import BadSettings, Settings, read_settings

SECRETS = ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET", "DATABASE_URL", "TANDEM_INGEST_WRITE_KEYS")


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
        monkeypatch.delenv(name, raising=False)


def with_env(tmp_path: Path, **variables: str) -> Settings:
    """Settings read from a .env file of these."""
    file = tmp_path / ".env"
    file.write_text("".join(f'{name}="{value}"\n' for name, value in variables.items()), encoding="utf-8")
    return read_settings(file)


def test_without_any_variable_there_are_defaults() -> None:
    settings = read_settings(None)
    assert settings.database_url.get_secret_value() == "sqlite:///tandem.db"
    assert settings.slack_api_url == "https://slack.com/api/"
    assert (settings.tandem_http_host, settings.tandem_http_port) == ("127.0.0.1", 3000)
    assert settings.slack_bot_token is None
    assert settings.policy == Policy(roles=settings.policy.roles)
    assert not settings.policy.roles.in_use


@pytest.mark.parametrize(
    ("name", "written", "read"),
    [
        ("SLACK_API_URL", "http://127.0.0.1:8065/api/", "http://127.0.0.1:8065/api/"),
        ("SLACK_API_URL", "http://127.0.0.1:8065/api", "http://127.0.0.1:8065/api/"),
        ("TANDEM_BOARD_CHANNEL", "C1", "C1"),
        ("TANDEM_COORDINATION_CHANNEL", "C1", "C1"),
        ("TANDEM_STRATEGY_CHANNEL", "C1", "C1"),
        ("TANDEM_MARKETING_CHANNEL", "C1", "C1"),
        ("TANDEM_TIMEZONE", "Europe/Kyiv", "Europe/Kyiv"),
        ("TANDEM_CURRENCY", "PLN", "PLN"),
        ("TANDEM_WORKING_HOURS", "sun-thu 08:00-16:30", "sun-thu 08:00-16:30"),
        ("TANDEM_HTTP_HOST", "0.0.0.0", "0.0.0.0"),
        ("TANDEM_HTTP_PORT", "0", 0),
        ("TANDEM_HTTP_PORT", "65535", 65535),
        ("TANDEM_SLACK_TIMEOUT", "2.5", 2.5),
        ("TANDEM_PACE", "0", 0.0),
        ("TANDEM_WEEKLY_AT", "fri 15:30", "fri 15:30"),
        ("TANDEM_ADMINS", "U1", ("U1",)),
        ("TANDEM_ADMINS", " U1 , U2,, ", ("U1", "U2")),
        *((f"TANDEM_{role.upper()}", "S1,U2", ("S1", "U2")) for role in Role),
    ],
)
@pytest.mark.parametrize("through", ["environment", "file"])
def test_every_variable_is_read_from_the_environment_and_from_a_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, written: str, read: Any, through: str
) -> None:
    if through == "environment":
        monkeypatch.setenv(name, written)
        settings = read_settings(None)
    else:
        settings = with_env(tmp_path, **{name: written})
    assert getattr(settings, name.lower()) == read


def test_every_variable_has_a_line_above() -> None:
    [mark] = [
        m
        for m in test_every_variable_is_read_from_the_environment_and_from_a_file.pytestmark
        if "written" in m.args[0]
    ]
    assert {name for name, *_ in mark.args[1]} | set(SECRETS) == {name.upper() for name in Settings.model_fields}


def test_the_environment_wins_over_the_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TANDEM_CURRENCY", "EUR")
    assert with_env(tmp_path, TANDEM_CURRENCY="PLN", TANDEM_TIMEZONE="Asia/Tokyo").tandem_currency == "EUR"


@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_an_empty_variable_is_an_unset_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str) -> None:
    monkeypatch.setenv(name.upper(), "")
    assert read_settings(None) == Settings(_env_file=None)
    monkeypatch.delenv(name.upper())
    assert with_env(tmp_path, **{name.upper(): ""}) == Settings(_env_file=None)


BAD = [
    ("TANDEM_TIMEZONE", "../etc/passwd", "no such time zone: '../etc/passwd'; write one like Europe/Berlin"),
    ("TANDEM_CURRENCY", "euro", ""),
    ("TANDEM_WORKING_HOURS", "always", "write working hours like mon-fri 09:00-18:00, not 'always'"),
    ("TANDEM_WEEKLY_AT", "monday at ten", "write day and time like mon 10:00, not 'monday at ten'"),
    ("TANDEM_HTTP_PORT", "many", ""),
    ("TANDEM_HTTP_PORT", "65536", ""),
    ("TANDEM_HTTP_PORT", "-1", ""),
    ("TANDEM_SLACK_TIMEOUT", "0", ""),
    ("TANDEM_SLACK_TIMEOUT", "61", ""),
    ("TANDEM_PACE", "-1", ""),
]


@pytest.mark.parametrize(("name", "value", "said"), BAD)
def test_a_value_that_cannot_be_used_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(BadSettings) as bad:
        read_settings(None)
    assert str(bad.value).startswith(f"{name}: {said}")
    assert "\n" not in str(bad.value)


@pytest.mark.parametrize("zone", ["Mars/Base", "Europe", "Europe/Berlin ", " ", "CEST"])
def test_a_zone_nobody_knows_is_named(monkeypatch: pytest.MonkeyPatch, zone: str) -> None:
    monkeypatch.setenv("TANDEM_TIMEZONE", zone)
    with pytest.raises(BadSettings, match=r"^TANDEM_TIMEZONE: no such time zone"):
        read_settings(None)


def test_every_value_at_fault_is_named_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value, _ in BAD[:5]:
        monkeypatch.setenv(name, value)
    with pytest.raises(BadSettings) as bad:
        read_settings(None)
    assert "\n" not in str(bad.value)
    assert [part.partition(":")[0] for part in str(bad.value).split("; TANDEM")] == [
        "TANDEM_TIMEZONE",
        "_CURRENCY",
        "_WORKING_HOURS",
        "_WEEKLY_AT",
        "_HTTP_PORT",
    ]


def test_secrets_are_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in SECRETS:
        monkeypatch.setenv(name, f"postgresql://u:hush-{name}@h/d")
    settings = read_settings(None)
    for shown in (repr(settings), str(settings), str(settings.model_dump()), settings.model_dump_json()):
        assert "hush" not in shown
    monkeypatch.setenv("TANDEM_HTTP_PORT", "many")
    with pytest.raises(BadSettings) as bad:
        read_settings(None)
    assert "hush" not in str(bad.value)
    assert bad.value.__cause__ is None


def test_the_policy_is_what_the_environment_fixes(tmp_path: Path) -> None:
    policy = with_env(
        tmp_path,
        TANDEM_TIMEZONE="Europe/Kyiv",
        TANDEM_CURRENCY="UAH",
        TANDEM_WORKING_HOURS="mon-sun 00:00-24:00",
        TANDEM_BOARD_CHANNEL="C1",
        TANDEM_ADMINS="U1,U2",
        TANDEM_TECH="S1,U3",
        TANDEM_SLACK_TIMEOUT="3",
        TANDEM_PACE="0.5",
    ).policy
    assert (str(policy.company.zone), policy.company.currency) == ("Europe/Kyiv", "UAH")
    assert policy.company.hours == WorkingHours.read("mon-sun 00:00-24:00")
    assert (policy.channels.board, policy.channels.strategy) == ("C1", None)
    assert policy.admins == {"U1", "U2"}
    assert policy.roles.holders[Role.TECH] == {"S1", "U3"}
    assert (policy.patience.call, policy.patience.pace) == (3.0, 0.5)


def test_settings_cannot_be_changed_once_read() -> None:
    with pytest.raises(ValueError, match="frozen"):
        read_settings(None).tandem_currency = "EUR"  # type: ignore[misc]
