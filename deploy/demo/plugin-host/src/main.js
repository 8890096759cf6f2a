/**
 * The plugin host: says that it is ready, reads one request from standard input, runs the plugin in a worker, reports.
 *
 * Exit code 0: the plugin is active; 1: it is not, and the report says why; 2: the arguments or the request are wrong.
 */

import { readLimits } from "./limits.js";
import { failure } from "./report.js";
import { readRequest, RequestError } from "./request.js";
import { Supervisor } from "./supervisor.js";

/** Resolves once the pipe took the line: a process that exits earlier may cut it in two. */
function say(value) {
  return new Promise((resolve) => process.stdout.write(JSON.stringify(value) + "\n", resolve));
}

async function main() {
  try {
    const supervisor = new Supervisor(readLimits(process.argv.slice(2)));
    // The worker is up before the plugin arrives: whoever starts the host does so while the bundle is on its way, and
    // can set limits of the operating system in between.
    await supervisor.ready;
    await say({ ready: true });
    const report = await supervisor.run(await readRequest(process.stdin));
    await say(report);
    return report.ok ? 0 : 1;
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    await say(failure({ code: "request_invalid", message: error.message }));
    return 2;
  }
}

process.exit(await main());
