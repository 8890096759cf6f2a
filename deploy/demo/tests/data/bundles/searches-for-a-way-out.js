// Goes through objects of the host's realm, where it can reach one, and says what it finds there.
exports.activate = async function (platform) {
  var found = [typeof process, typeof fetch];
  try { await import("node:fs"); } catch (error) {
    found.push(error.constructor.constructor("return typeof process + ' ' + typeof fetch + ' ' + typeof require")());
  }
  found.push(platform.log.constructor("return typeof process")());
  found.push(setTimeout.constructor("return typeof process")());
  platform.log(found.join(", "));
};
