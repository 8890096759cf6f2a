// A comment that reads like a module:
/*
import x from "y";
*/
exports.run = function () { return 1; };
