"""The environment, read once and handed down as frozen pieces of policy."""

from datetime import UTC
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from bot.domain.ids import ChannelId, GroupId, UserId
from bot.domain.notices import Patience
from bot.domain.periods import Weekly
from bot.domain.policy import Channels, Company, Policy, Roles, WorkingHours
from bot.domain.roles import Role


class BadSettings(Exception):
    """One line a variable: what is wrong, and how to mend it."""


def _names(value: Any) -> Any:
    return tuple(filter(None, map(str.strip, value.split(",")))) if isinstance(value, str) else value


def _hours(text: str) -> str:
    WorkingHours.read(text)
    return text


def _weekly(text: str) -> str:
    Weekly.read(text, UTC)
    return text


Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_names)]  #: comma-separated
Port = Annotated[int, Field(ge=0, le=65535)]


class Settings(BaseSettings):
    """Every variable Tandem reads. `.env.example` says the same in words; a test holds them together."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", frozen=True, env_ignore_empty=True)

    slack_bot_token: SecretStr | None = None
    slack_app_token: SecretStr | None = None
    slack_signing_secret: SecretStr | None = None
    slack_api_url: str = "https://slack.com/api/"
    database_url: SecretStr = SecretStr("sqlite:///tandem.db")

    tandem_board_channel: str | None = None
    tandem_coordination_channel: str | None = None
    tandem_strategy_channel: str | None = None
    tandem_marketing_channel: str | None = None

    tandem_timezone: str = "UTC"
    tandem_currency: Annotated[str, Field(pattern="^[A-Z]{3}$")] = "USD"
    tandem_working_hours: Annotated[str, AfterValidator(_hours)] = "mon-fri 09:00-18:00"

    tandem_weekly_at: Annotated[str, AfterValidator(_weekly)] | None = None

    tandem_http_host: str = "127.0.0.1"
    tandem_http_port: Port = 3000
    tandem_slack_timeout: Annotated[float, Field(gt=0, le=60)] = 10.0

    tandem_pace: Annotated[float, Field(ge=0, le=60)] = 1.0

    tandem_ingest_write_keys: SecretStr = SecretStr("")

    tandem_admins: Names = ()
    tandem_product: Names = ()
    tandem_sales: Names = ()
    tandem_support: Names = ()
    tandem_tech: Names = ()
    tandem_marketing: Names = ()
    tandem_leadership: Names = ()

    @field_validator("slack_api_url")
    @classmethod
    def _ends_in_a_slash(cls, url: str) -> str:
        return url if url.endswith("/") else f"{url}/"

    @field_validator("tandem_timezone")
    @classmethod
    def _is_a_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ValueError, OSError, KeyError):
            raise ValueError(f"no such time zone: {name!r}; write one like Europe/Berlin") from None
        return name

    @property
    def write_keys(self) -> tuple[str, ...]:
        """Of the usage API; none switches it off."""
        return tuple(filter(None, map(str.strip, self.tandem_ingest_write_keys.get_secret_value().split(","))))

    @property
    def policy(self) -> Policy:
        """What the environment fixes."""
        return Policy(
            company=Company(
                zone=ZoneInfo(self.tandem_timezone),
                currency=self.tandem_currency,
                hours=WorkingHours.read(self.tandem_working_hours),
            ),
            channels=Channels(
                board=_channel(self.tandem_board_channel),
                coordination=_channel(self.tandem_coordination_channel),
                strategy=_channel(self.tandem_strategy_channel),
                marketing=_channel(self.tandem_marketing_channel),
            ),
            roles=Roles(holders={role: _holders(getattr(self, f"tandem_{role}")) for role in Role}),
            admins=frozenset(map(UserId, self.tandem_admins)),
            weekly_at=self.tandem_weekly_at or "",
            patience=Patience(call=self.tandem_slack_timeout, pace=self.tandem_pace),
        )


def read_settings(env_file: Path | None = Path(".env")) -> Settings:
    """Read the environment and `.env`. Raises BadSettings that names every variable at fault."""
    try:
        return Settings(_env_file=env_file)
    except ValidationError as errors:
        lines = [f"{str(e['loc'][0]).upper()}: {e['msg'].removeprefix('Value error, ')}" for e in errors.errors()]
        raise BadSettings("; ".join(lines)) from None


def _channel(name: str | None) -> ChannelId | None:
    return ChannelId(name) if name else None


def _holders(names: tuple[str, ...]) -> frozenset[GroupId | UserId]:
    return frozenset(GroupId(n) if n.startswith("S") else UserId(n) for n in names)
