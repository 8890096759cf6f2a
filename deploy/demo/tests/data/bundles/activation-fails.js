exports.activate = function () { return Promise.reject(new Error("no network")); };
