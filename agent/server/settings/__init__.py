"""The server's settings: one frozen value from a file, the environment and the command line.

`schema` says what there is, `loading` joins the sources: `file` and `environment` give plain
values, which `building` checks, field by field (`fields`, `values`). `docs/api.md` lists
every key.
"""

from agent.settings.loading import load_settings
from agent.settings.schema import Limits, Settings, TokenSettings, WebhookSettings
from agent.settings.secret import Secret

__all__ = [
    "Limits",
    "Secret",
    "Settings",
    "TokenSettings",
    "WebhookSettings",
    "load_settings",
]
