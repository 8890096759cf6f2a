/** Runs the plugin's worker and ends it when it takes too long, too much memory, or leaves. */

import { Worker } from "node:worker_threads";
import { failure, success } from "./report.js";

const MIB = 1024 * 1024;
const MEMORY_CHECK_MS = 20;
const YOUNG_GENERATION_MIB = 16;
const STACK_MIB = 4;
// What Node itself may grow by while it compiles and runs a bundle, beside the heap that the plugin asked for.
const RESIDENT_SLACK_MIB = 64;

export class Supervisor {
  #limits;
  #worker;
  #logs = [];
  #finish;
  #report = new Promise((resolve) => {
    this.#finish = resolve;
  });

  /** @type {Promise<void>} Resolves once the worker waits for its plugin. */
  ready;

  /** @param {{timeMs: number, memoryMib: number}} limits */
  constructor(limits) {
    this.#limits = limits;
    this.#worker = new Worker(new URL("./sandbox.js", import.meta.url), {
      env: {},
      execArgv: [],
      stdout: true, // kept from this process's own standard output, which carries the report only
      stderr: true,
      resourceLimits: {
        maxOldGenerationSizeMb: limits.memoryMib,
        maxYoungGenerationSizeMb: YOUNG_GENERATION_MIB,
        stackSizeMb: STACK_MIB,
      },
    });
    this.ready = new Promise((resolve, reject) => {
      this.#worker.once("error", reject);
      this.#worker.once("message", () => {
        this.#worker.removeListener("error", reject);
        resolve();
      });
    });
  }

  /** Resolves to a report, always: whatever the plugin does is an answer. */
  async run(plugin) {
    const stopWatches = this.#watch();
    const fail = (error) => this.#finish(failure(error, this.#logs));
    this.#worker.on("message", (message) => {
      if (message.kind === "log") this.#logs.push(message.entry);
      else if (message.kind === "active") this.#finish(success(message.outcome, this.#logs));
      else fail(message.error);
    });
    this.#worker.on("error", (error) => fail(this.#errorOfWorker(error)));
    this.#worker.on("exit", () =>
      fail({ code: "exited", message: "the plugin's worker ended before the plugin was active" }),
    );
    this.#worker.postMessage(plugin);
    const report = await this.#report;
    stopWatches();
    // Not awaited: a worker deep in native code ends late, and the end of the process ends it anyway.
    this.#worker.terminate();
    return report;
  }

  #watch() {
    const { timeMs, memoryMib } = this.#limits;
    const fail = (error) => this.#finish(failure(error, this.#logs));
    const timer = setTimeout(
      () => fail({ code: "time_limit", message: `the plugin was not active after ${timeMs} ms` }),
      timeMs,
    );
    // Worker limits count the JavaScript heap only; array buffers live outside it and show in the resident set.
    const mostBytes = process.memoryUsage.rss() + (memoryMib + RESIDENT_SLACK_MIB) * MIB;
    const meter = setInterval(() => {
      if (process.memoryUsage.rss() > mostBytes) fail(this.#memoryError());
    }, MEMORY_CHECK_MS);
    return () => {
      clearTimeout(timer);
      clearInterval(meter);
    };
  }

  #errorOfWorker(error) {
    if (error?.code === "ERR_WORKER_OUT_OF_MEMORY") return this.#memoryError();
    return { code: "plugin_threw", message: `uncaught: ${error?.message ?? String(error)}` };
  }

  #memoryError() {
    return { code: "memory_limit", message: `the plugin used more than ${this.#limits.memoryMib} MiB of memory` };
  }
}
