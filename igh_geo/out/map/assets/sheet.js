// The sheet on which everything is drawn: one canvas for the map, one on top for what is pointed
// at. Paths are made once, in metres; zooming only changes the transformation.
const EARTH = 2 * Math.PI * 6378137;
const BORDER = "#6a7078";
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
  paintPictures(context, view);
  paintNeighbours(context, view);
  const look = { zoom: view.scale * view.density, density: view.density * fineness(view) };
  for (const [code, path] of drawing.areas) {
    fillWith(context, path, code === "ground" ? GROUND : symbolOf(theme, code), look);
  }
  for (const [code, path] of drawing.cells) fillWith(context, path, symbolOf(theme, code), look);
  if (drawing.water) fillWith(context, drawing.water, data.symbols.water, look);
  if (drawing.uncertain) {
    fillWith(context, drawing.uncertain, data.symbols.uncertain, { ...look, markOnly: true });
  }
  if (state.overlays.has("cells") && theme.of !== "hot") {
    const hot = themeByKey.get("cells");
    for (const [code, path] of drawingOf(hot).cells) {
      fillWith(context, path, symbolOf(hot, code), look);
      stroke(context, path, "#222222", 1, view);
    }
  }
  paintStreets(context, view);
  paintBorders(context, view);
  if (showsCarried(theme)) paintCarried(context, view);
  if (state.overlays.has("points")) paintPoints(context, view);
  paintLabels(context, theme, view);
}

// Where thousands of areas are small on the screen, full lines would hide their colours, and
// full marks would be larger than the areas: both shrink with them.
function paintBorders(context, view) {
  const weight = Math.min(0.9, (typicalWidth() * view.scale) / 30);
  if (weight > 0.05) stroke(context, allBorders(), BORDER, weight, view);
  if (!outlines.length) return;
  const heavier = Math.min(2, (typicalOutline() * view.scale) / 60);
  if (heavier > 0.05) stroke(context, parentBorders(), PARENT_BORDER, heavier, view);
}

// In steps, so that there are few different tiles to keep.
const fineness = (view) => Math.max(4, Math.min(10, Math.round((typicalWidth() * view.scale) / 3))) / 10;

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

// Discs are drawn once and stamped, for tens of thousands of arcs take seconds.
function paintPoints(context, view) {
  const places = pointPlaces().map(([x, y]) => [
    (x * view.scale + view.shift[0]) * view.density,
    (y * view.scale + view.shift[1]) * view.density,
  ]);
  context.setTransform(1, 0, 0, 1, 0, 0);
  // The white edge first, so that where points lie on one another it does not hide them.
  const radius = pointRadius(places.length, view);
  for (const [wide, colour] of [[1.375 * radius, "#ffffff"], [radius, "#1b1b1b"]]) {
    const stamp = stampOf(wide * view.density, colour);
    const half = stamp.width / 2;
    const [right, down] = [context.canvas.width + half, context.canvas.height + half];
    for (const [x, y] of places) {
      if (x > -half && y > -half && x < right && y < down) context.drawImage(stamp, Math.round(x - half), Math.round(y - half));
    }
  }
}

// So small that where they lie evenly they cover a quarter of the map, and grow by zooming in.
function pointRadius(n, view) {
  const ground = data.frame[2] * data.frame[3] * view.scale ** 2;
  return Math.max(0.9, Math.min(3.2, Math.sqrt((0.25 * ground) / (Math.PI * n))));
}

function stampOf(radius, colour) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 2 * Math.ceil(radius + 1);
  const context = canvas.getContext("2d");
  context.fillStyle = colour;
  context.beginPath();
  context.arc(canvas.width / 2, canvas.height / 2, radius, 0, 2 * Math.PI);
  context.fill();
  return canvas;
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
    add(areas, theme.of === "areas" && theme.codes ? theme.codes[row] : "ground", shape.path);
  });
  if (theme.of !== "areas") {
    pathsOf(theme.of).forEach((path, row) => add(cells, theme.codes[row], path));
  }
  made.water = merged(shapes.filter((_, row) => isWater(row)));
  made.uncertain = merged(shapes.filter((_, row) => theme.uncertain[row] === "1"));
  drawings.set(theme.key, made);
  return made;
}

// What a theme that is not about areas colours: clusters by their outlines, cells as squares.
function pathsOf(name) {
  if (name === "clusters") return clusterShapes().map(({ path }) => path);
  return cellsOf(name).map((corners) => {
    const path = new Path2D();
    corners.forEach(([x, y], i) => (i ? path.lineTo(x, y) : path.moveTo(x, y)));
    path.closePath();
    return path;
  });
}

function merged(found) {
  if (!found.length) return null;
  const path = new Path2D();
  for (const shape of found) path.addPath(shape.path);
  return path;
}

const allBorders = once(() => merged(shapes));
const parentBorders = once(() => merged(outlines));
const boxWidth = ({ box }) => box[2] - box[0];
const width = (row) => boxWidth(shapes[row]);
const byWidth = once(() => shapes.map((_, row) => row).sort((a, b) => width(b) - width(a) || a - b));
const typicalWidth = once(() => width(byWidth()[Math.floor(shapes.length / 2)]));
const typicalOutline = once(() => outlines.map(boxWidth).sort((a, b) => b - a)[Math.floor(outlines.length / 2)]);
const topAreas = once(() => shapes.map((_, row) => row)
  .filter((row) => areaNumber("rank", row) !== null && areaNumber("rank", row) <= data.top)
  .sort((a, b) => areaNumber("rank", a) - areaNumber("rank", b) || a - b));

const probe = document.createElement("canvas").getContext("2d");

function isWithin({ path, box: [left, top, right, bottom] }, x, y) {
  return x >= left && x <= right && y >= top && y <= bottom && probe.isPointInPath(path, x, y);
}

const clusterShapes = once(() => (data.clusters?.shape ?? []).map(decodeShape));
const clusterAt = (x, y) => clusterShapes().findIndex((shape) => isWithin(shape, x, y));

// The area at a place; of several the smallest, so that an enclave can be pointed at.
function areaAt(x, y) {
  let found = -1;
  let size = Infinity;
  shapes.forEach((shape, row) => {
    const [left, top, right, bottom] = shape.box;
    const boxSize = (right - left) * (bottom - top);
    if (boxSize < size && isWithin(shape, x, y)) {
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
