// A file into a register: brought in pieces, previewed, applied. The page only shows how far it is.

const section = document.querySelector("#import");
const { api, undo, rejects, csrf } = section.dataset;
const language = document.documentElement.lang === "zh-Hans" ? "zh_Hans" : "en";
const PIECE = 30000;
const RUNNING = ["previewing", "applying", "undoing"];
const at = (id) => section.querySelector(id);
let job = section.dataset.job;

async function ask(path, body) {
  const options = body === undefined ? { cache: "no-store" } : {
    method: "POST", headers: { "content-type": "application/json", "X-CSRFToken": csrf }, body: JSON.stringify(body),
  };
  const answer = await fetch(path, options);
  const found = await answer.json();
  at("#trouble").hidden = answer.ok;
  if (!answer.ok) { at("#trouble").textContent = found.message?.[language] ?? answer.status; throw new Error(found.error); }
  return found;
}

function base64(bytes) {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

function columns(found) {
  const place = at("#columns");
  if (place.dataset.heads === JSON.stringify(found.heads)) return;
  place.dataset.heads = JSON.stringify(found.heads);
  place.querySelectorAll("label").forEach((label) => label.remove());
  found.heads.forEach((head, number) => {
    const label = document.createElement("label");
    const select = document.createElement("select");
    select.className = "form-select";
    select.dataset.column = number;
    select.append(at("#fields").content.cloneNode(true));
    select.value = found.columns[number] ?? "";
    label.append(`${head || number + 1} `, select);
    place.append(label);
  });
}

function show(found) {
  const name = (kind, code) => section.querySelector(`[data-${kind}="${CSS.escape(code)}"]`)?.textContent ?? code;
  at("#state").textContent = `${name("state", found.state)}${found.why ? `: ${name("why", found.why)}` : ""}`;
  at("#state").dataset.is = found.state;
  at("#progress").hidden = !RUNNING.includes(found.state);
  at("#progress").value = found.lines ? found.line / found.lines : 0;
  at("#counts").hidden = false;
  for (const place of section.querySelectorAll("[data-count]")) place.textContent = found.counts[place.dataset.count];
  const ready = found.state === "ready";
  at("#columns").hidden = !ready;
  at("#again").hidden = !ready;
  at("#apply").hidden = !(ready || found.state === "stopped");
  at("#cancel").hidden = !["previewing", "applying"].includes(found.state);
  at("#rejects").hidden = !found.counts.rejected;
  at("#rejects").href = rejects.replace("JOB", found.job);
  if (ready) columns(found);
  const word = at("[data-line-word]").textContent;
  const field = (code) => at("#fields").content.querySelector(`[value="${CSS.escape(code)}"]`)?.textContent ?? code;
  at("#lines").replaceChildren(...[
    ...found.changed.map((one) => `${word} ${one.line} → ${one.entry}: ${one.fields.map(field).join(", ")}`),
    ...found.doubled.map((one) => `${word} ${one.line} = ${one.of}`),
    ...found.rejected.map((one) => `${word} ${one.line}: ${one[language]}`),
  ].map((text) => { const item = document.createElement("li"); item.textContent = text; return item; }));
}

async function follow() {
  for (;;) {
    const found = await ask(`${api}/${job}`);
    show(found);
    if (!RUNNING.includes(found.state)) {
      if (["done", "undone", "stopped"].includes(found.state) && found.import !== null) at("#file").value = "";
      return found;
    }
    await new Promise((resolve) => { setTimeout(resolve, 500); });
  }
}

at("#file").addEventListener("change", async () => {
  const file = at("#file").files[0];
  if (!file) return;
  const round = Number(at("#round")?.value ?? 0);
  job = (await ask(api, { file: file.name, ...(round ? { round } : {}) })).job;
  const bytes = new Uint8Array(await file.arrayBuffer());
  for (let place = 0; place < bytes.length; place += PIECE) {
    await ask(`${api}/${job}/pieces`, { place, content: base64(bytes.subarray(place, place + PIECE)) });
  }
  await ask(`${api}/${job}/preview`, {});
  await follow();
});

at("#again").addEventListener("click", async () => {
  const chosen = {};
  for (const select of section.querySelectorAll("[data-column]")) {
    if (select.value) chosen[select.dataset.column] = select.value;
  }
  await ask(`${api}/${job}/preview`, { columns: chosen });
  await follow();
});
at("#apply").addEventListener("click", async () => { await ask(`${api}/${job}/apply`, {}); await follow(); location.reload(); });
at("#cancel").addEventListener("click", () => ask(`${api}/${job}/cancel`, {}));
for (const button of document.querySelectorAll("[data-undo-number]")) {
  button.addEventListener("click", async () => {
    job = (await ask(undo, { number: Number(button.dataset.undoNumber) })).job;
    await follow();
    location.reload();
  });
}
if (job) follow();
