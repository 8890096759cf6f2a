/** The request on standard input: one JSON object, checked before anything runs. */

const MAX_REQUEST_BYTES = 64 * 1024 * 1024; // a bundle of 5 MiB is at most 30 MiB when every character is escaped
const API_VERSION = "1";

/** What was sent is no request; the message names the field or option. */
export class RequestError extends Error {}

/** Reads and checks the request. @throws {RequestError} */
export async function readRequest(stream) {
  const chunks = [];
  let size = 0;
  for await (const chunk of stream) {
    size += chunk.length;
    if (size > MAX_REQUEST_BYTES) throw new RequestError(`the request is larger than ${MAX_REQUEST_BYTES} bytes`);
    chunks.push(chunk);
  }
  let request;
  try {
    request = JSON.parse(Buffer.concat(chunks).toString("utf8"));
  } catch (error) {
    throw new RequestError(`the request is not JSON: ${error.message}`);
  }
  return checked(request);
}

function checked(request) {
  if (!isObject(request)) throw new RequestError("the request is no JSON object");
  if (typeof request.bundle !== "string") throw new RequestError("bundle: the source text of the plugin is missing");
  if (!isObject(request.manifest)) throw new RequestError("manifest: an object is missing");
  const { manifest } = request;
  for (const field of ["id", "version"]) {
    if (typeof manifest[field] !== "string") throw new RequestError(`manifest.${field}: a text is missing`);
  }
  if ((manifest.api_version ?? API_VERSION) !== API_VERSION) {
    throw new RequestError(`manifest.api_version: this host offers version ${API_VERSION} only`);
  }
  const settings = request.settings ?? {};
  if (!isObject(settings)) throw new RequestError("settings: must be an object");
  return { bundle: request.bundle, manifest, settings };
}

function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
