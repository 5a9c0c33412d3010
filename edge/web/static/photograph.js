// A photograph from a telephone is larger than the gate reads: it is made smaller before it is sent.

const MOST = 48000; // bytes
const WIDTH = 480;
const HEIGHT = 640;
const form = document.querySelector("#photograph");
const field = form?.querySelector("input[type=file]");
const button = form?.querySelector("button");

async function smaller(file) {
  const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
  const share = Math.min(1, WIDTH / picture.width, HEIGHT / picture.height);
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(picture.width * share));
  canvas.height = Math.max(1, Math.round(picture.height * share));
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  picture.close();
  for (const quality of [0.85, 0.7, 0.5, 0.3]) {
    const blob = await new Promise((resolve) => { canvas.toBlob(resolve, "image/jpeg", quality); });
    if (blob && blob.size <= MOST) return new File([blob], "photograph.jpg", { type: "image/jpeg" });
  }
  return file;
}

field?.addEventListener("change", async () => {
  const file = field.files[0];
  if (!file || file.size <= MOST) return;
  button.disabled = true;
  try {
    const sent = new DataTransfer();
    sent.items.add(await smaller(file));
    field.files = sent.files;
  } catch { /* no picture: the gate says so */ }
  button.disabled = false;
});
