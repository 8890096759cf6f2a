"""The table of topics in the event documentation; a test compares it, so that it cannot drift."""

from contracts.topics import DAY_MS, FOR_EVER, TOPICS, Topic

_HEAD = "| topic | what | key | partitions | kept |\n|---|---|---|---:|---|\n"


def topic_table() -> str:
    """Give the table in Markdown."""
    rows = (f"| `{each.name}` | {each.purpose} | {each.key} | {each.partitions} | {_kept(each)} |\n" for each in TOPICS)
    return _HEAD + "".join(rows)


def _kept(topic: Topic) -> str:
    if topic.cleanup == "compact":
        return "the last record of each key (compacted)"
    return "for ever" if topic.retention_ms == FOR_EVER else f"{topic.retention_ms // DAY_MS} days"
