exports.all = new Uint8Array(4000000000).fill(1);
