// Images on their way out (made small enough for the server) and in (bytes to an object URL).

export const MAX_IMAGE_BYTES = 500_000;
const ACCEPTED = new Set(["image/png", "image/jpeg", "image/gif", "image/webp"]);
const SIDES = [1600, 1200, 800, 480]; // tried in order until the picture fits

/** What goes into the message: `{ image: ArrayBuffer, type, width, height }`. Throws an Error with words for the person. */
export async function prepareImage(file) {
  if (!ACCEPTED.has(file.type)) throw new Error("Only PNG, JPEG, GIF and WebP images can be sent.");
  const bitmap = await createImageBitmap(file).catch(() => {
    throw new Error("This file is not an image that the browser can read.");
  });
  try {
    if (file.size <= MAX_IMAGE_BYTES) return await packed(file, bitmap.width, bitmap.height);
    for (const side of SIDES) {
      const scale = Math.min(1, side / Math.max(bitmap.width, bitmap.height));
      const [width, height] = [bitmap.width, bitmap.height].map((pixels) => Math.max(1, Math.round(pixels * scale)));
      const smaller = await redraw(bitmap, width, height);
      if (smaller && smaller.size <= MAX_IMAGE_BYTES) return await packed(smaller, width, height);
    }
  } finally {
    bitmap.close();
  }
  throw new Error("This image stays too large, even made smaller.");
}

async function packed(blob, width, height) {
  return { image: await blob.arrayBuffer(), type: blob.type, width, height };
}

function redraw(bitmap, width, height) {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d");
  context.fillStyle = "#fff"; // JPEG has no transparency: without this it would turn black
  context.fillRect(0, 0, width, height);
  context.drawImage(bitmap, 0, 0, width, height);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.82));
}

/** An object URL for the bytes of a message. The type comes from the server, which looked at the bytes. */
export function toObjectUrl(bytes, type) {
  return URL.createObjectURL(new Blob([bytes], { type: ACCEPTED.has(type) ? type : "image/png" }));
}
