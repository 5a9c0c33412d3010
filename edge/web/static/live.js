// A live connection to the gate: server-sent events while there is a place, polling otherwise.
// Knows nothing of what is shown. `heard` is called for every sign of life, `gone` once when there
// was none for `silentMs`.

const AGAIN_MS = 30000; // a gate that answered something else than a stream is asked for one again

export function connect({ url, silentMs, pollMs, heard, changed, gone, handlers = {} }) {
  let source = null;
  let polling = null;
  let last = performance.now();
  let silent = false;

  function alive() {
    last = performance.now();
    if (silent) {
      silent = false;
      changed("back");
    }
    heard();
  }

  function poll() {
    source?.close();
    source = null;
    polling ??= setInterval(() => changed("poll"), pollMs);
    changed("poll");
  }

  function streaming() {
    clearInterval(polling);
    polling = null;
    alive();
  }

  function open() {
    source = new EventSource(url);
    source.addEventListener("hello", () => { streaming(); handlers.hello?.(); });
    source.addEventListener("beat", alive);
    source.addEventListener("reset", () => { streaming(); changed("reset"); });
    for (const name of ["row", "lane", "live"]) {
      source.addEventListener(name, (event) => { alive(); handlers[name]?.(JSON.parse(event.data)); });
    }
    // Told to give the place up: ask now and then instead, or pages would evict one another for ever.
    source.addEventListener("evicted", poll);
    source.addEventListener("error", () => {
      if (source?.readyState !== EventSource.CLOSED) return; // the browser tries again by itself
      poll();
      setTimeout(open, AGAIN_MS);
    });
  }

  setInterval(() => {
    if (!silent && performance.now() - last > silentMs) {
      silent = true;
      gone();
    }
  }, 250);
  open();
  return { alive };
}
