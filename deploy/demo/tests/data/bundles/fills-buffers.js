var all = []; for (;;) all.push(new Uint8Array(10000000).fill(1));
