// The day's figures, fetched anew when rows arrive; asks now and then once its stream was taken away.

import { connect } from "./live.js";

const figures = document.getElementById("figures");
const stale = document.getElementById("stale");
let due = null;

async function load() {
  due = null;
  try {
    const answer = await fetch(figures.dataset.url, { cache: "no-store", signal: AbortSignal.timeout(5000) });
    if (answer.status === 401) { location.reload(); return; }
    if (!answer.ok) throw new Error(answer.statusText);
    const open = figures.querySelector("details")?.open;
    figures.innerHTML = await answer.text();
    if (open) figures.querySelector("details").open = true;
    stale.hidden = true;
    live.alive();
  } catch {
    stale.hidden = false;
    due ??= setTimeout(load, 5000); // no row may come for hours to try again at
  }
}

const soon = () => { due ??= setTimeout(load, 1000); };

const live = connect({
  url: figures.dataset.events,
  silentMs: 60000,
  pollMs: 15000,
  heard() {},
  changed: soon,
  gone() { stale.hidden = false; },
  // A stream begins with what comes next: what happened since the page was made is in no row of it.
  handlers: { row: soon, hello: soon },
});
