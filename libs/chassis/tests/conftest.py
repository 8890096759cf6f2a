from collections.abc import AsyncIterator, Iterator
from urllib.parse import quote
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import BigInteger, Column, MetaData, Table, Text, create_engine

from chassis.db import Database
from chassis.inbox import inbox_table
from chassis.kafka import Kafka
from chassis.outbox import outbox_table
from testkit.databases import SessionDatabase

METADATA = MetaData()
outbox_table(METADATA)
inbox_table(METADATA)
Table("aggregates", METADATA, Column("id", Text, primary_key=True), Column("sequence", BigInteger, nullable=False))
Table("effects", METADATA, Column("key", Text, primary_key=True), Column("applied", BigInteger, nullable=False))


@pytest.fixture
def schema_url(database_for: SessionDatabase) -> Iterator[str]:
    """A schema of the test's own, with an outbox, an inbox and two tables."""
    schema = f"chassis_{uuid4().hex[:8]}"
    admin = database_for.admin_url
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {schema}")
    options = quote(f"-csearch_path={schema}")
    url = admin.replace("postgresql://", "postgresql+psycopg://") + f"?options={options}"
    engine = create_engine(url)
    METADATA.create_all(engine)
    engine.dispose()
    yield url
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(f"DROP SCHEMA {schema} CASCADE")


@pytest.fixture
async def database(schema_url: str) -> AsyncIterator[Database]:
    database = Database(url=schema_url, pool_size=16)
    yield database
    await database.close()


@pytest.fixture
def broker(kafka_bootstrap_servers: str, topic_prefix: str) -> Kafka:
    return Kafka(bootstrap_servers=kafka_bootstrap_servers, prefix=topic_prefix)
