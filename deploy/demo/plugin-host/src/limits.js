/** What a plugin may take, as arguments of the host: `--time-limit-ms=2000 --memory-limit-mib=128`. */

import { RequestError } from "./request.js";

const RULES = {
  "--time-limit-ms": { name: "timeMs", least: 1, most: 60_000, otherwise: 2_000 },
  "--memory-limit-mib": { name: "memoryMib", least: 8, most: 4_096, otherwise: 128 },
};

/** @returns {{timeMs: number, memoryMib: number}} @throws {RequestError} */
export function readLimits(args) {
  const limits = Object.fromEntries(Object.values(RULES).map((rule) => [rule.name, rule.otherwise]));
  for (const arg of args) {
    const [flag, text] = arg.split("=", 2);
    const rule = RULES[flag];
    if (rule === undefined) throw new RequestError(`${flag} is no option; known are ${Object.keys(RULES).join(", ")}`);
    const value = Number(text);
    if (!Number.isInteger(value) || value < rule.least || value > rule.most) {
      throw new RequestError(`${flag} takes a whole number from ${rule.least} to ${rule.most}`);
    }
    limits[rule.name] = value;
  }
  return limits;
}
