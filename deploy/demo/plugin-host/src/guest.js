/**
 * Runs inside the plugin's context, before the plugin: builds the plugin API from this context's own objects.
 * The script's value is `start`; every builtin that it needs later is taken before the plugin can replace it.
 */
(() => {
  "use strict";
  const { parse, stringify } = JSON;
  const { keys, getOwnPropertyNames, defineProperty, freeze, fromEntries, entries } = Object;
  const [GuestError, GuestPromise, toText, toNumber] = [Error, Promise, String, Number];
  const CONSOLE_LEVELS = { debug: "debug", log: "info", info: "info", warn: "warning", error: "error" };
  const MOST_NAMES = 1_000;

  function describe(value) {
    if (typeof value === "string") return value;
    if (value instanceof GuestError) return `${value.name}: ${value.message}`;
    try {
      return stringify(value) ?? toText(value);
    } catch {
      return "[not printable]";
    }
  }

  /** The code and what can be said of the error; `at` is its first place in the bundle, such as `bundle.js:12:7`. */
  function failureOf(code, error) {
    try {
      const message = error instanceof GuestError ? describe(error) : `thrown: ${describe(error)}`;
      const place = /bundle\.js:\d+:\d+/.exec(toText(error?.stack));
      return { code, message, at: place === null ? null : place[0] };
    } catch {
      return { code, message: "what was thrown has no text", at: null }; // its message or stack is a trap
    }
  }

  function offer(name, value) {
    // Configurable, or a bundle that declares a variable of the name would be refused.
    defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: false });
  }

  function offerTimers(bridge, log) {
    const starter = (repeat) => (callback, delayMs, ...values) => {
      if (typeof callback !== "function") throw new TypeError("a timer takes a function");
      const guarded = () => {
        try {
          callback(...values);
        } catch (error) {
          log("error", "in a timer:", error);
        }
      };
      return bridge.startTimer(guarded, toNumber(delayMs) || 0, repeat);
    };
    const stop = (id) => bridge.stopTimer(toNumber(id));
    offer("setTimeout", starter(false));
    offer("setInterval", starter(true));
    offer("clearTimeout", stop);
    offer("clearInterval", stop);
    offer("queueMicrotask", (callback) => void GuestPromise.resolve().then(callback));
  }

  function offerSurroundings(bridge, log, startedAt) {
    const methods = entries(CONSOLE_LEVELS).map(([name, level]) => [name, (...values) => log(level, ...values)]);
    offer("console", freeze(fromEntries(methods)));
    offer("performance", freeze({ now: () => bridge.now() - startedAt }));
    offer("self", globalThis);
  }

  function offerModule() {
    const module = { exports: {} };
    offer("module", module);
    offer("exports", module.exports);
    offer("require", (name) => {
      const asked = `require(${stringify(name)})`;
      throw new GuestError(`${asked} is not available: a plugin is one file and has no Node modules`);
    });
    return module;
  }

  function offerPlatform({ manifest, settings }, log, commands) {
    const declared = new Set(declaredCommands(manifest));
    const platform = freeze({
      apiVersion: manifest.api_version ?? "1",
      plugin: freeze({ id: manifest.id, version: manifest.version }),
      settings,
      log: (...values) => log("info", ...values),
      registerCommand(id, run) {
        if (typeof id !== "string" || id === "") throw new TypeError("a command's id is a text");
        if (typeof run !== "function") throw new TypeError(`the command ${id} is no function`);
        if (!declared.has(id)) log("warning", `the command ${id} is not declared in the manifest`);
        commands.set(id, run);
      },
    });
    offer("platform", platform);
    return platform;
  }

  function declaredCommands(manifest) {
    return (manifest.contributes?.commands ?? []).map((command) => command.id);
  }

  /** A declared command `<plugin>.<export>` that was not registered is that export, where it is a function. */
  function bindExports(manifest, contribution, commands, log) {
    const prefix = `${manifest.id}.`;
    for (const id of declaredCommands(manifest)) {
      if (commands.has(id) || !id.startsWith(prefix)) continue;
      const name = id.slice(prefix.length);
      const isItself = name === "default" && typeof contribution === "function";
      const run = isItself ? contribution : contribution?.[name];
      if (typeof run === "function") commands.set(id, run);
      else log("warning", `the declared command ${id} is neither registered nor an exported function`);
    }
  }

  /** What the plugin offers; null where that is nothing. */
  function outcomeOf(contribution, globalNames, commands) {
    const isFunction = typeof contribution === "function";
    const names = isFunction || (typeof contribution === "object" && contribution !== null) ? keys(contribution) : [];
    const isExported = isFunction || names.length > 0;
    if (!isExported && globalNames.length === 0 && commands.size === 0) return null;
    return {
      export_kind: isExported ? typeof contribution : "globals",
      exports: (isExported ? names : globalNames).slice(0, MOST_NAMES),
      commands: [...commands.keys()].slice(0, MOST_NAMES),
    };
  }

  return async function start(bridge, inputJson, runBundle) {
    const input = parse(inputJson);
    const log = (level, ...values) => bridge.log(level, values.map(describe).join(" "));
    const fail = (failure) => bridge.failed(stringify(failure));
    const commands = new Map();
    offerTimers(bridge, log);
    offerSurroundings(bridge, log, input.startedAt);
    const module = offerModule();
    const platform = offerPlatform(input, log, commands);
    const before = new Set(getOwnPropertyNames(globalThis));
    try {
      runBundle();
    } catch (error) {
      return fail(failureOf("bundle_threw", error));
    }
    const globalNames = getOwnPropertyNames(globalThis).filter((name) => !before.has(name));
    try {
      const contribution = module.exports;
      if (typeof contribution?.activate === "function") await contribution.activate(platform);
      bindExports(input.manifest, contribution, commands, log);
      const outcome = outcomeOf(contribution, globalNames, commands);
      if (outcome === null) {
        return fail({ code: "nothing_contributed", message: "the bundle exported, defined and registered nothing" });
      }
      return bridge.active(stringify({ activation_ms: bridge.now() - input.startedAt, ...outcome }));
    } catch (error) {
      return fail(failureOf("activation_failed", error));
    }
  };
})();
