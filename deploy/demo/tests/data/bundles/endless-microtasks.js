(function again() { return Promise.resolve().then(again); })(); exports.activate = function () { return new Promise(function () {}); };
