"""Settings: `huoshui.toml` in the working folder, then `HUOSHUI_*` from the environment."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from huoshui.core.errors import FieldError, Problem

FILE = Path("huoshui.toml")
SECRETS = ("database_url",)
RAIL_SECRETS = ("secret", "key", "password", "private_key")


class BadSetting(Problem):
    """A setting that is unknown or of the wrong type."""

    code = "bad_setting"
    status = 422


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything that an operator may set; each has a default that works."""

    home: str = ".huoshui"
    database_url: str = ""
    host: str = "127.0.0.1"
    port: Annotated[int, Meta(ge=1, le=65535)] = 8420
    origin: str = ""  # as browsers see it, https://pay.example.com; else what each request says
    language: str = ""
    log_level: str = "INFO"
    pool_size: int = 10
    webhooks_allow_private: bool = False
    simulate_rails: bool = True
    rails: dict[str, dict[str, str]] = {}

    @property
    def home_path(self) -> Path:
        """The one directory that holds all state: database, reports, spools, secrets."""
        return Path(self.home).expanduser().resolve()


def load(file: Path = FILE, environment: Mapping[str, str] = os.environ) -> Settings:
    """Settings from the file, overridden by the environment. Raises BadSetting."""
    values: dict[str, object] = {}
    if file.exists():
        try:
            values |= tomllib.loads(file.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise BadSetting(name=str(file), reason=str(error)) from error
    for name in Settings.__struct_fields__:
        variable = f"HUOSHUI_{name.upper()}"
        if environment.get(variable):
            values[name] = environment[variable]
    _add_rail_secrets(values, environment)
    if not values.get("database_url") and environment.get("DATABASE_URL"):
        values["database_url"] = environment["DATABASE_URL"]
    try:
        return msgspec.convert(values, Settings, strict=False)
    except msgspec.ValidationError as error:
        raise BadSetting(
            name=str(file),
            reason=str(error),
            errors=(FieldError("settings", "setting", {"reason": str(error)}),),
        ) from error


def _add_rail_secrets(values: dict[str, object], environment: Mapping[str, str]) -> None:
    """`HUOSHUI_RAIL_CARD_SECRET` is the secret of `[rails.card]`: it need not stand in a file."""
    rails = values.get("rails")
    for name, setting in rails.items() if isinstance(rails, dict) else ():
        secret = environment.get(f"HUOSHUI_RAIL_{str(name).upper()}_SECRET")
        if secret and isinstance(setting, dict):
            setting["secret"] = secret


def shown(settings: Settings) -> dict[str, object]:
    """The settings with secrets masked, fit to print."""
    values: dict[str, object] = msgspec.to_builtins(settings)
    values["rails"] = {
        name: {k: "••••" if k in RAIL_SECRETS else v for k, v in setting.items()}
        for name, setting in settings.rails.items()
    }
    return {k: "••••" if k in SECRETS and v else v for k, v in values.items()}
