(function (root, factory) {
  if (typeof exports === "object" && typeof module !== "undefined") module.exports = factory();
  else root.UmdMin = factory();
})(this, function () {
  return { draw: function (values) { return values.length; } };
});
