// In what kind of buildings the cases of an area are: a table in its panel, and lines at the
// pointer. Nothing of it exists where the page knows no buildings.
const buildingCases = data.buildings ? partsOf({ parts: data.buildings.cases }) : null;
const buildingAddresses = data.buildings ? partsOf({ parts: data.buildings.addresses }) : null;

// Cases and addresses of the types that an area has.
function typesOf(row) {
  const { names } = data.buildings;
  const cases = valuesOf(buildingCases(row, names.length));
  const addresses = buildingAddresses(row, names.length);
  return names.map((name, i) => ({ name, cases: cases[i], addresses: addresses[i] }))
    .filter((type) => type.cases !== "n");
}

// Where areas tell too little: the name of the place that cases, addresses and rates are of.
function placeOf(row) {
  return data.buildings.places ? data.buildings.places[row] : "";
}

function ratioWords(row, key) {
  const [ratio, low, high] = ["ratio", "low", "high"].map((name) => data.buildings[name][row]);
  if (ratio === null) return "";
  const times = (value) => number(value, value < 10 ? 1 : 0);
  return say(`buildings.${key}`, { ratio: times(ratio), low: times(low), high: times(high) });
}

// Why there is no table; empty when there is one.
function noTypesWords(types) {
  if (!types.length) return say("buildings.none");
  for (const [letter, key] of [["w", "hidden"], ["m", "missing"]]) {
    if (types.every((type) => type.cases === letter)) return say(`buildings.${key}`);
  }
  return "";
}

function buildingTable(row) {
  if (!data.buildings) return [];
  const types = typesOf(row);
  const title = placeOf(row) ? say("buildings.title_place", { place: placeOf(row) }) : say("buildings.title");
  const nothing = noTypesWords(types);
  if (nothing) return [part("buildings", title, [element("p", { text: nothing })])];
  const most = Math.max(1, ...types.map((type) => type.cases).filter(isTold));
  const head = element("thead", {}, [element("tr", {}, [
    element("th", { scope: "col", text: say("buildings.type") }),
    element("th", { scope: "col", colspan: "2", className: "count", text: say("buildings.cases") }),
    element("th", { scope: "col", className: "count", text: say("buildings.addresses") }),
  ])]);
  const body = element("tbody", {}, types.map(({ name, cases, addresses }) => {
    const bar = element("span", { className: "bar", "aria-hidden": "true" });
    bar.style.width = isTold(cases) ? `${((100 * cases) / most).toFixed(1)}%` : "0";
    bar.hidden = !isTold(cases) || cases === 0;
    const told = isTold(cases) ? element("span", { text: number(cases) }) : untoldMark(cases);
    return element("tr", {}, [
      element("th", { scope: "row", text: name }), element("td", {}, [bar]),
      element("td", { className: "count" }, [told]),
      element("td", { className: "count", text: number(addresses) }),
    ]);
  }));
  const keys = [["w", "key_hidden"], ["m", "key_missing"]]
    .filter(([letter]) => types.some((type) => type.cases === letter)).map(([, key]) => `${say(`buildings.${key}`)}.`);
  const said = [ratioWords(row, "ratio"), ...keys].filter(Boolean).map((text) => element("p", { text }));
  return [part("buildings", title, [element("table", {}, [head, body]), ...said])];
}

// What a theme on buildings says of an area, beside the name of its class.
function buildingLines(theme, row) {
  if (!data.buildings) return [];
  if (theme.key === "after_buildings") return [ratioWords(row, "tip_ratio")];
  const rates = data.buildings.rates[theme.key];
  if (!rates) return [];
  const at = data.buildings.keys.findIndex((key) => theme.key === `type-${key}`);
  const type = data.buildings.names[at];
  const cases = valuesOf(buildingCases(row, data.buildings.names.length))[at];
  const addresses = buildingAddresses(row, data.buildings.names.length)[at];
  const lines = [];
  if (rates[row] !== null) lines.push(say("buildings.rate", { type, rate: rate(rates[row]), unit: data.buildings.unit }));
  if (isTold(cases)) {
    lines.push(say("buildings.count", { type, cases: number(cases), noun: data.noun, addresses: number(addresses) }));
  }
  const place = placeOf(row);
  return place ? lines.map((line) => say("buildings.of_place", { place, line })) : lines;
}
