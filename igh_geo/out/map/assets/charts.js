// Two small pictures of the whole: the months, and the hours of the week. Each has its text.
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

function showMonths() {
  const box = document.getElementById("months");
  if (!data.monthly) {
    showReason(box, say("page.months"), data.no_monthly);
    return;
  }
  const { months, counts, now, open } = data.monthly;
  const told = counts.filter((count) => count !== null);
  const [wide, high, left, foot] = [300, 84, 26, 16];
  const most = Math.max(1, ...told);
  const step = (wide - left) / counts.length;
  const picture = drawn("svg", { viewBox: `0 0 ${wide} ${high + foot + 6}`, role: "img" });
  if (open.includes("1")) {
    picture.append(drawn("defs", {}, Object.entries(BARS).map(([kind, colour]) => hatch(`open-${kind}`, colour))));
  }
  picture.append(
    drawn("line", { x1: left, y1: high, x2: wide, y2: high, class: "axis" }),
    caption(left - 4, 10, number(most), "end"), caption(left - 4, high, "0", "end"),
  );
  counts.forEach((count, i) => {
    if (count === null) {
      // Withheld is not zero: a mark where the bar would stand.
      const mark = caption((left + (i + 0.5) * step).toFixed(1), high - 2, "×", "middle");
      mark.style.fontSize = `${Math.min(10, 1.6 * step).toFixed(1)}px`;
      picture.append(mark);
    } else {
      const tall = ((high - 4) * count) / most;
      const kind = now[i] === "1" ? "now" : "before";
      const look = open[i] === "1" ? { fill: `url(#open-${kind})`, stroke: BARS[kind] } : { class: kind };
      picture.append(drawn("rect", {
        x: (left + i * step + step * 0.1).toFixed(1), y: (high - tall).toFixed(1),
        width: (step * 0.8).toFixed(1), height: tall.toFixed(1), ...look,
      }));
    }
    if (months[i][1] === 1 && counts.length > 12) {
      picture.append(caption(left + i * step, high + foot - 3, String(months[i][0])));
    }
  });
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
  const keys = [
    now.includes("0") && now.includes("1") ? say("say.this_period") : "",
    open.includes("1") ? say("say.provisional") : "",
    isWhole ? "" : say("say.month_hidden"),
  ];
  const said = `${[words, ...keys].filter(Boolean).join("; ")}.`;
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
  box.append(element("h2", { text: say("page.top") }), element("p", { text: say("page.top_hint"), className: "hint" }), list);
  box.hidden = false;
}
