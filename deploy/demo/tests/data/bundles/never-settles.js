exports.activate = function () { return new Promise(function () {}); };
