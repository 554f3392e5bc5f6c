// Fills with marks on a canvas. The marks tell classes apart without colour, also in grey print.
const MARKS = {
  dots(draw) { draw.disc(3, 3, 1.5); draw.disc(8, 8, 1.5); return 10; },
  level(draw) { draw.line(0, 2, 7, 2); return 7; },
  slanted(draw) { draw.line(-1, 8, 8, -1); draw.line(-1, 1, 1, -1); draw.line(6, 8, 8, 6); return 7; },
  crosses(draw) { draw.line(2, 2, 6, 6); draw.line(6, 2, 2, 6); return 12; },
  plus(draw) { draw.line(2, 5, 8, 5); draw.line(5, 2, 5, 8); return 11; },
  stipple(draw) { draw.disc(2, 2, 0.9); return 6; },
  dashes(draw) { draw.line(1, 2, 5, 2); draw.line(5.5, 6.5, 9.5, 6.5); return 9; },
  diamonds(draw) {
    draw.line(1, 4.5, 4.5, 1); draw.line(4.5, 1, 8, 4.5); draw.line(8, 4.5, 4.5, 8); draw.line(4.5, 8, 1, 4.5);
    return 13;
  },
  waves(draw) { draw.line(0, 3, 3, 1.5); draw.line(3, 1.5, 6, 3); draw.line(7, 9, 10, 7.5); draw.line(10, 7.5, 13, 9); return 13; },
  upright(draw) { draw.line(3.5, 0, 3.5, 7); return 7; },
  grid(draw) { draw.line(0, 4.5, 9, 4.5); draw.line(4.5, 0, 4.5, 9); return 9; },
  steep(draw) { draw.line(-1, -1, 8, 8); draw.line(6, -1, 8, 1); draw.line(-1, 6, 1, 8); return 7; },
  up(draw) { draw.triangle(5.5, 2.5, -1); return 11; },
  down(draw) { draw.triangle(5.5, 2.5, 1); return 11; },
};

const tiles = new Map();

// A square picture that repeats; `density` is the number of canvas pixels to a CSS pixel.
function tileOf(symbol, density) {
  const key = `${symbol.mark} ${symbol.ink} ${density}`;
  if (!tiles.has(key)) {
    // The mark says how large its tile is, so it is drawn twice: once to ask, once to keep.
    const size = MARKS[symbol.mark](pen(document.createElement("canvas").getContext("2d"), symbol.ink));
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = Math.round(size * density);
    const context = canvas.getContext("2d");
    context.scale(canvas.width / size, canvas.height / size);
    MARKS[symbol.mark](pen(context, symbol.ink));
    tiles.set(key, canvas);
  }
  return tiles.get(key);
}

function pen(context, ink) {
  context.fillStyle = context.strokeStyle = ink;
  context.lineWidth = 1.3;
  return {
    disc(x, y, radius) {
      context.beginPath();
      context.arc(x, y, radius, 0, 2 * Math.PI);
      context.fill();
    },
    line(x1, y1, x2, y2) {
      context.beginPath();
      context.moveTo(x1, y1);
      context.lineTo(x2, y2);
      context.stroke();
    },
    triangle(x, y, direction) {
      const tip = direction < 0 ? y : y + 6;
      const base = direction < 0 ? y + 6 : y;
      context.beginPath();
      context.moveTo(x, tip);
      context.lineTo(x - 3.5, base);
      context.lineTo(x + 3.5, base);
      context.fill();
    },
  };
}

// `zoom` is the number of canvas pixels to a unit of the path: patterns keep their size on screen.
function fillWith(context, path, symbol, { zoom = 1, density = 1, markOnly = false } = {}) {
  if (!markOnly) {
    context.globalAlpha = backgroundIsOn() ? SEE_THROUGH : 1;
    context.fillStyle = symbol.fill;
    context.fill(path);
    context.globalAlpha = 1;
  }
  if (!symbol.mark) return;
  const pattern = context.createPattern(tileOf(symbol, density), "repeat");
  pattern.setTransform(new DOMMatrix([1 / zoom, 0, 0, 1 / zoom, 0, 0]));
  context.fillStyle = pattern;
  context.fill(path);
}

function swatch(symbol, { outlined = false } = {}) {
  const density = 3;
  const canvas = element("canvas", { className: "swatch", "aria-hidden": "true" });
  canvas.width = 30 * density;
  canvas.height = 18 * density;
  const context = canvas.getContext("2d");
  const path = new Path2D();
  path.rect(0, 0, canvas.width, canvas.height);
  fillWith(context, path, symbol, { density });
  if (outlined) {
    context.strokeStyle = "#333333";
    context.lineWidth = 2 * density;
    context.strokeRect(0, 0, canvas.width, canvas.height);
  }
  return canvas;
}

function carriedSwatch(kind) {
  const density = 3;
  const canvas = element("canvas", { className: "swatch", "aria-hidden": "true" });
  canvas.width = 30 * density;
  canvas.height = 18 * density;
  const context = canvas.getContext("2d");
  context.fillStyle = "#ffffff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.strokeStyle = "#10151b";
  context.lineWidth = 2 * density;
  context.setLineDash(DASHES[kind].map((pixels) => pixels * density));
  context.strokeRect(2.5 * density, 2.5 * density, canvas.width - 5 * density, canvas.height - 5 * density);
  return canvas;
}

const STATUS_OF = { w: "withheld", m: "missing", n: "not_applicable", u: "undetermined", "~": "water" };

function symbolOf(theme, code) {
  const status = STATUS_OF[code];
  return data.symbols[status ?? theme.classes[Number(code)][1]];
}

// What a class or a status is called.
function labelOf(theme, code) {
  const status = STATUS_OF[code];
  if (status === "water") return say("page.water");
  // A theme that has nothing to show has no classes either.
  return status ? say(`full.status.${status}`) : theme.classes[Number(code)]?.[0] ?? "";
}
