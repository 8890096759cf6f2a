/** The one shape of everything the host says; README.md describes each field. */

/** True where this process runs under Node's permission model (nothing to read, write or start by default). */
export const hasPermissionModel = Boolean(process.permission);

function withHost(report) {
  return { ...report, host: { node: process.version, permission_model: hasPermissionModel } };
}

/**
 * @param {{activation_ms: number, export_kind: string, exports: string[], commands: string[]}} outcome
 * @param {{level: string, text: string}[]} logs
 */
export function success(outcome, logs) {
  return withHost({ ok: true, error: null, ...outcome, logs });
}

/**
 * @param {{code: string, message: string, at?: string|null}} error
 * @param {{level: string, text: string}[]} logs
 */
export function failure(error, logs = []) {
  return withHost({
    ok: false,
    error: { code: error.code, message: error.message, at: error.at ?? null },
    activation_ms: null,
    export_kind: null,
    exports: [],
    commands: [],
    logs,
  });
}
