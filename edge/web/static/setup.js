// Live pictures for aiming: a few a second from each camera, none while nobody looks.

const EVERY_MS = 300;
const language = document.documentElement.lang === "zh-Hans" ? "zh_Hans" : "en";
const options = () => ({ cache: "no-store", signal: AbortSignal.timeout(3000) });

function show(section, name, value) {
  for (const place of section.querySelectorAll(`[data-show="${name}"]`)) {
    if (place.tagName === "METER") place.value = value;
    else if (place.textContent !== String(value)) place.textContent = value;
  }
}

function tell(section, figures) {
  for (const name of ["focus", "brightness", "clipped"]) show(section, name, figures[name]);
  show(section, "size", `${figures.width} × ${figures.height}`);
  show(section, "advice", figures.advice_text[language]);
  section.dataset.advice = figures.advice;
  const read = figures.read_ago_s !== null;
  section.querySelector("[data-read]").hidden = !read;
  section.querySelector("[data-unread]").hidden = read;
  if (!read) return;
  show(section, "pixels", figures.module_pixels ?? "–");
  show(section, "decoder", figures.decoder_text?.[language] ?? "–");
  show(section, "ago", Math.round(figures.read_ago_s));
}

async function look(section) {
  const picture = await fetch(section.dataset.picture, options());
  if (picture.status === 401) { location.reload(); return false; }
  if (picture.status !== 200) return false; // 204: starting, or gone
  const drawn = await createImageBitmap(await picture.blob());
  const canvas = section.querySelector("canvas");
  if (canvas.width !== drawn.width) canvas.width = drawn.width;
  if (canvas.height !== drawn.height) canvas.height = drawn.height;
  canvas.getContext("2d").drawImage(drawn, 0, 0);
  drawn.close();
  const figures = await fetch(section.dataset.figures, options()); // of the same picture
  if (figures.status === 200) tell(section, await figures.json());
  return true;
}

async function watch(section) {
  for (;;) {
    if (!document.hidden) {
      let seen = false;
      try { seen = await look(section); } catch { /* said below, and tried again */ }
      section.querySelector(".refusal").hidden = seen;
    }
    await new Promise((resolve) => { setTimeout(resolve, EVERY_MS); });
  }
}

for (const section of document.querySelectorAll(".aim")) watch(section);
