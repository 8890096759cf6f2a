module.exports = require("./other");
