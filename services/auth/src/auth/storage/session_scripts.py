"""The Lua scripts that write sessions; each is one atomic round trip.

Key 1 is the session, key 2 the index of its subject's sessions. The client loads a script once and calls it by its
digest.
"""

CREATE = """
local now, live = tonumber(ARGV[7]), tonumber(ARGV[8])
redis.call('HSET', KEYS[1], 'identity', ARGV[2], 'identity_expires_at', ARGV[3],
           'subject', ARGV[4], 'kind', ARGV[5], 'revision', ARGV[6],
           'opened_at', ARGV[7], 'seen_at', ARGV[7], 'device', ARGV[11], 'network', ARGV[12],
           'authenticated_at', ARGV[13], 'methods', ARGV[14])
if tonumber(ARGV[9]) > 0 then
    redis.call('HSET', KEYS[1], 'ends_at', now + tonumber(ARGV[9]))
    live = math.min(live, tonumber(ARGV[9]))
end
redis.call('EXPIRE', KEYS[1], live)
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now)
local surplus = redis.call('ZCARD', KEYS[2]) - tonumber(ARGV[10]) + 1
if surplus > 0 then
    for _, hash in ipairs(redis.call('ZRANGE', KEYS[2], 0, surplus - 1)) do
        redis.call('DEL', 'session:' .. hash)
        redis.call('ZREM', KEYS[2], hash)
    end
end
redis.call('ZADD', KEYS[2], now + live, ARGV[1])
redis.call('EXPIRE', KEYS[2], math.max(live, redis.call('TTL', KEYS[2])))
"""
"""Arguments: hash, identity, its expiry, subject, kind, revision, the present second, seconds to live, seconds to live
at most (0: no end), sessions at most, device, network, when and how its holder proved who they are.

Where the subject has too many sessions, the one that would end first goes: the one unused for longest.
"""

WRITE_IDENTITY = """
local revision, ends_at, kind = unpack(redis.call('HMGET', KEYS[1], 'revision', 'ends_at', 'kind'))
if not revision then
    redis.call('ZREM', KEYS[2], ARGV[1])
    return nil
end
local now, live, longest = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
if live > 0 then
    if kind == 'user' and longest > 0 then
        if not ends_at then
            ends_at = now + longest
            redis.call('HSET', KEYS[1], 'ends_at', ends_at)
        end
        live = math.min(live, tonumber(ends_at) - now)
    end
    if live <= 0 then
        redis.call('DEL', KEYS[1])
        redis.call('ZREM', KEYS[2], ARGV[1])
        return nil
    end
    redis.call('HSET', KEYS[1], 'seen_at', now)
    redis.call('EXPIRE', KEYS[1], live)
    redis.call('ZADD', KEYS[2], now + live, ARGV[1])
    redis.call('EXPIRE', KEYS[2], math.max(live, redis.call('TTL', KEYS[2])))
end
if tonumber(revision) <= tonumber(ARGV[4]) then
    redis.call('HSET', KEYS[1], 'identity', ARGV[2], 'identity_expires_at', ARGV[3], 'revision', ARGV[4])
end
local stands = redis.call('HMGET', KEYS[1], 'identity', 'identity_expires_at')
stands[3] = live
return stands
"""
"""Arguments: hash, identity, its expiry, revision, the present second, seconds to live (0: as long as it would),
seconds that an account's session lives at most (counted from now where it was opened before there was such an end).

Writes only into a session that still exists, and never over an identity of a newer revision: a renewal that read the
account before its rights changed must not undo the rewriting that followed the change. Gives what stands now, and how
many seconds the session lives on.
"""

ROTATE = """
if redis.call('EXISTS', KEYS[3]) == 0 then
    return nil
end
redis.call('RENAME', KEYS[3], KEYS[1])
redis.call('HSET', KEYS[1], 'identity', ARGV[3], 'identity_expires_at', ARGV[4], 'revision', ARGV[5],
           'authenticated_at', ARGV[6], 'methods', ARGV[7])
local live = redis.call('TTL', KEYS[1])
redis.call('ZREM', KEYS[2], ARGV[2])
redis.call('ZADD', KEYS[2], tonumber(ARGV[8]) + live, ARGV[1])
redis.call('EXPIRE', KEYS[2], math.max(live, redis.call('TTL', KEYS[2])))
return live
"""
"""Key 3 is the session under its former id. Arguments: hash, former hash, identity, its expiry, revision, when and how
the holder proved who they are, the present second.

The session goes on under another id: it ends when it would have. Gives the seconds until then, nil where it is over: of
two who rotate it at once, one does.
"""

END = """
redis.call('ZREM', KEYS[2], ARGV[1])
return redis.call('DEL', KEYS[1])
"""
"""Arguments: hash. Gives 1 where there was such a session."""

LIST = """
local found = {}
for _, hash in ipairs(redis.call('ZREVRANGE', KEYS[1], 0, -1)) do
    local key = 'session:' .. hash
    if redis.call('EXISTS', key) == 1 then
        local fields = redis.call('HMGET', key, unpack(ARGV))
        table.insert(fields, 1, hash)
        table.insert(found, fields)
    end
end
return found
"""
"""Key: the index. Arguments: names of fields. Gives the hash and the fields of each session that is alive."""

END_ALL = """
local ended = {}
for _, hash in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
    if hash ~= ARGV[1] then
        if redis.call('DEL', 'session:' .. hash) == 1 then
            table.insert(ended, hash)
        end
        redis.call('ZREM', KEYS[1], hash)
    end
end
return ended
"""
"""Key: the index. Arguments: hash of the session that stays, or nothing. Gives the hashes of those that ended.

The sessions' own keys are made up here, which one server permits and a cluster would not.
"""
