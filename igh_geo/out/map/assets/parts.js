// One area in parts, for its panel: its rate beside that of the whole, its course, its week, and
// what it is made of. Each picture says in words what it shows.
const part = (className, title, children) =>
  element("div", { className: `part ${className}` }, [element("h3", { text: title }), ...children]);

const weekParts = data.week ? partsOf(data.week) : null;
const compositionParts = data.composition ? partsOf(data.composition) : null;

// The counts of a table, with the letter of a status where there is no count.
const valuesOf = (counts) => counts.map((count) => UNTOLD[count] ?? count);
const isTold = (value) => typeof value === "number";

// Why there is nothing to draw; empty when there is.
function noPartsWords(values) {
  if (values.every((value) => value === 0)) return say("course.panel.all_zero");
  if (values.some((value) => value > 0)) return "";
  if (values.some(isTold)) return [...untoldWords(values), say("course.panel.rest_zero")].join(" ");
  const status = values.includes("w") ? "" : STATUS_OF[values[0]];
  return status ? `${say(`full.status.${status}`)}.` : say("course.panel.all_hidden");
}

// How many parts are not told, and why.
function untoldWords(values) {
  const count = (letter) => values.filter((value) => value === letter).length;
  return [["w", "hidden_n"], ["m", "missing_n"]].filter(([letter]) => count(letter)).map(([letter, key]) =>
    say(`course.panel.${key}`, { n: number(count(letter)), all: number(values.length) }));
}

function compareChart(row) {
  const [average, averageLow, averageHigh] = data.average;
  const value = areaNumber("rate", row);
  const [low, high] = ["ci_low", "ci_high"].map((name) => areaNumber(name, row));
  if (value === null || average === null || low === null) return [];
  // An interval that would push both bars together runs off the picture.
  const most = Math.max(average, Math.min(1.05 * Math.max(high, averageHigh ?? 0), 4 * Math.max(value, average)));
  const [left, wide] = [64, 190];
  const at = (rate) => left + (wide * Math.min(rate, most)) / most;
  const line = (y, [name, rateHere, from, to], kind) => [
    caption(0, y + 10, name),
    drawn("rect", { x: left, y: y + 1, width: (at(rateHere) - left).toFixed(1), height: 11, class: kind }),
    ...(from === null ? [] : [drawn("line", { x1: at(from).toFixed(1), x2: at(to).toFixed(1), y1: y + 6.5, y2: y + 6.5, class: "whisker" })]),
    ...(from === null ? [] : [from, to].filter((end) => end < most).map((end) => (
      drawn("line", { x1: at(end).toFixed(1), x2: at(end).toFixed(1), y1: y + 3, y2: y + 10, class: "whisker" })))),
    caption(WIDE, y + 10, rate(rateHere), "end"),
  ];
  const picture = drawn("svg", { viewBox: `0 0 ${WIDE} 38`, role: "img" }, [
    ...line(2, [say("course.panel.here"), value, low, high], "now"),
    ...line(20, [say("course.panel.average"), average, averageLow, averageHigh], "before"),
    drawn("line", { x1: at(average).toFixed(1), x2: at(average).toFixed(1), y1: 0, y2: 34, class: "average" }),
  ]);
  picture.setAttribute("aria-label", say("course.panel.compare_alt", {
    noun: data.noun, unit: data.unit, name: data.areas.name[row], rate: rate(value), low: rate(low), high: rate(high),
    average: rate(average), average_low: rate(averageLow), average_high: rate(averageHigh),
  }));
  return [element("div", { className: "part compare" }, [picture, element("p", { text: say("course.panel.interval") })])];
}

function courseChart(row) {
  if (!data.course) return [];
  const { names, years, months, now, open, per, short } = data.course;
  const values = valuesOf(courseOf(row));
  const title = say("course.panel.course", { per });
  const nothing = noPartsWords(values);
  if (nothing) return [part("over-time", title, [element("p", { text: nothing })])];
  const isFew = values.length <= 12 && months[0] === 1;
  const ticks = years.map((year, i) => (isFew ? short[i] : year === years[i - 1] ? "" : String(year)));
  const picture = barChart(values, { now, open, ticks, widths: months, name: "course" });
  const told = values.filter(isTold);
  const top = values.indexOf(Math.max(...told));
  const isWhole = told.length === values.length;
  const highest = { count: number(values[top]), step: names[top] };
  const said = [
    say(isWhole ? "course.panel.highest" : "course.panel.highest_told", highest),
    ...untoldWords(values),
  ].join(" ");
  picture.setAttribute("aria-label", say("course.panel.course_alt", {
    noun: data.noun, per, name: data.areas.name[row], first: names[0], last: names[names.length - 1], said,
  }));
  const keys = barKeys(values, { now, open }).join("; ");
  const key = keys ? `${keys[0].toUpperCase()}${keys.slice(1)}.` : "";
  return [part("over-time", title, [picture, element("p", { text: [said, key].filter(Boolean).join(" ") })])];
}

function weekChart(row) {
  if (!data.week) return [];
  const partHours = data.week.part_h;
  const nParts = 24 / partHours;
  const values = valuesOf(weekParts(row, 7 * nParts));
  const nothing = noPartsWords(values);
  const title = say("course.panel.week");
  if (nothing) return [part("", title, [element("p", { text: nothing })])];
  const [left, tall] = [24, 15];
  const side = (WIDE - left) / nParts;
  const told = values.filter(isTold);
  const most = Math.max(1, ...told);
  const picture = drawn("svg", { viewBox: `0 0 ${WIDE} ${7 * tall + 14}`, role: "img" });
  values.forEach((value, i) => {
    const [day, nth] = [Math.floor(i / nParts), i % nParts];
    const [x, y] = [left + nth * side, day * tall];
    if (nth === 0) picture.append(caption(0, y + 10.5, say(`full.weekday.${day + 1}`).slice(0, 2)));
    const level = isTold(value) ? Math.min(4, Math.floor((5 * value) / (most + 1))) : 0;
    const look = isTold(value) ? `level-${level}` : "withheld";
    picture.append(drawn("rect", { x: x.toFixed(1), y, width: (side - 1).toFixed(1), height: tall - 1, class: look }));
    const text = caption((x + side / 2).toFixed(1), y + 10.5, isTold(value) ? number(value) : value === "w" ? "×" : "?", "middle");
    text.setAttribute("class", level > 2 ? "on-dark" : "value");
    picture.append(text);
  });
  for (let nth = 0; nth <= nParts; nth += 1) {
    const anchor = nth === nParts ? "end" : nth ? "middle" : "start";
    picture.append(caption(left + nth * side, 7 * tall + 10, String(nth * partHours), anchor));
  }
  const top = values.indexOf(Math.max(...told));
  const from = (top % nParts) * partHours;
  const isWhole = told.length === values.length;
  const said = say(isWhole ? "course.panel.busiest" : "course.panel.busiest_told", {
    day: say(`full.weekday.${Math.floor(top / nParts) + 1}`), from: String(from), to: String(from + partHours), count: number(values[top]),
  });
  picture.setAttribute("aria-label", say("course.panel.week_alt", {
    noun: data.noun, part: number(partHours), name: data.areas.name[row], said,
  }));
  const key = values.includes("w") ? `${say("course.panel.key_hidden")}.` : "";
  return [part("", title, [picture, element("p", { text: [said, key].filter(Boolean).join(" ") })])];
}

// A table is its own alternative in words: name, bar, count.
function compositionTable(row) {
  if (!data.composition) return [];
  const { names } = data.composition;
  const values = valuesOf(compositionParts(row, names.length));
  const nothing = noPartsWords(values);
  const title = say("course.panel.composition");
  if (nothing) return [part("", title, [element("p", { text: nothing })])];
  const most = Math.max(1, ...values.filter(isTold));
  const body = element("tbody", {}, names.map((name, i) => {
    const bar = element("span", { className: "bar", "aria-hidden": "true" });
    bar.style.width = isTold(values[i]) ? `${((100 * values[i]) / most).toFixed(1)}%` : "0";
    bar.hidden = !isTold(values[i]) || values[i] === 0;
    const told = isTold(values[i]) ? element("span", { text: number(values[i]) }) : untoldMark(values[i]);
    return element("tr", {}, [
      element("th", { scope: "row", text: name }), element("td", {}, [bar]), element("td", { className: "count" }, [told]),
    ]);
  }));
  const key = values.includes("w") ? [element("p", { text: say("course.panel.composition_told") })] : [];
  return [part("", title, [element("table", {}, [body]), ...key])];
}

// A mark for the eye, words for who cannot see it.
function untoldMark(letter) {
  return element("span", {}, [
    element("span", { text: letter === "w" ? "×" : "?", "aria-hidden": "true" }),
    element("span", { className: "unseen", text: say(`full.status.${STATUS_OF[letter]}`) }),
  ]);
}

// One sentence that sums the area up.
function sumWords(row) {
  const name = data.areas.name[row];
  const words = { name, noun: data.noun };
  const status = areaText("status", row);
  if (status === "withheld") return say("course.sum.withheld", words);
  const count = areaNumber("count", row);
  if (count === null) return say("course.sum.missing", words);
  if (count === 0) return say("course.sum.zero", words);
  const change = areaNumber("previous", row) === null ? "" : say(`course.sum.${areaText("change", row) || "unclear"}`);
  return say("course.sum.plain", { ...words, count: number(count), compared: comparedWords(row), change });
}

// As in igh_geo.out.reading: under a few expected events a ratio says little.
function comparedWords(row) {
  const expected = areaNumber("expected", row);
  const compared = areaText("compared", row);
  if (expected === null || !compared) return "";
  if (expected < 1) return say("course.sum.expected_few");
  if (expected < data.least_expected) return say("course.sum.expected", { expected: number(expected) });
  return say("course.sum.ratio", { compared });
}
