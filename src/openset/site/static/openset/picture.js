// A picture of the engine on a canvas: the newest replaces the last, its size becomes the canvas's.

// Draws a JPEG blob; `resized(width, height)` is called where the size changed.
export async function draw(paint, blob, resized = () => {}) {
  const { canvas } = paint;
  const picture = await createImageBitmap(blob);
  if (canvas.width !== picture.width || canvas.height !== picture.height) {
    canvas.width = picture.width;
    canvas.height = picture.height;
    resized(picture.width, picture.height);
  }
  paint.drawImage(picture, 0, 0);
  picture.close();
}
