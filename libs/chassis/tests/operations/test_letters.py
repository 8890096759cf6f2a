"""Dead letters by the command line, on a real broker."""

import asyncio
import time
from typing import Any
from uuid import uuid4

from contracts.topics import REVIEWS
from platform_local.ports import free_ports

TOPIC = REVIEWS.name
HOSTILE_KEY = "k\x1b[2J\x1b]0;owned\x07\u202egnp.exe\x9b31m"


def has_only_plain_characters(text: str) -> bool:
    return not any(character != "\n" and not character.isprintable() for character in text)


async def test_a_letter_is_listed_shown_and_replayed_with_what_waited_behind_it(
    service: Any, events: Any, letters: Any
) -> None:
    service.poison = {("bad", 2)}
    await service.send("bad", 1, 2, 3)
    await service.send("good", 1)
    async with service.running():
        await service.until_applied(("bad", 1), ("good", 1))
        failed, waiting = await letters(2)
        assert (failed["kind"], failed["attempts"], failed["trace_id"]) == ("failed", 2, f"{2:032x}")
        assert (waiting["kind"], waiting["key"], waiting["group"]) == ("waiting", "bad", service.group)
        assert len((await events("letters", "--failed-only", "--json")).document) == 1
        assert (await events("letters", "--key", "other", "--json")).document == []
        assert "cannot apply 2" in (await events("letters", "--topic", TOPIC, "--group", service.group)).out

        shown = await events("show", TOPIC, str(failed["letter"]))
        assert shown.code == 0
        for part in ("cannot apply 2", f"{2:032x}", "ce_type: review.posted.v1", "{}"):
            assert part in shown.out

        again = await events("replay", TOPIC, str(failed["letter"]), "--json")
        assert again.code == 1
        assert [(one["result"], "cannot apply 2" in one["reason"]) for one in again.document] == [
            ("failed", True), ("waiting", False),
        ]  # fmt: skip

        service.poison.clear()
        again = await events("replay", TOPIC, str(waiting["letter"]))
        assert again.code == 0
        assert again.out.count("applied") == 2
        assert service.applied[-2:] == [("bad", 2), ("bad", 3)]
        repeat = await events("replay", TOPIC, str(failed["letter"]))
        assert (repeat.code, "settled already" in repeat.err) == (0, True)
        assert (await events("replay", "--all")).code == 0
        assert (await events("letters")).out == "There are no open dead letters.\n"


async def test_what_a_letter_holds_cannot_command_a_terminal_and_is_given_to_machines_whole(
    service: Any, events: Any, letters: Any
) -> None:
    bodies = {
        1: b'{"name": "\\u001b[31mred", "right": "\\u202egnp.exe", "lone": "\\ud800"}',
        2: b"\x1b]0;owned\x07\x00\xff\x80" * 500,
        3: b"[" * 50_000 + b"]" * 50_000,
        4: b'{"long": "' + b"x" * 900_000 + b'"}',
        5: b"",
    }
    keys = {number: f"{HOSTILE_KEY}{number}" for number in bodies}
    service.poison = {(key, number) for number, key in keys.items()}
    for number, body in bodies.items():
        await service.send(keys[number], number, body=body)
    async with service.running():
        found = await letters(len(bodies))
    by_key = {one["key"]: str(one["letter"]) for one in found}
    listed = await events("letters")
    assert has_only_plain_characters(listed.out)
    assert "\\x1b[2J" in listed.out
    for number, body in bodies.items():
        shown = await events("show", TOPIC, by_key[keys[number]])
        assert shown.code == 0
        assert has_only_plain_characters(shown.out)
        assert len(shown.out) < 50_000
        document = await events("show", TOPIC, by_key[keys[number]], "--json")
        assert document.out.isascii()
        assert has_only_plain_characters(document.out)
        given = document.document
        assert given["value"].encode() == body if given["value_encoding"] == "text" else number == 2
    assert "\\u001b[31mred" in (await events("show", TOPIC, by_key[keys[1]])).out
    assert "00000000  1b 5d 30" in (await events("show", TOPIC, by_key[keys[2]])).out


async def test_an_order_outlives_a_time_without_consumers(service: Any, events: Any, letters: Any) -> None:
    service.poison = {("bad", 1)}
    await service.send("bad", 1)
    async with service.running():
        (letter,) = await letters(1)
    service.poison.clear()
    alone = await events("replay", TOPIC, str(letter["letter"]), "--timeout", "1")
    assert alone.code == 1
    assert "make start S=test-work" in alone.err
    assert "waiting" in alone.out
    async with service.running():
        assert (await events("replay", "--key", "bad")).code == 0
    assert service.applied == [("bad", 1)]


async def test_two_operators_at_once_apply_each_letter_once(service: Any, events: Any, letters: Any) -> None:
    keys = [f"key-{number}" for number in range(5)]
    service.poison = {(key, 1) for key in keys}
    for key in keys:
        await service.send(key, 1, 2)
    async with service.running():
        await letters(10)
        service.poison.clear()
        ends = await asyncio.gather(*(events("replay", "--all", "--json") for _ in range(2)))
    assert [end.code for end in ends] == [0, 0]
    assert sorted(service.applied) == [(key, sequence) for key in keys for sequence in (1, 2)]


async def test_a_drop_wants_a_yes_gives_out_what_it_forgets_and_lets_the_rest_go_on(
    service: Any, events: Any, letters: Any
) -> None:
    service.poison = {("bad", 1)}
    await service.send("bad", 1, body=b'{"kept": true}')
    await service.send("bad", 2)
    async with service.running():
        failed, _ = await letters(2)
        refused = await events("drop", TOPIC, str(failed["letter"]))
        assert (refused.code, "--yes" in refused.err) == (2, True)
        dropped = await events("drop", TOPIC, str(failed["letter"]), "--yes")
        assert dropped.code == 0
        kept = dropped.document
        assert (kept["value"], kept["key"], kept["event_type"]) == ('{"kept": true}', "bad", "review.posted.v1")
        assert ["ce_type", "review.posted.v1", "text"] in kept["headers"]
        assert (await events("letters", "--json")).document == []
        assert (await events("drop", TOPIC, str(failed["letter"]), "--yes")).code == 1
    assert service.applied == [("bad", 2)]


async def test_names_that_there_are_not_are_refused_with_a_sentence(service: Any, events: Any, letters: Any) -> None:
    service.poison = {("bad", 1)}
    await service.send("bad", 1)
    async with service.running():
        await letters(1)
    for arguments, code, part in (
        (("show", TOPIC, "7"), 1, "There is no open letter 7"),
        (("replay", TOPIC, "7"), 1, "There is no open letter 7"),
        (("drop", TOPIC, "7", "--yes"), 1, "There is no open letter 7"),
        (("show", "plugins.v9", "7"), 2, f"Topics: {TOPIC}."),
        (("letters", "--group", "nobody"), 2, f"Groups: {service.group}."),
        (("replay",), 2, "--all"),
        (("replay", TOPIC), 2, "LETTER"),
        (("replay", TOPIC, "1", "--all"), 2, "say what to replay"),
        (("nonsense",), 2, "usage"),
        ((), 2, "usage"),
    ):
        ran = await events(*arguments)
        assert (ran.code, part in ran.err) == (code, True), ran


async def test_a_broker_that_is_away_is_told_in_one_sentence_and_in_time(events: Any) -> None:
    (port,) = free_ports(1)
    for arguments in (("lag",), ("letters",), ("replay", "--all"), ("show", TOPIC, "1")):
        started_at = time.monotonic()
        ran = await events(*arguments, bootstrap_servers=f"127.0.0.1:{port}")
        assert time.monotonic() - started_at < 20
        assert (ran.code, ran.out) == (1, "")
        assert ran.err.startswith(f"Kafka at 127.0.0.1:{port} does not answer")
        assert ran.err.count("\n") == 1


async def test_a_deployment_without_topics_is_told(service: Any, events: Any) -> None:
    object.__setattr__(service.broker, "prefix", f"none{uuid4().hex}.")
    ran = await events("lag")
    assert (ran.code, "TOPIC_PREFIX" in ran.err) == (1, True)
