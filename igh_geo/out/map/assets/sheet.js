// The sheet on which everything is drawn: one canvas for the map, one on top for what is pointed
// at. Paths are made once, in metres; zooming only changes the transformation.
const EARTH = 2 * Math.PI * 6378137;
const BORDER = "#5a5f66";
const PARENT_BORDER = "#2f353c";

const once = (make) => {
  let made;
  return () => (made ??= make());
};

// A view says how metres of the map lie on a canvas: `scale` in pixels to a metre, `shift` of the
// upper left corner in pixels, `density` in canvas pixels to a pixel.
function metres(canvas, view) {
  const context = canvas.getContext("2d", { willReadFrequently: Boolean(view.readBack) });
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, canvas.width, canvas.height);
  const k = view.scale * view.density;
  context.setTransform(k, 0, 0, k, view.shift[0] * view.density, view.shift[1] * view.density);
  context.lineJoin = "round";
  return context;
}

function stroke(context, path, colour, pixels, view) {
  context.strokeStyle = colour;
  context.lineWidth = pixels / view.scale;
  context.stroke(path);
}

function paintMap(canvas, view) {
  const context = metres(canvas, view);
  const theme = currentTheme();
  const drawing = drawingOf(theme);
  const look = { zoom: view.scale * view.density, density: view.density };
  for (const [code, path] of drawing.areas) {
    fillWith(context, path, code === "ground" ? GROUND : symbolOf(theme, code), look);
  }
  for (const [code, path] of drawing.cells) fillWith(context, path, symbolOf(theme, code), look);
  if (drawing.water) fillWith(context, drawing.water, data.symbols.water, look);
  if (drawing.uncertain) {
    fillWith(context, drawing.uncertain, data.symbols.uncertain, { ...look, markOnly: true });
  }
  // Where thousands of areas are small on the screen, full lines would hide their colours.
  const weight = Math.max(0.15, Math.min(0.9, (typicalWidth() * view.scale) / 30));
  stroke(context, allBorders(), BORDER, weight, view);
  if (outlines.length) {
    stroke(context, parentBorders(), PARENT_BORDER, 2.2 * weight, view);
  }
  if (showsCarried(theme)) paintCarried(context, view);
  if (state.overlays.has("cells") && theme.of !== "hot") {
    const hot = themeByKey.get("cells");
    for (const [code, path] of drawingOf(hot).cells) {
      fillWith(context, path, symbolOf(hot, code), look);
      stroke(context, path, "#222222", 1, view);
    }
  }
  if (state.overlays.has("points")) paintPoints(context, view);
  paintLabels(context, theme, view);
}

// Areas whose count was carried over from those of another year: a broken line along the inside
// of the outline, dashes for an estimate and dots for a sum, on white so that it shows on any fill.
const showsCarried = (theme) => theme.of === "areas" && theme.group !== "context" && data.areas.carried !== "";
const DASHES = { e: [7, 5], s: [2, 4] };
const carriedRows = once(() => shapes.map((_, row) => row).filter((row) => "es".includes(data.areas.carried[row])));

function paintCarried(context, view) {
  const fine = Math.max(0.3, Math.min(1, (typicalWidth() * view.scale) / 40));
  for (const row of carriedRows()) {
    const { path } = shapes[row];
    context.save();
    context.clip(path);
    stroke(context, path, "#ffffff", 10 * fine, view);
    context.setLineDash(DASHES[data.areas.carried[row]].map((pixels) => (pixels * fine) / view.scale));
    stroke(context, path, "#10151b", 8 * fine, view);
    context.setLineDash([]);
    // White on either side of it, so that it is not taken for the border of a larger area.
    stroke(context, path, "#ffffff", 3.5 * fine, view);
    context.restore();
  }
}

// What is chosen and what is pointed at.
function paintMarked(canvas, view, pointed = -1) {
  const context = metres(canvas, view);
  if (state.area >= 0) {
    stroke(context, shapes[state.area].path, "#ffffff", 6, view);
    stroke(context, shapes[state.area].path, "#10151b", 3.2, view);
  }
  if (pointed >= 0 && pointed !== state.area) {
    stroke(context, shapes[pointed].path, "#10151b", 2, view);
  }
}

function paintPoints(context, view) {
  const radius = 3.2 / view.scale;
  const path = new Path2D();
  for (const [x, y] of pointPlaces()) {
    path.moveTo(x + radius, y);
    path.arc(x, y, radius, 0, 2 * Math.PI);
  }
  // The white edge first, so that where points lie on one another it does not hide them.
  stroke(context, path, "#ffffff", 2.5, view);
  context.fillStyle = "#1b1b1b";
  context.fill(path);
}

const FONT = '"Segoe UI", system-ui, Arial, sans-serif';
const SIDEWAYS = [[0, 0], [1, 0], [-1, 0], [0, 1], [0, -1], [1, 1], [-1, 1], [1, -1], [-1, -1]];

// Numbers of the ranking first, then the names that fit and do not touch one another.
function paintLabels(context, theme, view) {
  context.setTransform(view.density, 0, 0, view.density, 0, 0);
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.lineJoin = "round";
  const taken = [];
  const at = (row) => [0, 1].map((axis) => data.areas.label[axis][row] * view.scale + view.shift[axis]);
  const roomAt = (x, y, wide, high) => {
    const room = [x - wide / 2 - 3, y - high / 2 - 2, x + wide / 2 + 3, y + high / 2 + 2];
    const touches = (other) => room[0] < other[2] && room[2] > other[0]
      && room[1] < other[3] && room[3] > other[1];
    return taken.some(touches) ? null : room;
  };
  if (theme.numbered) for (const row of topAreas()) paintNumber(context, row, at(row), { roomAt, taken });
  if (!state.overlays.has("names")) return;
  context.font = `500 11px ${FONT}`;
  context.lineWidth = 3;
  for (const row of byWidth()) {
    const [x, y] = at(row);
    const wide = context.measureText(data.areas.name[row]).width;
    const room = wide > width(row) * view.scale * 0.92 ? null : roomAt(x, y, wide, 11);
    if (!room) continue;
    taken.push(room);
    context.strokeStyle = "rgba(255, 255, 255, 0.92)";
    context.strokeText(data.areas.name[row], x, y);
    context.fillStyle = "#14191f";
    context.fillText(data.areas.name[row], x, y);
  }
}

// In a dense centre a number steps aside, with a line to its area, until it is free of the others.
function paintNumber(context, row, [x, y], { roomAt, taken }) {
  const text = number(areaNumber("rank", row));
  const high = 17;
  const wide = Math.max(high, 8 + text.length * 8);
  for (const distance of [0, 24, 44, 64, 90]) {
    for (const [right, down] of distance ? SIDEWAYS.slice(1) : SIDEWAYS.slice(0, 1)) {
      const [toX, toY] = [x + right * distance, y + down * distance];
      const room = roomAt(toX, toY, wide, high);
      if (!room) continue;
      taken.push(room);
      context.strokeStyle = context.fillStyle = "#14191f";
      context.lineWidth = 1.4;
      context.beginPath();
      context.moveTo(x, y);
      context.lineTo(toX, toY);
      context.stroke();
      context.beginPath();
      context.roundRect(toX - wide / 2, toY - high / 2, wide, high, high / 2);
      context.fill();
      context.font = `700 12px ${FONT}`;
      context.fillStyle = "#ffffff";
      context.fillText(text, toX, toY + 0.5);
      return;
    }
  }
}

// Leaflet's renderer keeps the place and size of the canvases; we only say what is on them.
const Sheet = L.Renderer.extend({
  options: { padding: 0.15 },
  pointed: -1,

  _initContainer() {
    this._container = element("div", { className: "sheet" });
    this._base = this._container.appendChild(element("canvas", { "aria-hidden": "true" }));
    this._over = this._container.appendChild(element("canvas", { "aria-hidden": "true" }));
  },

  _destroyContainer() {
    L.DomUtil.remove(this._container);
  },

  _update() {
    L.Renderer.prototype._update.call(this);
    const size = this._bounds.getSize();
    const density = Math.min(3, window.devicePixelRatio || 1);
    L.DomUtil.setPosition(this._container, this._bounds.min);
    for (const canvas of [this._base, this._over]) {
      canvas.width = size.x * density;
      canvas.height = size.y * density;
      canvas.style.width = `${size.x}px`;
      canvas.style.height = `${size.y}px`;
    }
    const scale = (256 * 2 ** this._zoom) / EARTH;
    const corner = this._map.getPixelOrigin().add(this._bounds.min);
    const shift = [
      (EARTH / 2 + data.frame[0]) * scale - corner.x,
      (EARTH / 2 - data.frame[1]) * scale - corner.y,
    ];
    this.view = { scale, shift, density };
    this.draw();
    this.mark();
  },

  draw() {
    paintMap(this._base, this.view);
    this.fire("drawn");
  },

  mark() {
    paintMarked(this._over, this.view, this.pointed);
  },
});

const GROUND = { fill: "#fdfcf9", mark: "", ink: "" };
const drawings = new Map();

// The paths of a theme: all areas (or cells) of one class together, made at first use.
function drawingOf(theme) {
  if (drawings.has(theme.key)) return drawings.get(theme.key);
  const areas = new Map();
  const cells = new Map();
  const made = { areas, cells, water: null, uncertain: null };
  const add = (paths, code, path) => {
    if (!paths.has(code)) paths.set(code, new Path2D());
    paths.get(code).addPath(path);
  };
  shapes.forEach((shape, row) => {
    if (isWater(row)) return;
    add(areas, theme.of === "areas" ? theme.codes[row] : "ground", shape.path);
  });
  if (theme.of !== "areas") {
    cellsOf(theme.of).forEach((corners, row) => {
      const path = new Path2D();
      corners.forEach(([x, y], i) => (i ? path.lineTo(x, y) : path.moveTo(x, y)));
      path.closePath();
      add(cells, theme.codes[row], path);
    });
  }
  made.water = merged(shapes.filter((_, row) => isWater(row)));
  made.uncertain = merged(shapes.filter((_, row) => theme.uncertain[row] === "1"));
  drawings.set(theme.key, made);
  return made;
}

function merged(found) {
  if (!found.length) return null;
  const path = new Path2D();
  for (const shape of found) path.addPath(shape.path);
  return path;
}

const allBorders = once(() => merged(shapes));
const parentBorders = once(() => merged(outlines));
const width = (row) => shapes[row].box[2] - shapes[row].box[0];
const byWidth = once(() => shapes.map((_, row) => row).sort((a, b) => width(b) - width(a) || a - b));
const typicalWidth = once(() => width(byWidth()[Math.floor(shapes.length / 2)]));
const topAreas = once(() => shapes.map((_, row) => row)
  .filter((row) => areaNumber("rank", row) !== null && areaNumber("rank", row) <= data.top)
  .sort((a, b) => areaNumber("rank", a) - areaNumber("rank", b) || a - b));

const probe = document.createElement("canvas").getContext("2d");

// The area at a place; of several the smallest, so that an enclave can be pointed at.
function areaAt(x, y) {
  let found = -1;
  let size = Infinity;
  shapes.forEach((shape, row) => {
    const [left, top, right, bottom] = shape.box;
    if (x < left || x > right || y < top || y > bottom) return;
    const boxSize = (right - left) * (bottom - top);
    if (boxSize < size && probe.isPointInPath(shape.path, x, y)) {
      found = row;
      size = boxSize;
    }
  });
  return found;
}

function cellAt(name, x, y) {
  return cellsOf(name).findIndex((corners) => {
    const [a, , c] = corners;
    return x >= Math.min(a[0], c[0]) && x <= Math.max(a[0], c[0])
      && y >= Math.min(a[1], c[1]) && y <= Math.max(a[1], c[1]);
  });
}

function pointAt(x, y, reach) {
  return pointPlaces().findIndex(([px, py]) => Math.hypot(px - x, py - y) <= reach);
}
