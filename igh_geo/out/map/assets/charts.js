// Pictures of the whole: the months, and the hours of the week. Each has its text.
const SVG = "http://www.w3.org/2000/svg";

function drawn(tag, attributes, children = []) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

function caption(x, y, text, anchor = "start") {
  const made = drawn("text", { x, y, "text-anchor": anchor });
  made.textContent = text;
  return made;
}

// A chart that cannot be drawn says why, under the heading that it would have had.
function showReason(box, title, reason) {
  if (!reason) return;
  box.append(element("h2", { text: title }), element("p", { text: reason }));
  box.hidden = false;
}

// A count that may still rise: lines in the colour of its bar, open between them.
function hatch(id, colour) {
  const tile = drawn("pattern", { id, width: 4, height: 4, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" });
  tile.append(
    drawn("rect", { width: 4, height: 4, fill: "#ffffff" }),
    drawn("rect", { width: 1.6, height: 4, fill: colour }),
  );
  return tile;
}

const BARS = { now: "#2f5d86", before: "#a9bccd" };
const [WIDE, HIGH, LEFT, FOOT] = [300, 84, 26, 16];

// Bars over time. A value is a count, or the letter of what it is instead: withheld or no data,
// which stand as different marks where the bar would be. `ticks` are words below: place and text.
function barChart(values, { now, open, ticks, widths, name }) {
  const told = values.filter((value) => typeof value === "number");
  const most = Math.max(1, ...told);
  const all = widths.reduce((sum, one) => sum + one, 0);
  const unit = (WIDE - LEFT) / all;
  const picture = drawn("svg", { viewBox: `0 0 ${WIDE} ${HIGH + FOOT + 6}`, role: "img" });
  if (open.includes("1")) {
    picture.append(drawn("defs", {}, Object.entries(BARS).map(([kind, colour]) => hatch(`${name}-${kind}`, colour))));
  }
  picture.append(
    drawn("line", { x1: LEFT, y1: HIGH, x2: WIDE, y2: HIGH, class: "axis" }),
    caption(LEFT - 4, 10, number(most), "end"), caption(LEFT - 4, HIGH, "0", "end"),
  );
  let left = LEFT;
  values.forEach((value, i) => {
    const step = widths[i] * unit;
    if (typeof value !== "number") {
      // Withheld is not zero, and no data is neither: a mark where the bar would stand.
      const mark = caption((left + step / 2).toFixed(1), HIGH - 2, value === "w" ? "×" : "?", "middle");
      mark.style.fontSize = `${Math.min(10, 1.6 * step).toFixed(1)}px`;
      picture.append(mark);
    } else {
      const tall = ((HIGH - 12) * value) / most;
      const kind = now[i] === "1" ? "now" : "before";
      const look = open[i] === "1" ? { fill: `url(#${name}-${kind})`, stroke: BARS[kind] } : { class: kind };
      const wide = Math.min(0.8 * step, 34);
      picture.append(drawn("rect", {
        x: (left + (step - wide) / 2).toFixed(1), y: (HIGH - tall).toFixed(1),
        width: wide.toFixed(1), height: tall.toFixed(1), ...look,
      }));
    }
    if (ticks[i]) picture.append(caption((left + 1).toFixed(1), HIGH + FOOT - 3, ticks[i]));
    left += step;
  });
  return picture;
}

// What a mark or a shade means, as far as it occurs.
function barKeys(values, { now, open }) {
  return [
    now.includes("0") && now.includes("1") ? say("say.this_period") : "",
    open.includes("1") ? say("say.provisional") : "",
    values.includes("w") ? say("course.panel.key_hidden") : "",
    values.includes("m") ? say("course.panel.key_missing") : "",
  ].filter(Boolean);
}

function showMonths() {
  const box = document.getElementById("months");
  if (!data.monthly) {
    showReason(box, say("page.months"), data.no_monthly);
    return;
  }
  const { months, counts, marks, now, open } = data.monthly;
  const values = counts.map((count, i) => count ?? marks[i]);
  const told = counts.filter((count) => count !== null);
  const ticks = months.map(([year, nth]) => (nth === 1 && counts.length > 12 ? String(year) : ""));
  const picture = barChart(values, { now, open, ticks, widths: counts.map(() => 1), name: "months" });
  const low = counts.indexOf(Math.min(...told));
  const top = counts.indexOf(Math.max(...told));
  const isWhole = told.length === counts.length;
  picture.setAttribute("aria-label", say(isWhole ? "say.month_alt" : "say.month_alt_told", {
    noun: data.noun, first: month(months[0]), last: month(months[months.length - 1]),
    low: number(counts[low]), low_month: month(months[low]),
    high: number(counts[top]), high_month: month(months[top]),
  }));
  const words = say(isWhole ? "say.month_range" : "say.month_range_told", {
    first: month(months[0]), last: month(months[months.length - 1]), low: number(counts[low]), high: number(counts[top]),
  });
  const said = `${[words, ...barKeys(values, { now, open })].join("; ")}.`;
  box.append(element("h2", { text: say("page.months") }), picture, element("p", { text: said }));
  box.hidden = false;
}

function showHours() {
  const box = document.getElementById("hours");
  if (!data.hours) {
    showReason(box, say("page.hours"), data.no_hours);
    return;
  }
  const [left, side, tall] = [26, 11.4, 12];
  const most = Math.max(1, ...data.hours.flat());
  const picture = drawn("svg", { viewBox: `0 0 300 ${7 * tall + 16}`, role: "img" });
  data.hours.forEach((shares, day) => {
    picture.append(caption(0, day * tall + 9.5, say(`full.weekday.${day + 1}`).slice(0, 2)));
    shares.forEach((share, hour) => {
      // Darkness in five steps, the same for every page: the pattern counts, not the number.
      const level = Math.min(4, Math.floor((5 * share) / (most + 1)));
      picture.append(drawn("rect", {
        x: (left + hour * side).toFixed(1), y: day * tall, width: side - 1, height: tall - 1, class: `level-${level}`,
      }));
    });
  });
  for (const hour of [0, 6, 12, 18, 24]) {
    const anchor = hour === 24 ? "end" : hour ? "middle" : "start";
    picture.append(caption(left + hour * side, 7 * tall + 11, String(hour), anchor));
  }
  picture.setAttribute("aria-label", [say("say.hour_alt", { noun: data.noun }), ...data.hours_words].join(" "));
  box.append(element("h2", { text: say("page.hours") }), picture, element("p", { text: data.hours_words.join(" ") }));
  box.hidden = false;
}

function showTop(choose) {
  const rows = topAreas();
  const box = document.getElementById("top");
  if (!rows.length) {
    showReason(box, say("page.top"), say("say.no_top"));
    return;
  }
  const list = element("ol");
  for (const row of rows) {
    const button = element("button", { type: "button", text: data.areas.name[row] });
    button.addEventListener("click", () => choose(row));
    const low = areaNumber("rank_low", row);
    const between = low === null ? "" : say("say.between", { low: number(low), high: number(areaNumber("rank_high", row)) });
    const item = element("li", {}, [button, element("small", { text: between })]);
    item.value = areaNumber("rank", row);
    list.append(item);
  }
  box.append(element("h2", { text: say("page.top") }), element("p", { text: data.top_hint, className: "hint" }), list);
  box.hidden = false;
}
