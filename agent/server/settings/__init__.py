"""The server's settings: one frozen value from a file, the environment and the command line.

`schema` says what there is and what is refused, `loading` joins the sources. `docs/api.md`
lists every key.
"""

from agent.server.settings.loading import load_settings
from agent.server.settings.schema import Limits, Settings, TokenSettings, WebhookSettings

__all__ = ["Limits", "Settings", "TokenSettings", "WebhookSettings", "load_settings"]
