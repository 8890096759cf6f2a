"""What publishing said of one plugin."""

from dataclasses import dataclass

from contracts.events.plugins import PluginState, VersionState


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginChange:
    """One event of plugins.v1.

    Parameters
    ----------
    sequence
        The plugin's number of the event.
    state
        The plugin after it.
    version
        The version that it published, if it did.
    """

    sequence: int
    state: PluginState
    version: VersionState | None = None
