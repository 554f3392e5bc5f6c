// Paper: the printed page has a canvas of its own, about the size of the paper and sharper than a
// screen needs. It is drawn ahead, whenever the screen has been still for a moment: a canvas that
// is drawn while the browser is already printing comes out empty in some PDF readers.
// As #paper in page.css.
const PAPER_MM = [184, 108];
const PIXELS_PER_MM = 96 / 25.4;
const STILL_MS = 250;

function paperView(map) {
  const [wide, high] = PAPER_MM.map((mm) => mm * PIXELS_PER_MM);
  const bounds = map.getBounds();
  const [left, top] = toMetres(bounds.getNorthWest());
  const [right, bottom] = toMetres(bounds.getSouthEast());
  // Never more ground than the map itself: a wide screen has empty space on either side.
  const box = [
    Math.max(left, 0), Math.max(top, 0),
    Math.min(right, data.frame[2]), Math.min(bottom, data.frame[3]),
  ];
  if (box[0] >= box[2] || box[1] >= box[3]) box.splice(0, 4, 0, 0, data.frame[2], data.frame[3]);
  const scale = 0.97 * Math.min(wide / (box[2] - box[0]), high / (box[3] - box[1]));
  return {
    scale,
    shift: [wide / 2 - ((box[0] + box[2]) / 2) * scale, high / 2 - ((box[1] + box[3]) / 2) * scale],
    density: 3,
    readBack: true,
  };
}

function preparePaper(map, sheet) {
  const paper = document.getElementById("paper");
  const marked = document.createElement("canvas");
  for (const canvas of [paper, marked]) {
    canvas.width = PAPER_MM[0] * PIXELS_PER_MM * 3;
    canvas.height = PAPER_MM[1] * PIXELS_PER_MM * 3;
  }
  let waiting = 0;
  const draw = () => {
    const view = paperView(map);
    paintMap(paper, view);
    paintMarked(marked, view);
    const context = paper.getContext("2d");
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.drawImage(marked, 0, 0);
    // Reading a pixel back makes the browser finish the picture now.
    context.getImageData(0, 0, 1, 1);
    paperScale(view);
    waiting = 0;
  };
  const later = () => {
    if (waiting) clearTimeout(waiting);
    waiting = setTimeout(draw, STILL_MS);
  };
  sheet.on("drawn", later);
  document.getElementById("print").addEventListener("click", () => {
    if (waiting) {
      clearTimeout(waiting);
      draw();
    }
    // A moment for the picture to settle before the browser starts to print.
    setTimeout(() => window.print(), 50);
  });
  later();
  return later;
}

function paperScale(view) {
  const latitude = map.getCenter().lat;
  const bar = document.getElementById("paper-scale");
  const pixels = showScale(bar, Math.cos((latitude * Math.PI) / 180) / view.scale);
  // The style sheet decides how wide the canvas is on each paper, and the bar goes with it.
  bar.style.width = `calc(var(--paper) * ${pixels / (PAPER_MM[0] * PIXELS_PER_MM)})`;
}
