// What lies around and under the areas, drawn quietly: neighbours beneath them, streets and
// buildings over them. Each appears at the scale at which it helps to find the way.
const NEIGHBOUR = "#e3e1da";
const NEIGHBOUR_BORDER = "#b4b0a6";
const NEIGHBOUR_WATER = "#dcebf5";
const NEIGHBOUR_INK = "#575c63";
// As NEIGHBOUR_SHARE in intake/surroundings.py, in metres of the page.
const NEIGHBOUR_SLACK = Math.max(data.frame[2], data.frame[3]) / 1000;
// Of so many areas the borders are not drawn twice.
const MOST_OUTLINED = 3000;
const WHOLE_BORDER = "#59606a";
// In pixels to a metre of Web Mercator: zoom 13½, 15 and 15½.
const STREETS_FROM = 0.07;
const BUILDINGS_FROM = 0.2;
const STREET_NAMES_FROM = 0.29;
const STREET_FONT = `11px ${FONT}`;
// A name may bend this much along its street.
const STRAIGHT = 0.97;

const neighbours = data.around.neighbours.shape.map(decodeShape);
const buildings = once(() => data.around.buildings.map(decodeShape));
const streets = once(() => data.around.streets.line.map(decodeLine));

// As a shape, but open; the points are kept for the name.
function decodeLine(text) {
  const path = new Path2D();
  const box = emptyBox();
  const parts = text.split(".").map(decodePlaces);
  for (const points of parts) {
    points.forEach(([x, y], i) => {
      if (i === 0) path.moveTo(x, y);
      else path.lineTo(x, y);
      widen(box, x, y);
    });
  }
  return { path, box, parts };
}

// The ground that a canvas shows, in metres.
function groundOf(canvas, view) {
  const [wide, high] = [canvas.width / view.density, canvas.height / view.density];
  return [
    -view.shift[0] / view.scale, -view.shift[1] / view.scale,
    (wide - view.shift[0]) / view.scale, (high - view.shift[1]) / view.scale,
  ];
}

// Without the rim of the screen's canvas that is out of sight until the map is moved.
function groundInSight(canvas, view) {
  const [left, top, right, bottom] = groundOf(canvas, view);
  if (view.readBack) return [left, top, right, bottom];
  const { padding } = Sheet.prototype.options;
  const rim = padding / (1 + 2 * padding);
  const [x, y] = [rim * (right - left), rim * (bottom - top)];
  return [left + x, top + y, right - x, bottom - y];
}

const touches = (box, ground) => box[0] <= ground[2] && box[2] >= ground[0] && box[1] <= ground[3] && box[3] >= ground[1];

function paintNeighbours(context, view) {
  if (backgroundIsOn()) return;
  const water = merged(neighbours.filter((_, i) => data.around.neighbours.water[i] === "1"));
  const land = merged(neighbours.filter((_, i) => data.around.neighbours.water[i] !== "1"));
  for (const [path, colour] of [[water, NEIGHBOUR_WATER], [land, NEIGHBOUR]]) {
    if (!path) continue;
    context.fillStyle = colour;
    context.fill(path);
    // Their borders are simplified more than those of the areas: no gap may show between them.
    stroke(context, path, colour, Math.max(2.5, 2 * NEIGHBOUR_SLACK * view.scale), view);
  }
  if (land) stroke(context, land, NEIGHBOUR_BORDER, 1, view);
  // Half of it is painted over by the areas: what is left is the outline of them all.
  if (outlines.length || shapes.length < MOST_OUTLINED) stroke(context, outlines.length ? parentBorders() : allBorders(), WHOLE_BORDER, 3.6, view);
}

function paintStreets(context, view) {
  const ground = groundOf(context.canvas, view);
  if (view.scale >= BUILDINGS_FROM && data.around.buildings.length) {
    const path = merged(buildings().filter(({ box }) => touches(box, ground)));
    if (path) {
      context.fillStyle = "rgba(40, 44, 50, 0.13)";
      context.fill(path);
      stroke(context, path, "rgba(40, 44, 50, 0.42)", 0.7, view);
    }
  }
  if (view.scale < STREETS_FROM || !data.around.streets.line.length) return;
  const path = merged(streets().filter(({ box }) => touches(box, ground)));
  if (!path) return;
  // Light with a darker edge, so that it shows on every fill and hides none.
  const wide = Math.min(5, Math.max(0.7, 9 * view.scale));
  const strength = Math.min(1, 0.3 + 1.6 * view.scale);
  stroke(context, path, `rgba(45, 50, 58, ${0.5 * strength})`, wide + 0.9, view);
  stroke(context, path, `rgba(255, 255, 255, ${0.85 * strength})`, wide, view);
}

// Names of neighbours, in the middle of what is in view of them.
function paintNeighbourNames(context, view, { roomAt, taken }) {
  if (backgroundIsOn()) return;
  const ground = groundInSight(context.canvas, view);
  context.font = `italic 12px ${FONT}`;
  context.lineWidth = 3;
  neighbours.forEach((shape, i) => {
    const name = data.around.neighbours.name[i];
    if (!name || data.around.neighbours.water[i] === "1" || !touches(shape.box, ground)) return;
    const place = middleInView(shape, ground);
    if (!place) return;
    const [x, y] = place.map((metre, axis) => metre * view.scale + view.shift[axis]);
    const wide = context.measureText(name).width;
    const ends = [-1, 1].map((side) => place[0] + (side * wide) / 2 / view.scale);
    const fits = ends[0] > ground[0] && ends[1] < ground[2] && ends.every((end) => isWithin(shape, end, place[1]));
    const room = fits ? roomAt(x, y, wide, 12) : null;
    if (!room) return;
    taken.push(room);
    context.strokeStyle = "rgba(255, 255, 255, 0.75)";
    context.strokeText(name, x, y);
    context.fillStyle = NEIGHBOUR_INK;
    context.fillText(name, x, y);
  });
}

// Of a raster over the view the point within the shape that lies nearest to the mean of them.
function middleInView(shape, [left, top, right, bottom]) {
  const inside = [];
  for (let i = 1; i < 24; i += 1) {
    for (let j = 1; j < 16; j += 1) {
      const point = [left + ((right - left) * i) / 24, top + ((bottom - top) * j) / 16];
      if (isWithin(shape, ...point)) inside.push(point);
    }
  }
  if (!inside.length) return null;
  const mean = [0, 1].map((axis) => inside.reduce((sum, point) => sum + point[axis], 0) / inside.length);
  const away = (point) => Math.hypot(point[0] - mean[0], point[1] - mean[1]);
  return inside.reduce((best, point) => (away(point) < away(best) ? point : best));
}

// Names of streets along their longest straight part in view, where there is room.
function paintStreetNames(context, view, { roomAt, taken }) {
  if (view.scale < STREET_NAMES_FROM) return;
  const ground = groundInSight(context.canvas, view);
  context.font = STREET_FONT;
  context.lineWidth = 2.5;
  const named = streets()
    .map((street, i) => ({ street, name: data.around.streets.name[i] }))
    .filter(({ street, name }) => name && touches(street.box, ground));
  for (const { street, name } of named) {
    const wide = context.measureText(name).width;
    const place = alongStreet(street, ground, wide / view.scale);
    if (!place) continue;
    const [x, y] = [place.x * view.scale + view.shift[0], place.y * view.scale + view.shift[1]];
    // A slanted name is a row of small boxes: one box around it would take too much room.
    const steps = Math.ceil(wide / 10);
    const rooms = Array.from({ length: steps }, (_, i) => {
      const along = wide * ((i + 0.5) / steps - 0.5);
      return roomAt(x + along * Math.cos(place.angle), y + along * Math.sin(place.angle), 10, 10);
    });
    if (rooms.includes(null)) continue;
    taken.push(...rooms);
    context.save();
    context.translate(x, y);
    context.rotate(place.angle);
    context.strokeStyle = "rgba(255, 255, 255, 0.9)";
    context.strokeText(name, 0, 0);
    context.fillStyle = "#33383f";
    context.fillText(name, 0, 0);
    context.restore();
  }
}

// Where a name of so many metres fits on a street: middle and angle, never upside down.
function alongStreet({ parts }, [left, top, right, bottom], wide) {
  let best = null;
  for (const points of parts) {
    for (let start = 0; start < points.length - 1; start += 1) {
      let length = 0;
      for (let end = start + 1; end < points.length; end += 1) {
        length += Math.hypot(points[end][0] - points[end - 1][0], points[end][1] - points[end - 1][1]);
        const [dx, dy] = [points[end][0] - points[start][0], points[end][1] - points[start][1]];
        const chord = Math.hypot(dx, dy);
        if (chord < STRAIGHT * length) break;
        const [x, y] = [(points[start][0] + points[end][0]) / 2, (points[start][1] + points[end][1]) / 2];
        const [half, rise] = [Math.abs((dx * wide) / chord / 2), Math.abs((dy * wide) / chord / 2)];
        const inView = x - half > left && x + half < right && y - rise > top && y + rise < bottom;
        if (inView && chord > wide && (!best || chord > best.chord)) {
          const angle = Math.atan2(dy, dx);
          const turned = Math.abs(angle) > Math.PI / 2 ? angle - Math.sign(angle) * Math.PI : angle;
          best = { x, y, chord, angle: turned };
        }
      }
    }
  }
  return best;
}

// Streets of a hot cell, for its tooltip.
const cellStreets = (row) => data.grids.hot?.streets?.[row] ?? "";

// Streets of an area with most events, for its panel.
function streetList(row) {
  const listed = data.streets[row] ?? [];
  if (!listed.some(([name]) => name)) return [];
  const list = element("ol", { className: "streets" });
  for (const [name, count] of listed) {
    const words = say("surroundings.street", { name: name || say("surroundings.other_streets"), count: number(count) });
    list.append(element("li", { className: name ? "" : "rest", text: words }));
  }
  return [element("h3", { text: say("surroundings.streets", { noun: data.noun }) }), list];
}
