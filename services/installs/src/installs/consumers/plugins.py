"""The subscription to plugins and their versions."""

from collections.abc import Sequence

from chassis.consumer import Subscription
from contracts.envelope import Event
from contracts.events.plugins import PluginChanged, PluginVersionPublished
from contracts.events.registry import EVENTS
from contracts.topics import PLUGINS
from installs.domain.plugins import PluginNews
from installs.usecases.learn_plugins import LearnPlugins

GROUP = "installs.plugins"


def plugins_subscription(learn: LearnPlugins) -> Subscription:
    """Subscribe the use case to every change of a plugin."""

    async def on_plugin_changes(events: Sequence[Event]) -> None:
        await learn.run([news for event in events if (news := _news(event)) is not None])

    return Subscription(group=GROUP, topics=(PLUGINS.name,), handler=on_plugin_changes)


def _news(event: Event) -> PluginNews | None:
    model = EVENTS.get(event.type)
    if model is None or not issubclass(model, PluginChanged):
        return None  # a newer producer may say more than this consumer knows
    data = model.model_validate(event.json())
    version = data.version if isinstance(data, PluginVersionPublished) else None
    return PluginNews(sequence=event.sequence, plugin=data.plugin, version=version)
