"""The whole platform, once for the session, and the people who use it."""

import json
from collections.abc import AsyncIterator, Iterator

import pytest

from testkit.environments import ServiceEnvironment
from testkit.issuer import Issuer, running_issuer
from testkit.people import People
from testkit.platform import RunningPlatform


@pytest.fixture(scope="session")
def issuer() -> Iterator[Issuer]:
    """Another platform whose jobs may publish."""
    with running_issuer() as issuer:
        yield issuer


@pytest.fixture(scope="session")
def platform(
    service_environment: ServiceEnvironment, tmp_path_factory: pytest.TempPathFactory, issuer: Issuer
) -> Iterator[RunningPlatform]:
    folder = tmp_path_factory.mktemp("platform")
    settings = {"BUNDLE_MAX_BYTES": "1048576", "TRUSTED_ISSUERS": json.dumps([issuer.settings()])}
    platform = RunningPlatform(service_environment, folder, settings=settings)
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
