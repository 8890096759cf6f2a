// Keeps a copy of all public plugins in SQLite, from the compacted topic plugin-documents.v1.
//
//   npm ci
//   node catalogue.js --brokers 127.0.0.1:19092 --store catalogue.db
//
// Every record is the whole document of a plugin, so the newest one is all that counts: the store keeps the highest
// sequence seen of every key, and changes it together with the document in one transaction. Kafka keeps the place, and
// is told of it only afterwards; whatever is read again after a crash is older than what the store has, and left out.

import { DatabaseSync } from 'node:sqlite';
import { parseArgs } from 'node:util';
import { Kafka, logLevel } from 'kafkajs';

const { values: options } = parseArgs({
  options: {
    brokers: { type: 'string', default: '127.0.0.1:19092' },
    prefix: { type: 'string', default: '' }, // stands before topics in some deployments
    group: { type: 'string', default: 'example-catalogue' },
    store: { type: 'string', default: 'catalogue.db' },
  },
});

const db = new DatabaseSync(options.store);
db.exec(`
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  CREATE TABLE IF NOT EXISTS plugins (plugin_id TEXT PRIMARY KEY, document TEXT NOT NULL);
  -- Sequences of removed plugins stay: without them a repeat of an older document would bring the plugin back.
  CREATE TABLE IF NOT EXISTS seen (key TEXT PRIMARY KEY, sequence INTEGER NOT NULL, changes INTEGER NOT NULL);
`);
const see = db.prepare(`
  INSERT INTO seen VALUES (?, ?, 1)
  ON CONFLICT DO UPDATE SET sequence = excluded.sequence, changes = changes + 1 WHERE excluded.sequence > sequence`);
const put = db.prepare('INSERT INTO plugins VALUES (?, ?) ON CONFLICT DO UPDATE SET document = excluded.document');
const remove = db.prepare('DELETE FROM plugins WHERE plugin_id = ?');

function apply(message) {
  const key = message.key.toString();
  const isTombstone = message.value === null; // the plugin is public no longer
  if (!isTombstone && message.headers.ce_type.toString() !== 'plugin-document.v1') return; // not known here
  if (see.run(key, Number(message.headers.ce_sequence.toString())).changes === 0) return; // the store has it, or newer
  if (isTombstone) remove.run(key);
  else put.run(key, message.value.toString());
}

function applyAll(messages) {
  db.exec('BEGIN IMMEDIATE');
  try {
    messages.forEach(apply);
    db.exec('COMMIT');
  } catch (error) {
    db.exec('ROLLBACK');
    throw error;
  }
}

const kafka = new Kafka({ clientId: 'example-catalogue', brokers: options.brokers.split(','), logLevel: logLevel.WARN });
// kafkajs reads committed records only unless told otherwise.
const consumer = kafka.consumer({ groupId: options.group, sessionTimeout: 6_000, maxWaitTimeInMs: 500 });

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, async () => {
    await consumer.disconnect();
    db.close();
  });
}
consumer.on(consumer.events.CRASH, ({ payload }) => {
  if (!payload.restart) process.exit(1); // a supervisor starts it again
});

await consumer.connect();
await consumer.subscribe({ topic: `${options.prefix}plugin-documents.v1`, fromBeginning: true });
await consumer.run({
  eachBatchAutoResolve: false,
  eachBatch: async ({ batch, resolveOffset }) => {
    applyAll(batch.messages);
    resolveOffset(batch.lastOffset()); // committed when this function has returned
  },
});
