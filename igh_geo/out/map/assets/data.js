// The data of the page: read once, unpacked once. See geometry.py for how it is packed.
const data = JSON.parse(document.getElementById("data").textContent);
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const VALUE_OF = {};
for (let i = 0; i < ALPHABET.length; i += 1) VALUE_OF[ALPHABET[i]] = i;

function decodeNumbers(text) {
  const numbers = [];
  let value = 0;
  let shift = 0;
  for (const letter of text) {
    const bits = VALUE_OF[letter];
    value += (bits & 31) * 2 ** shift;
    if (bits & 32) {
      shift += 5;
    } else {
      numbers.push(value % 2 ? -(value + 1) / 2 : value / 2);
      value = 0;
      shift = 0;
    }
  }
  return numbers;
}

// Steps as places in metres from the upper left corner of the map.
function decodePlaces(text) {
  const steps = decodeNumbers(text);
  const found = [];
  let x = 0;
  let y = 0;
  for (let i = 0; i < steps.length; i += 2) {
    x += steps[i];
    y += steps[i + 1];
    found.push([x, y]);
  }
  return found;
}

const emptyBox = () => [Infinity, Infinity, -Infinity, -Infinity];

function widen(box, x, y) {
  box[0] = Math.min(box[0], x);
  box[1] = Math.min(box[1], y);
  box[2] = Math.max(box[2], x);
  box[3] = Math.max(box[3], y);
}

// A path in metres, and the box around it. Without a list of its places: a country has a million.
function decodeShape(text) {
  const path = new Path2D();
  const box = emptyBox();
  for (const ring of text.split(".")) {
    const steps = decodeNumbers(ring);
    let x = 0;
    let y = 0;
    for (let i = 0; i < steps.length; i += 2) {
      x += steps[i];
      y += steps[i + 1];
      if (i === 0) path.moveTo(x, y);
      else path.lineTo(x, y);
      widen(box, x, y);
    }
    path.closePath();
  }
  return { path, box };
}

function decodeGrid(grid) {
  const [right, down, size] = grid.transformation;
  const polynomial = (c, u, v) =>
    c[0] + c[1] * u + c[2] * v + c[3] * u * u + c[4] * u * v + c[5] * v * v +
    c[6] * u * u * u + c[7] * u * u * v + c[8] * u * v * v + c[9] * v * v * v;
  const corner = (column, row) => {
    const u = column / size[0];
    const v = row / size[1];
    return [polynomial(right, u, v), polynomial(down, u, v)];
  };
  let number = 0;
  return decodeNumbers(grid.numbers).map((step) => {
    number += step;
    const column = number % grid.columns;
    const row = Math.floor(number / grid.columns);
    return [corner(column, row), corner(column + 1, row),
      corner(column + 1, row + 1), corner(column, row + 1)];
  });
}

const shapes = data.areas.shape.map(decodeShape);
const outlines = data.parents.map(decodeShape);
const themeByKey = new Map(data.themes.map((theme) => [theme.key, theme]));

const grids = {};
function cellsOf(name) {
  if (!data.grids[name]) return [];
  if (!grids[name]) grids[name] = decodeGrid(data.grids[name]);
  return grids[name];
}

let places = null;
function pointPlaces() {
  places ??= data.points ? decodePlaces(data.points.places) : [];
  return places;
}

// A text from a column that holds its different values once.
function textOf(column, row) {
  const number = column.rows[row];
  return number < 0 ? "" : column.values[number];
}

const areaText = (name, row) => textOf(data.areas[name], row);
const areaNumber = (name, row) => data.areas[name][row];
const isWater = (row) => data.areas.water[row] === "1";

const state = { theme: data.theme, area: -1, overlays: new Set(["names"]) };
const currentTheme = () => themeByKey.get(state.theme);
