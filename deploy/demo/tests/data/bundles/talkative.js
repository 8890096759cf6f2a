for (var i = 0; i < 5000; i += 1) console.log("x".repeat(5000));
exports.done = true;
