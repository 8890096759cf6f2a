import pytest

from search_indexer.domain.differences import differences
from search_indexer.domain.generations import Generation, IndexState, ReadIndex, generation_name, number_of

NAME = "plugins-0c3f5a91b2d4"


def generation(number: int, *, created_ms: int | None = None) -> Generation:
    created = number * 1_000 if created_ms is None else created_ms
    return Generation(index=generation_name(NAME, number), number=number, uuid=f"u{number}", created_ms=created)


def state(*numbers: int, read: int | ReadIndex | None = None) -> IndexState:
    generations = [generation(number) for number in numbers]
    if isinstance(read, int):
        read = ReadIndex(index=generation_name(NAME, read), created_ms=read * 1_000)
    return IndexState(generations=generations, read=read)


OLDER_RELEASE = ReadIndex(index="plugins-aaaa-000009", created_ms=1)
LATER_RELEASE = ReadIndex(index="plugins-bbbb-000001", created_ms=99_000)


@pytest.mark.parametrize(
    ("found", "filled", "replaced", "serves", "rebuilt"),
    [
        (state(), None, [], False, False),
        (state(1), 1, [], False, False),
        (state(1, read=1), None, [], True, False),
        (state(1, 2, read=1), 2, [], True, True),
        (state(1, 2, read=2), None, [1], True, False),
        (state(1, 2, 3, read=2), 3, [1], True, True),
        (state(1, 2), 2, [], False, False),
        (state(read=OLDER_RELEASE), None, [], False, False),
        (state(1, read=OLDER_RELEASE), 1, [], False, False),
        (state(1, 2, read=LATER_RELEASE), None, [], True, False),
    ],
)
def test_what_is_filled_and_what_was_replaced(
    found: IndexState, filled: int | None, replaced: list[int], serves: bool, rebuilt: bool
) -> None:
    assert (found.being_filled.number if found.being_filled else None) == filled
    assert [each.number for each in found.replaced] == replaced
    assert found.serves_readers is serves
    assert found.is_rebuilt is rebuilt


def test_the_number_stands_in_the_name() -> None:
    assert number_of(f"{NAME}-000012", name=NAME) == 12
    for other in (NAME, f"{NAME}-12", f"{NAME}-0000123", f"{NAME}-000012-feed", "plugins-1-000012", f"x{NAME}-000012"):
        assert number_of(other, name=NAME) is None


def test_differences_are_told_apart() -> None:
    found = differences(
        documents={"same": 3, "older": 3, "newer": 3, "missing": 1},
        indexed={"same": 3, "older": 2, "newer": 4, "extra": 1},
    )
    assert found == found & found
    assert [*found.missing, *found.stale, *found.extra] == ["missing", "older", "extra"]
    assert not differences(documents={"same": 3}, indexed={"same": 3})
