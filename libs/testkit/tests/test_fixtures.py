from __future__ import annotations

import asyncio
import uuid
from pathlib import Path
from uuid import uuid4

import httpx
import jwt
import psycopg
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from redis.asyncio import Redis

from contracts.identity import ALGORITHM, AUDIENCE, ISSUER, IdentityClaims
from contracts.topics import TOPICS
from platform_local.buckets import s3_client
from platform_local.postgres_roles import SERVICE_ROLES
from testkit.databases import SessionDatabase
from testkit.identities import IdentityKeys, TokenSigner
from testkit.stores import S3Settings


def _plain(url: str) -> str:
    return url.replace("+psycopg", "")


@pytest.mark.parametrize("role", SERVICE_ROLES)
def test_a_service_role_reaches_its_own_schema_and_is_refused_on_every_other(
    database_for: SessionDatabase, role: str
) -> None:
    with psycopg.connect(_plain(database_for.url(role)), autocommit=True) as connection:
        assert connection.execute("SHOW search_path").fetchone() == (role,)
        assert connection.execute("SHOW statement_timeout").fetchone() == ("30s",)
        table = f"probe_{uuid.uuid4().hex}"
        connection.execute(f"CREATE TABLE {table} (n int)")
        connection.execute(f"DROP TABLE {role}.{table}")
        for other in {*SERVICE_ROLES, "public"} - {role}:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(f"CREATE TABLE {other}.probe (n int)")


async def test_two_redis_users_of_a_session_share_a_database_that_is_not_number_zero(redis_url: str) -> None:
    assert not redis_url.endswith("/0")
    async with Redis.from_url(redis_url) as one, Redis.from_url(redis_url) as two:
        await one.set("greeting", "hello")
        assert await two.getdel("greeting") == b"hello"


async def test_every_topic_exists_behind_the_prefix_and_carries_messages(
    kafka_bootstrap_servers: str, topic_prefix: str
) -> None:
    topic, key = topic_prefix + TOPICS[0].dead_letters, uuid4().bytes
    async with AIOKafkaProducer(bootstrap_servers=kafka_bootstrap_servers) as producer:
        await producer.send_and_wait(topic, b"body", key=key)
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=kafka_bootstrap_servers, auto_offset_reset="earliest")
    async with consumer:
        async with asyncio.timeout(30):
            async for record in consumer:
                if record.key == key:
                    break
        names = await consumer.topics()
    assert record.value == b"body"
    assert {topic_prefix + each.name for each in TOPICS} <= names
    assert {topic_prefix + each.dead_letters for each in TOPICS} <= names


async def test_an_index_can_be_made_written_and_searched(opensearch_url: str, index_prefix: str) -> None:
    async with httpx.AsyncClient(base_url=opensearch_url) as client:
        index = f"/{index_prefix}probe"
        (await client.put(index)).raise_for_status()
        (await client.put(f"{index}/_doc/1?refresh=true", json={"name": "clock"})).raise_for_status()
        found = (await client.get(f"{index}/_search", params={"q": "name:clcok~2"})).raise_for_status().json()
    assert found["hits"]["total"]["value"] == 1


def test_the_object_store_keeps_bytes_and_refuses_to_overwrite_them_when_asked(s3_settings: S3Settings) -> None:
    client = s3_client(s3_settings.endpoint_url, s3_settings.access_key_id, s3_settings.secret_access_key)
    bucket = s3_settings.bundle_bucket
    client.put_object(Bucket=bucket, Key="a/b.js", Body=b"1", IfNoneMatch="*")
    with pytest.raises(client.exceptions.ClientError, match="PreconditionFailed"):
        client.put_object(Bucket=bucket, Key="a/b.js", Body=b"2", IfNoneMatch="*")
    url = client.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "a/b.js"})
    assert httpx.get(url).content == b"1"
    client.close()


def test_a_token_carries_the_claims_it_was_asked_for_and_verifies_by_the_public_key(
    identity_keys: IdentityKeys, token_for: TokenSigner
) -> None:
    subject = uuid.uuid4()
    token = token_for(subject=subject, roles=["user", "developer"], name="Ann")
    public_key = Path(identity_keys.public_key_file).read_bytes()
    claims = jwt.decode(token, public_key, algorithms=[ALGORITHM], audience=AUDIENCE, issuer=ISSUER)
    verified = IdentityClaims.model_validate(claims)
    assert (verified.sub, verified.kind, verified.roles, verified.name) == (
        subject,
        "user",
        ("user", "developer"),
        "Ann",
    )


def test_an_expired_token_can_be_made(identity_keys: IdentityKeys, token_for: TokenSigner) -> None:
    token = token_for(issued_seconds_ago=400)
    with pytest.raises(jwt.ExpiredSignatureError):
        jwt.decode(token, identity_keys.public_key_file.read_bytes(), algorithms=[ALGORITHM], audience=AUDIENCE)
