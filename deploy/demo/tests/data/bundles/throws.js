
throw new TypeError("no luck");
