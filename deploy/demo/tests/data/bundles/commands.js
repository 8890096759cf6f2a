exports.activate = async function (platform) {
  platform.log("hello", platform.plugin.id, platform.settings.theme);
  console.warn({ from: "console" });
  await new Promise(function (resolve) { setTimeout(resolve, 1); });
  platform.registerCommand("fixture.open", function () { return 1; });
};
exports.close = function () {};
