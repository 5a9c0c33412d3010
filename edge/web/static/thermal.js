// The array's picture: fetched when it is another one, at most twice a second, drawn when it is whole.

const EVERY_MS = 500;
let wanted = ""; // the stamp of the newest picture, empty while nobody is there
let drawn = null; // which picture is on which canvas
let asked = -Infinity;
let coming = false;

export function thermal(stamp) {
  wanted = stamp;
  const canvas = document.querySelector("#thermal canvas");
  if (coming || !canvas || !wanted || (drawn?.stamp === wanted && drawn.canvas === canvas)) return;
  coming = true;
  setTimeout(draw, Math.max(0, asked + EVERY_MS - performance.now()), canvas);
}

async function draw(canvas) {
  const stamp = wanted;
  asked = performance.now();
  try {
    const answer = await fetch(`${canvas.dataset.url}?${stamp}`, {
      cache: "no-store", signal: AbortSignal.timeout(2000),
    });
    if (answer.status === 200) { // 204: nobody is there any more
      const picture = await createImageBitmap(await answer.blob());
      if (canvas.width !== picture.width) canvas.width = picture.width;
      if (canvas.height !== picture.height) canvas.height = picture.height;
      canvas.getContext("2d").drawImage(picture, 0, 0);
      picture.close();
      drawn = { stamp, canvas };
    }
  } catch { /* the next picture comes soon; whether the gate is gone is watched elsewhere */ }
  coming = false;
  if (wanted !== stamp || !canvas.isConnected) thermal(wanted);
}
