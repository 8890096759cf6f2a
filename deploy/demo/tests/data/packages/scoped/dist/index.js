module.exports = function parse(text) { return new Date(text); };
