"""A dead letter as people and machines see it; nothing of it is interpreted by a terminal."""

import base64
import json

from chassis.dead_letter_desk import LetterContent
from chassis.dead_letters import Letter
from chassis.operations.desks import key_text
from chassis.operations.printing import printable

SHOWN_BYTES = 4_096
"""Of a body that is not JSON; people look at more of it with ``--json``."""

SHOWN_LINES = 400
LINE_LENGTH = 2_000

_BYTES_A_LINE = 16


def letter_row(letter: Letter, *, prefix: str) -> dict[str, object]:
    """Give a letter's own facts; names without the deployment's prefix."""
    return {
        "topic": letter.topic.removeprefix(prefix),
        "letter": letter.offset,
        "group": letter.group.removeprefix(prefix),
        "key": key_text(letter.key),
        "kind": letter.kind,
        "reason": letter.reason,
        "attempts": letter.attempts,
        "failed_at": letter.failed_at.isoformat(timespec="seconds"),
        "partition": letter.partition,
        "offset": letter.origin_offset,
        "event_id": letter.event_id,
        "event_type": letter.event_type,
        "trace_id": letter.trace_id,
    }


def letter_document(content: LetterContent, *, prefix: str) -> dict[str, object]:
    """Give everything that a letter holds, to be kept: text as text, other bytes in base64."""
    return {
        **letter_row(content.letter, prefix=prefix),
        "headers": [[name, *_text_or_base64(value)] for name, value in content.headers],
        **dict(zip(("value", "value_encoding"), _text_or_base64(content.value), strict=True)),
    }


def _text_or_base64(value: bytes | None) -> tuple[str | None, str]:
    if value is None:
        return None, "null"
    try:
        return value.decode("utf-8"), "text"
    except UnicodeDecodeError:
        return base64.b64encode(value).decode(), "base64"


def body_lines(value: bytes | None) -> list[str]:
    """Write a body for people: JSON indented, anything else as a dump of its bytes; long ones are cut."""
    if value is None:
        return ["(a null value: the key is gone)"]
    try:
        text = json.dumps(json.loads(value.decode("utf-8")), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return _dump(value)
    lines = text.split("\n")
    shown = [printable(line[:LINE_LENGTH]) + ("…" if len(line) > LINE_LENGTH else "") for line in lines[:SHOWN_LINES]]
    if len(lines) > SHOWN_LINES:
        shown.append(f"… {len(lines) - SHOWN_LINES} more lines; --json prints all")
    return shown


def _dump(value: bytes) -> list[str]:
    lines = []
    for start in range(0, min(len(value), SHOWN_BYTES), _BYTES_A_LINE):
        row = value[start : min(start + _BYTES_A_LINE, SHOWN_BYTES)]
        readable = "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in row)  # noqa: PLR2004 - ASCII
        lines.append(f"{start:08x}  {row.hex(' '):<47}  {readable}")
    if len(value) > SHOWN_BYTES:
        lines.append(f"… {len(value) - SHOWN_BYTES} more bytes; --json prints all")
    return lines or ["(empty)"]
