/** The worker: a context with the language and the plugin API, and nothing of Node. */

import { readFileSync } from "node:fs";
import vm from "node:vm";
import { parentPort } from "node:worker_threads";

const MOST_LOGS = 200;
const MOST_LOG_CHARACTERS = 2_000;

/** Functions of this realm that the guest's own closures call with primitives; the plugin never holds one. */
function makeBridge() {
  const post = parentPort.postMessage.bind(parentPort);
  const now = performance.now.bind(performance);
  const [after, every, stop] = [setTimeout, setInterval, clearTimeout];
  const timers = new Map();
  let lastTimer = 0;
  let logCount = 0;
  return {
    now,
    log(level, text) {
      logCount += 1;
      if (logCount <= MOST_LOGS) post({ kind: "log", entry: { level, text: text.slice(0, MOST_LOG_CHARACTERS) } });
    },
    startTimer(run, delayMs, repeat) {
      lastTimer += 1;
      timers.set(lastTimer, repeat ? every(run, delayMs) : after(run, delayMs));
      return lastTimer;
    },
    stopTimer(id) {
      stop(timers.get(id));
      timers.delete(id);
    },
    active: (json) => post({ kind: "active", outcome: JSON.parse(json) }),
    failed: (json) => post({ kind: "failed", error: JSON.parse(json) }),
  };
}

/** Second line of defence: who finds a way from the context into this realm finds the bare language there too. */
function stripRealm(context) {
  const ofLanguage = new Set(vm.runInContext("Object.getOwnPropertyNames(globalThis)", context));
  for (const name of Object.getOwnPropertyNames(globalThis)) {
    if (!ofLanguage.has(name)) delete globalThis[name];
  }
}

const guest = new vm.Script(readFileSync(new URL("./guest.js", import.meta.url), "utf8"), {
  filename: "plugin-host/guest.js",
});

function run({ bundle, manifest, settings }) {
  const context = vm.createContext({}, { name: `plugin ${manifest.id}` });
  const start = guest.runInContext(context);
  const bridge = makeBridge();
  stripRealm(context);
  const startedAt = bridge.now();
  let script;
  try {
    script = new vm.Script(bundle, { filename: "bundle.js" });
  } catch (error) {
    const at = String(error.stack).split("\n")[0];
    bridge.failed(JSON.stringify({ code: "bundle_syntax", message: error.message, at }));
    return;
  }
  // A plain script, not a function's body: what it declares with `var` must become global.
  start(bridge, JSON.stringify({ manifest, settings, startedAt }), () => script.runInContext(context));
}

// Once: a worker that still listened would stay alive when the plugin waits for nothing.
parentPort.once("message", run);
parentPort.postMessage({ kind: "ready" });
