// The kiosk: swaps the parts of the page that changed, sends what is tapped, says when the gate is gone.

import { connect } from "./live.js";
import { tone, soundSwitch } from "./sound.js";
import { thermal } from "./thermal.js";

const frame = document.getElementById("frame");
const refusal = document.getElementById("refusal");
const offline = document.getElementById("offline");
const { csrf, language, stateUrl, eventsUrl, apiUrl, casesUrl, loginUrl } = frame.dataset;
const taps = new Map(); // how often each button was answered, so that a repeated tap has the same id
const state = () => document.getElementById("state");
let loading = null;
let again = false;
const underWay = new Set(); // the dialogs whose own command is being sent
let deafUntil = 0;
let wrongSince = null; // since when the page is known to be older than the gate

const within = (ms) => ({ signal: AbortSignal.timeout(ms) });

async function load() {
  if (loading) { again = true; return loading; }
  wrongSince ??= performance.now();
  loading = (async () => {
    do {
      again = false;
      try {
        const answer = await fetch(stateUrl, { cache: "no-store", ...within(2000) });
        if (answer.status === 401) { location.assign(loginUrl); return; }
        if (!answer.ok) continue;
        const html = await answer.text();
        await lifted();
        swap(html);
        wrongSince = null;
        offline.hidden = true;
        live.alive();
      } catch { /* the watch below tells the attendant */ }
    } while (again);
  })();
  await loading;
  loading = null;
}

function swap(html) {
  const fresh = new DOMParser().parseFromString(html, "text/html").getElementById("state");
  const old = state();
  if (!fresh) return;
  const focused = document.activeElement?.id;
  const before = old.dataset.key + old.dataset.passage + old.dataset.last;
  for (const name of fresh.getAttributeNames()) old.setAttribute(name, fresh.getAttribute(name));
  const wanted = new Map([...fresh.children].map((part) => [part.id, part]));
  for (const part of [...old.children]) {
    if (wanted.has(part.id)) continue;
    closing(part);
    part.remove();
  }
  for (const [id, part] of wanted) {
    const there = document.getElementById(id);
    if (!there) old.append(keep(part));
    else if (source(there) !== part.outerHTML) {
      keep(part);
      carry(there, part);
      there.replaceWith(part);
      // A choice being made about this person stays open while other things about them change.
      if (there.open && there.dataset.of === part.dataset.of) part.showModal?.();
      else closing(there);
    }
  }
  fade();
  thermal(old.dataset.picture);
  if (focused && document.activeElement === document.body) document.getElementById(focused)?.focus();
  if (before !== old.dataset.key + old.dataset.passage + old.dataset.last) {
    refusal.hidden = true;
    tone(old.dataset.key);
  }
}

// A dialog that goes while somebody answers it leaves the keys to the lane: what was meant for the dialog
// would be said about whoever stands there.
function closing(part) {
  if (part.open && !underWay.has(part.id)) deafUntil = performance.now() + 1500;
}
const deaf = () => performance.now() < deafUntil;

// A verdict is shown for a while only; the gate says for how long.
let fading = null;
function fade() {
  clearTimeout(fading);
  const left = Number(state().dataset.fades);
  if (left > 0) fading = setTimeout(load, left + 50);
}
fade();

// What was typed for a person stays while other things about the same person change.
function carry(old, part) {
  if (old.dataset.of !== part.dataset.of) return;
  for (const field of part.querySelectorAll("input[id]")) {
    const typed = old.querySelector(`#${CSS.escape(field.id)}`);
    if (typed) field.value = typed.value;
  }
  for (const way of part.querySelectorAll("details[id]")) {
    way.open = old.querySelector(`#${CSS.escape(way.id)}`)?.open ?? false;
  }
}

// What a part looked like when it came: typing, opening and counting down must not count as changes.
const sources = new WeakMap();
function keep(part) { sources.set(part, part.outerHTML); return part; }
function source(part) {
  if (!sources.has(part)) sources.set(part, part.outerHTML);
  return sources.get(part);
}
for (const part of state().children) keep(part);
thermal(state().dataset.picture);

async function send(what, body, key, handed) {
  const { passage, nonce } = state().dataset;
  const n = taps.get(nonce + key) ?? 0;
  const about = handed || ["begin", "resume", "vehicle"].includes(what) ? {} : { passage: Number(passage) };
  const command = JSON.stringify({ ...about, command_id: `${nonce}-${key}-${n}`.slice(0, 64), ...body });
  for (let tries = 0; tries < 3; tries += 1) {
    try {
      const answer = await fetch(handed ? `${casesUrl}/${handed}/${what}` : `${apiUrl}/${what}`, {
        method: "POST",
        headers: { "content-type": "application/json", "X-CSRFToken": csrf },
        body: command,
        ...within(5000),
      });
      taps.set(nonce + key, n + 1);
      if (answer.status === 401) { location.assign(loginUrl); return false; }
      if (!answer.ok) say((await answer.json()).message[language]);
      await load();
      return answer.ok;
    } catch { /* the same command once more: its id makes that harmless */ }
  }
  return false;
}

let sayUntil = null;
function say(text) {
  refusal.textContent = text;
  refusal.hidden = false;
  clearTimeout(sayUntil);
  sayUntil = setTimeout(() => { refusal.hidden = true; }, 8000);
}

async function press(button) {
  if (button.disabled || button.getAttribute("aria-disabled") === "true") return;
  const { tap, question, value, outcome, reason, why, resume, unit, place, about } = button.dataset;
  const body = {
    answers: { question, value }, decision: { outcome, reason }, park: { why },
    begin: {}, resume: { passage: Number(resume) }, "hand-over": { unit }, measure: { place },
    "vehicle/next": {}, "vehicle/everybody": {},
  }[tap];
  if (about) body.passage = Number(about);
  button.setAttribute("aria-disabled", "true");
  refusal.hidden = true;
  const dialog = button.closest("dialog");
  const done = await ownCommand(dialog, send(tap, body, letters(button.id), button.dataset.case));
  button.removeAttribute("aria-disabled");
  if (done) shut(dialog);
}

async function ownCommand(dialog, sending) {
  underWay.add(dialog?.id);
  try {
    return await sending;
  } finally {
    underWay.delete(dialog?.id);
  }
}

async function submit(form) {
  const given = [...new FormData(form)].map(([question, value]) => ({ question, value: value.trim() }));
  const answers = given.filter(({ value }) => value !== "");
  if (!answers.length || form.dataset.busy) return;
  form.dataset.busy = "yes";
  refusal.hidden = true;
  const { send: what, outcome, about } = form.dataset;
  const body = what === "decision" ? { outcome, reason: answers[0].value } : what === "vehicle" ? vehicle(answers) : { answers };
  if (about) body.passage = Number(about);
  const dialog = form.closest("dialog");
  const key = letters(what + (outcome ?? "") + answers[0].question);
  const done = await ownCommand(dialog, send(what, body, key));
  delete form.dataset.busy;
  if (done) { form.reset(); shut(dialog); }
}

function vehicle(answers) {
  const { plate, occupants } = Object.fromEntries(answers.map(({ question, value }) => [question, value]));
  return { plate, ...(occupants && { occupants: Number(occupants) }) };
}

const letters = (text) => text.replace(/[^A-Za-z0-9_.-]/g, "");

function type(sign) {
  const field = document.getElementById("pad-value");
  field.value = sign === "back" ? field.value.slice(0, -1) : (field.value + sign).slice(0, 5);
}

// Nothing is swapped from under a finger: the tap would be lost.
let down = null;
let lift = () => {};
function lifted() {
  return down ? Promise.race([down, new Promise((done) => { setTimeout(done, 1000); })]) : null;
}
document.addEventListener("pointerdown", () => { down = new Promise((done) => { lift = done; }); });
for (const end of ["pointerup", "pointercancel"]) {
  document.addEventListener(end, () => { down = null; setTimeout(lift, 50); }); // after its click
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  // The second half of a double tap may land on the question that has moved up.
  if (button.dataset.tap && (event.detail > 1 || deaf())) return;
  if (button.dataset.tap) press(button);
  else if (button.dataset.type) type(button.dataset.type);
  else if (button.dataset.dialog) open(button.dataset.dialog);
  else if ("close" in button.dataset) shut(button.closest("dialog"));
});

document.addEventListener("submit", (event) => {
  if (!event.target.dataset.send) return;
  event.preventDefault();
  submit(event.target);
});

function open(id) {
  const dialog = document.getElementById(id);
  refusal.hidden = true;
  dialog.showModal();
  (document.getElementById({ "d-contact": "pad-value", "d-vehicle": "v-plate" }[id] ?? "") ?? dialog.querySelector("button"))?.focus();
}

function shut(dialog) {
  dialog?.close();
  // A field in a closed dialog keeps the keys until the next picture is drawn.
  if (dialog?.contains(document.activeElement)) document.activeElement.blur();
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.repeat) return;
  if (event.key === "Escape") {
    // Closed here and now: the browser's own closing comes after the next key.
    const dialog = document.querySelector("dialog[open]");
    if (dialog) { event.preventDefault(); shut(dialog); } else document.activeElement?.blur();
    return;
  }
  if (event.target.matches("input, textarea")) return;
  if (deaf()) { event.preventDefault(); return; }
  const scope = document.querySelector("dialog[open]") ?? document;
  const key = event.key.toLowerCase();
  const button = [...scope.querySelectorAll("[data-key-press]")].find(
    (found) => found.dataset.keyPress === key && (scope !== document || !found.closest("dialog")),
  );
  if (button) { event.preventDefault(); button.click(); }
  else if (key === "l" && scope === document) document.querySelector("#bench .ticket")?.focus();
});

function countdown(seconds) {
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

const live = connect({
  url: eventsUrl,
  silentMs: 2400,
  pollMs: 1000,
  heard() { if (wrongSince === null) offline.hidden = true; },
  changed: load,
  gone() { wrongSince ??= performance.now(); offline.hidden = false; },
  handlers: {
    lane(view) { if (view.stamp !== state().dataset.stamp) load(); },
    live(now) {
      const shown = now.live_mdegc === null ? "–" : (now.live_mdegc / 1000).toFixed(1);
      document.querySelector("[data-live]").textContent = shown;
      thermal(now.picture);
      for (const [passage, left] of Object.entries(now.rest_left_s)) {
        const place = document.querySelector(`[data-countdown="${Number(passage)}"]`);
        if (place && left > 0) place.textContent = countdown(left);
        else if (place && place.textContent.includes(":")) load();
      }
    },
  },
});

setInterval(() => {
  if (wrongSince !== null && performance.now() - wrongSince > 2400) {
    offline.hidden = false;
    load();
  }
}, 500);

soundSwitch(document.getElementById("sound"), state().dataset.voice === "no");
