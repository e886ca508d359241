"""Settings joined from their sources.

What is given later wins: defaults, then the TOML file, then `FRONTDESK_*` variables, then
flags. A key that doesn't exist is refused with the nearest one that does, since a misspelt
limit is no limit; all mistakes are named at once. Secrets come from the environment alone
and are never printed.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, EnvSettingsSource, SettingsConfigDict

from agent.errors import ServerError
from agent.server.settings.schema import Limits, Settings, TokenSettings, WebhookSettings
from retrieval.system.untrusted import in_words

__all__ = ["load_settings"]

_PREFIX = "FRONTDESK_"
_SECRET_PREFIX = "FRONTDESK_WEBHOOK_SECRET_"  # noqa: S105 - a name, not a secret
_LEAST_SECRET_CHARS = 32
_TABLES: Mapping[str, type[BaseModel]] = {"limits": Limits, "token": TokenSettings}


def load_settings(
    file: Path | None = None,
    *,
    environment: Mapping[str, str],
    flags: Mapping[str, object] | None = None,
) -> Settings:
    """Join a file, the environment and the command line's flags; later ones win.

    Args:
        file: TOML; relative paths in it are relative to its folder.
        environment: Variables, such as `os.environ`; only `FRONTDESK_*` are looked at.
        flags: Top-level settings; None values are left out.

    Raises:
        ServerError: The file can't be read, keys don't exist or values make no sense; the
            message names all of them.
    """
    given = _from_file(file) if file is not None else {}
    variables = _Variables(environment)
    for name, value in variables().items():
        given[name] = _table(given.get(name)) | value if isinstance(value, dict) else value
    given |= {name: value for name, value in (flags or {}).items() if value is not None}
    wrong = [*variables.misspelt(), *_add_secrets(given, environment)]
    try:
        settings = Settings(**given)
    except ValidationError as error:
        wrong += [_worded(each, environment) for each in error.errors()]
    if wrong:
        raise ServerError((f"{str(file)!r}: " if file else "") + "; ".join(wrong))
    return settings


def _from_file(file: Path) -> dict[str, Any]:
    try:
        given = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ServerError(
            f"the settings {str(file)!r} can't be read ({error.strerror}): check the path"
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ServerError(f"the settings {str(file)!r} aren't TOML: {error}") from error
    for name, webhook in _table(given.get("webhooks")).items():
        if "secret" in _table(webhook):
            raise ServerError(
                f"{str(file)!r}: webhooks.{name}.secret stands in a file, expected it in the "
                f"environment: set {_secret_variable(name)} and delete it here"
            )
    for kind, table in ((Settings, given), (TokenSettings, _table(given.get("token")))):
        for name, field in kind.model_fields.items():
            if field.annotation in (Path, Path | None) and isinstance(table.get(name), str):
                table[name] = file.parent / Path(table[name]).expanduser()
    return given


def _table(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


class _Named(Settings, BaseSettings):
    model_config = SettingsConfigDict(
        env_prefix=_PREFIX, env_nested_delimiter="_", env_nested_max_split=1
    )


class _Variables(EnvSettingsSource):
    """The settings that variables hold; the lists among them are split at commas."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        super().__init__(_Named)

    def _load_env_vars(self) -> Mapping[str, str | None]:
        return {
            name.lower(): text
            for name, text in self._environment.items()
            if name.startswith(_PREFIX) and not name.startswith(_SECRET_PREFIX)
        }

    def decode_complex_value(self, field_name: str, field: FieldInfo, value: Any) -> Any:
        """Return the parts of a list."""
        del field_name, field
        return [part.strip() for part in value.split(",") if part.strip()]

    def misspelt(self) -> Iterator[str]:
        """Yield what is wrong with the variables' names.

        Other rooms have variables of their own (FRONTDESK_CACHE_DIR): only what looks like
        a slip of the pen is refused.
        """
        known = [_variable(name) for name in Settings.model_fields]
        known += [_variable(table, name) for table, kind in _TABLES.items() for name in _keys(kind)]
        for name in map(str.upper, self.env_vars):
            near = difflib.get_close_matches(name, known, n=1, cutoff=0.9)
            if near and name not in known:
                yield f"there is no variable {name!r}: did you mean {near[0]!r}?"


def _variable(*place: str) -> str:
    return _PREFIX + "_".join(place).upper()


def _secret_variable(webhook: str) -> str:
    return _SECRET_PREFIX + webhook.upper().replace("-", "_")


def _add_secrets(given: Mapping[str, Any], environment: Mapping[str, str]) -> Iterator[str]:
    """Give every webhook its secret; yield what is wrong with them."""
    webhooks = _table(given.get("webhooks"))
    named = {_secret_variable(name): name for name in webhooks}
    for variable in environment:
        if variable.startswith(_SECRET_PREFIX) and variable not in named:
            yield (
                f"{variable} is set, but there is no such webhook: add a table "
                f"[webhooks.{variable.removeprefix(_SECRET_PREFIX).lower()}] to the settings file"
            )
    for variable, name in named.items():
        secret = environment.get(variable, "")
        if len(secret) < _LEAST_SECRET_CHARS:
            few = f"a secret of fewer than {_LEAST_SECRET_CHARS} characters"
            yield (
                f"the webhook {name!r} has {few if secret else 'no secret'}: set {variable} to a "
                "long random text, such as `openssl rand -hex 32` prints"
            )
        _table(webhooks[name])["secret"] = SecretStr(secret)


def _keys(kind: type[BaseModel]) -> list[str]:
    """Return the keys that a file may set in a table."""
    return [name for name, field in kind.model_fields.items() if not field.exclude]


def _worded(error: ErrorDetails, environment: Mapping[str, str]) -> str:
    """Return one mistake in words: the setting, its value, what was expected."""
    *table, name = (str(part) for part in error["loc"] if part != "[key]")
    kind, shown = error["type"], ".".join((*table, name))
    if kind == "extra_forbidden":
        known = _keys(_TABLES.get(table[0], WebhookSettings) if table else Settings)
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean {'.'.join((*table, *near))!r}?" if near else ", ".join(known)
        return f"there is no setting {shown!r}: {'' if near else 'known: '}{hint}"
    if (kind, name) == ("missing", "kb"):
        return "there is no knowledge base: say --kb DIR, or kb in the settings file"
    variable = _variable(*table, name)
    words = in_words(variable if variable in environment else shown, error)
    return f"{words}: set it in the settings file" if kind == "missing" else words
