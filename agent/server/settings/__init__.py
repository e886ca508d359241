"""The server's settings: one frozen value from a file, the environment and the command line.

`schema` says what there is, `loading` joins the sources: `file` and `environment` give plain
values, which `building` checks, field by field (`fields`, `values`). `docs/api.md` lists
every key.
"""

from agent.server.settings.loading import load_settings
from agent.server.settings.schema import Limits, Settings, TokenSettings, WebhookSettings
from agent.server.settings.secret import Secret

__all__ = [
    "Limits",
    "Secret",
    "Settings",
    "TokenSettings",
    "WebhookSettings",
    "load_settings",
]
