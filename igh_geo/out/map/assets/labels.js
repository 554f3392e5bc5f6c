// What is written on the map: numbers of the ranking first, then the names that fit and do not
// touch one another.
const FONT = '"Segoe UI", system-ui, Arial, sans-serif';
const INK = "#14191f";
const SIDEWAYS = [[1, 0], [-1, 0], [0, 1], [0, -1], [1, 1], [-1, 1], [1, -1], [-1, -1]];
const NUMBER_HIGH = 15;
const STEPS_ASIDE = [20, 28, 38, 50, 64, 80, 100, 124];
// No name is shorter on the screen, so smaller areas need not be tried.
const SHORTEST_NAME = 12;

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
  if (theme.numbered) paintNumbers(context, view, { at, roomAt, taken });
  if (!state.overlays.has("names")) return;
  paintNames(context, view, { at, roomAt, taken });
  paintNeighbourNames(context, view, { roomAt, taken });
  paintStreetNames(context, view, { roomAt, taken });
}

function paintNames(context, view, { at, roomAt, taken }) {
  context.font = `500 11px ${FONT}`;
  context.lineWidth = 3;
  context.strokeStyle = "rgba(255, 255, 255, 0.92)";
  context.fillStyle = INK;
  const [right, down] = [context.canvas.width / view.density, context.canvas.height / view.density];
  for (const row of byWidth()) {
    const widest = width(row) * view.scale * 0.92;
    if (widest < SHORTEST_NAME) break;
    const [x, y] = at(row);
    if (x < 0 || y < 0 || x > right || y > down) continue;
    const wide = context.measureText(data.areas.name[row]).width;
    const room = wide > widest ? null : roomAt(x, y, wide, 11);
    if (!room) continue;
    taken.push(room);
    context.strokeText(data.areas.name[row], x, y);
    context.fillText(data.areas.name[row], x, y);
  }
}

// A number stands in its area where that leaves most of it to be seen. Elsewhere it steps aside,
// with a line to its area, until it hides no other number and none of the numbered areas.
function paintNumbers(context, view, { at, roomAt, taken }) {
  context.font = `700 11px ${FONT}`;
  context.lineWidth = 1.2;
  for (const row of topAreas()) {
    const text = number(areaNumber("rank", row));
    const wide = Math.max(NUMBER_HIGH, 7 + text.length * 7);
    const from = at(row);
    const { box } = shapes[row];
    const isRoomy = (box[2] - box[0]) * view.scale > 2.2 * wide && (box[3] - box[1]) * view.scale > 2.2 * NUMBER_HIGH;
    const aside = STEPS_ASIDE.flatMap((far) => SIDEWAYS.map(([right, down]) => [from[0] + right * far, from[1] + down * far]));
    const places = (isRoomy ? [from, ...aside] : [...aside, from])
      .map(([x, y]) => ({ x, y, room: roomAt(x, y, wide, NUMBER_HIGH) }))
      .filter(({ room }) => room);
    const place = isRoomy && places[0]?.x === from[0] ? places[0] : places.find(({ room }) => !hidesTop(room, view)) ?? places[0];
    if (!place) continue;
    taken.push(place.room);
    paintNumber(context, text, { ...place, from, wide });
  }
}

// Whether something there would hide one of the areas that the numbers are about.
function hidesTop([left, top, right, bottom], view) {
  const places = [0, 0.25, 0.5, 0.75, 1].flatMap((i) => [0, 0.5, 1].map((j) => [
    (left + (right - left) * i - view.shift[0]) / view.scale,
    (top + (bottom - top) * j - view.shift[1]) / view.scale,
  ]));
  return topAreas().some((row) => places.some(([x, y]) => isWithin(shapes[row], x, y)));
}

function paintNumber(context, text, { x, y, from, wide }) {
  context.strokeStyle = INK;
  context.fillStyle = INK;
  if (from[0] !== x || from[1] !== y) {
    context.beginPath();
    context.moveTo(...from);
    context.lineTo(x, y);
    context.stroke();
    context.beginPath();
    context.arc(...from, 2, 0, 2 * Math.PI);
    context.fill();
  }
  context.beginPath();
  context.roundRect(x - wide / 2, y - NUMBER_HIGH / 2, wide, NUMBER_HIGH, NUMBER_HIGH / 2);
  context.fillStyle = "#ffffff";
  context.fill();
  context.stroke();
  context.fillStyle = INK;
  context.fillText(text, x, y + 0.5);
}
