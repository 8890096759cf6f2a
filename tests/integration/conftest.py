"""The whole platform, once for the session, and the people who use it."""

from collections.abc import AsyncIterator, Iterator

import pytest

from testkit.environments import ServiceEnvironment
from testkit.people import People
from testkit.platform import RunningPlatform


@pytest.fixture(scope="session")
def platform(
    service_environment: ServiceEnvironment, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningPlatform]:
    folder = tmp_path_factory.mktemp("platform")
    platform = RunningPlatform(service_environment, folder, settings={"BUNDLE_MAX_BYTES": "1048576"})
    try:
        platform.start()
        yield platform
    finally:
        platform.stop()


@pytest.fixture
async def people(platform: RunningPlatform) -> AsyncIterator[People]:
    people = People(platform)
    yield people
    await people.leave()
