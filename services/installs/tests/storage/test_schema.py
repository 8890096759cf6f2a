import pytest

from chassis.settings import DatabaseSettings
from installs.main import migrations
from installs.storage.tables import METADATA
from testkit.databases import SessionDatabase


@pytest.fixture
def settings(database_for: SessionDatabase) -> DatabaseSettings:
    return DatabaseSettings.model_validate({"database_url": database_for("installs")})


def test_the_migrated_schema_is_the_one_in_code(settings: DatabaseSettings) -> None:
    assert migrations(settings).drift(METADATA) == []


def test_migrating_again_does_nothing(settings: DatabaseSettings) -> None:
    migrations(settings).upgrade()
    assert migrations(settings).drift(METADATA) == []
