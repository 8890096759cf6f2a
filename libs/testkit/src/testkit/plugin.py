"""The fixtures. They start nothing before a test asks for it."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import cast

import pytest

from platform_local.topics import create_topics, delete_topics
from testkit.databases import SessionDatabase
from testkit.environments import ServiceEnvironment
from testkit.identities import IdentityKeys, TokenSigner, make_identity_keys, make_second_factor_key
from testkit.indices import delete_indices
from testkit.mail_box import MailBox, open_mail_box
from testkit.pool import ServerPool
from testkit.servers import S3, Kafka, OpenSearch, Postgres, Redis
from testkit.stores import S3Settings, own_buckets, own_redis_database
from testkit.waiting import run_apart


@pytest.fixture(scope="session")
def test_servers() -> Iterator[ServerPool]:
    """Every server of this session, by kind."""
    pool = ServerPool()
    try:
        yield pool
    finally:
        pool.stop()


@pytest.fixture(scope="session")
def test_session_id() -> str:
    """Return a short name that no other session has; it stands before everything that is shared."""
    return f"t{uuid.uuid4().hex[:10]}"


@pytest.fixture(scope="session")
def postgres(test_servers: ServerPool) -> Postgres:
    """Return a PostgreSQL cluster with a superuser."""
    return cast("Postgres", test_servers.address("postgres"))


@pytest.fixture(scope="session")
def redis(test_servers: ServerPool) -> Redis:
    """Return a Redis server; tests want `redis_url`."""
    return cast("Redis", test_servers.address("redis"))


@pytest.fixture(scope="session")
def kafka(test_servers: ServerPool) -> Kafka:
    """Return a Kafka broker; tests want `kafka_bootstrap_servers` and `topic_prefix`."""
    return cast("Kafka", test_servers.address("kafka"))


@pytest.fixture(scope="session")
def opensearch(test_servers: ServerPool) -> OpenSearch:
    """Return an OpenSearch node; tests want `opensearch_url` and `index_prefix`."""
    return cast("OpenSearch", test_servers.address("opensearch"))


@pytest.fixture(scope="session")
def s3(test_servers: ServerPool) -> S3:
    """Return an object store; tests want `s3_settings`."""
    return cast("S3", test_servers.address("s3"))


@pytest.fixture(scope="session")
def database_for(postgres: Postgres, test_session_id: str) -> Iterator[SessionDatabase]:
    """``database_for("auth")`` migrates that service's schema once and returns its role's DATABASE_URL."""
    database = SessionDatabase(postgres, test_session_id)
    try:
        yield database
    finally:
        database.drop()


@pytest.fixture
def clean_tables(database_for: SessionDatabase) -> Callable[..., None]:
    """``clean_tables("auth", keep=("categories",))`` empties a service's tables now."""
    return database_for.clean


@pytest.fixture(scope="session")
def redis_url(redis: Redis) -> Iterator[str]:
    """Return the URL of a numbered database that is this session's own: flushing it is safe."""
    with own_redis_database(redis.url) as url:
        yield url


@pytest.fixture(scope="session")
def kafka_bootstrap_servers(kafka: Kafka) -> str:
    """Return the broker's address."""
    return kafka.bootstrap_servers


@pytest.fixture(scope="session")
def topic_prefix(kafka: Kafka, test_session_id: str) -> Iterator[str]:
    """Return the session's topic prefix; behind it every topic of `contracts.topics` exists."""
    prefix = f"{test_session_id}."
    run_apart(create_topics(kafka.bootstrap_servers, prefix))
    try:
        yield prefix
    finally:
        run_apart(delete_topics(kafka.bootstrap_servers, prefix))


@pytest.fixture(scope="session")
def opensearch_url(opensearch: OpenSearch) -> str:
    """Return the node's URL."""
    return opensearch.url


@pytest.fixture(scope="session")
def index_prefix(opensearch: OpenSearch, test_session_id: str) -> Iterator[str]:
    """Return a prefix for names of indices and aliases; what is behind it is deleted at the session's end."""
    prefix = f"{test_session_id}-"
    try:
        yield prefix
    finally:
        delete_indices(opensearch.url, prefix)


@pytest.fixture(scope="session")
def s3_settings(s3: S3, test_session_id: str) -> Iterator[S3Settings]:
    """Return the object store's settings, with two buckets of this session's own."""
    with own_buckets(s3, f"{test_session_id}-") as settings:
        yield settings


@pytest.fixture(scope="session")
async def mail_box() -> AsyncIterator[MailBox]:
    """Give a mail server of this session's own, with all that was sent to it."""
    async with open_mail_box() as box:
        yield box


@pytest.fixture(scope="session")
def identity_keys(tmp_path_factory: pytest.TempPathFactory) -> IdentityKeys:
    """Return an Ed25519 pair in files, for IDENTITY_PRIVATE_KEY_FILE and IDENTITY_PUBLIC_KEY_FILE."""
    return make_identity_keys(tmp_path_factory.mktemp("identity"))


@pytest.fixture(scope="session")
def second_factor_key_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a file with a key that encrypts the secrets of one-time codes."""
    return make_second_factor_key(tmp_path_factory.mktemp("second-factor"))


@pytest.fixture(scope="session")
def token_for(identity_keys: IdentityKeys) -> TokenSigner:
    """``token_for(kind=, subject=, roles=, name=)`` signs an identity token with the session's keys."""
    return TokenSigner(identity_keys)


@pytest.fixture(scope="session")
def service_environment(
    database_for: SessionDatabase,
    redis_url: str,
    kafka_bootstrap_servers: str,
    topic_prefix: str,
    opensearch_url: str,
    index_prefix: str,
    s3_settings: S3Settings,
    identity_keys: IdentityKeys,
    second_factor_key_file: Path,
) -> ServiceEnvironment:
    """``service_environment("catalog")`` returns all environment variables of that service."""
    token_file = identity_keys.public_key_file.with_name("internal-token")
    token_file.touch(mode=0o600)
    token_file.write_text(uuid.uuid4().hex)
    return ServiceEnvironment(
        database=database_for,
        redis_url=redis_url,
        kafka_bootstrap_servers=kafka_bootstrap_servers,
        topic_prefix=topic_prefix,
        opensearch_url=opensearch_url,
        index_prefix=index_prefix,
        s3_settings=s3_settings,
        identity_keys=identity_keys,
        internal_token_file=token_file,
        second_factor_key_file=second_factor_key_file,
    )
