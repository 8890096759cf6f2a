"""The Lua scripts that write sessions; each is one atomic round trip.

Key 1 is the session, key 2 the index of its subject's sessions. The client loads a script once and calls it by its
digest.
"""

CREATE = """
redis.call('HSET', KEYS[1], 'identity', ARGV[2], 'identity_expires_at', ARGV[3],
           'subject', ARGV[4], 'kind', ARGV[5], 'revision', ARGV[6])
redis.call('EXPIRE', KEYS[1], ARGV[8])
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', ARGV[7])
redis.call('ZADD', KEYS[2], ARGV[7] + ARGV[8], ARGV[1])
redis.call('EXPIRE', KEYS[2], ARGV[8])
"""
"""Arguments: hash, identity, its expiry, subject, kind, revision, the present second, seconds to live."""

WRITE_IDENTITY = """
local revision = redis.call('HGET', KEYS[1], 'revision')
if not revision then
    redis.call('ZREM', KEYS[2], ARGV[1])
    return nil
end
if tonumber(revision) <= tonumber(ARGV[4]) then
    redis.call('HSET', KEYS[1], 'identity', ARGV[2], 'identity_expires_at', ARGV[3], 'revision', ARGV[4])
end
if tonumber(ARGV[6]) > 0 then
    redis.call('EXPIRE', KEYS[1], ARGV[6])
    redis.call('ZADD', KEYS[2], ARGV[5] + ARGV[6], ARGV[1])
    redis.call('EXPIRE', KEYS[2], ARGV[6])
end
return redis.call('HMGET', KEYS[1], 'identity', 'identity_expires_at')
"""
"""Arguments: hash, identity, its expiry, revision, the present second, seconds to live (0: as long as it would).

Writes only into a session that still exists, and never over an identity of a newer revision: a renewal that read the
account before its rights changed must not undo the rewriting that followed the change. Gives what stands now.
"""

END = """
redis.call('DEL', KEYS[1])
redis.call('ZREM', KEYS[2], ARGV[1])
"""
"""Arguments: hash."""
