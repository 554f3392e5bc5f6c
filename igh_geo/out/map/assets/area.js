// What the page says about one area, in the tooltip and in the panel.
function statusOf(row, name = "status") {
  const status = areaText(name, row);
  return status && status !== "shown" ? say(`full.status.${status}`) : "";
}

function countWords(row) {
  const hidden = statusOf(row);
  if (hidden) return hidden;
  const count = areaNumber("count", row);
  if (count === null) return say("full.status.missing");
  const words = { count: number(count), noun: data.noun };
  const denominator = areaNumber("denominator", row);
  if (denominator === null) return say("say.count", words);
  const decimals = Number.isInteger(denominator) ? 0 : 1;
  return say("say.count_of", { ...words, denominator: number(denominator, decimals), things: data.things });
}

function rateWords(row) {
  const value = areaNumber("rate", row);
  if (value === null) return statusOf(row, "rate_status") || say("full.status.missing");
  return say("say.rate", {
    rate: rate(value), noun: data.noun, unit: data.unit,
    low: rate(areaNumber("ci_low", row)), high: rate(areaNumber("ci_high", row)),
  });
}

function smoothedWords(row) {
  const value = areaNumber("rate_smoothed", row);
  if (value === null) return "";
  const low = areaNumber("smoothed_low", row);
  const words = { rate: rate(value), unit: data.unit, low: rate(low), high: rate(areaNumber("smoothed_high", row)) };
  return say(low === null ? "say.rate_short" : "say.interval", words);
}

function changeWords(row) {
  const hidden = statusOf(row, "previous_status");
  const previous = areaNumber("previous", row);
  const count = areaNumber("count", row);
  if (previous === null || count === null) {
    return areaText("previous_status", row) === "withheld" ? say("say.change_hidden") : hidden;
  }
  const fromTo = say("say.from_to", { previous: number(previous), count: number(count), noun: data.noun });
  if (previous === 0 && count === 0) return `${fromTo}.`;
  return say(`say.${areaText("change", row) || "unclear"}`, { from_to: fromTo });
}

function classWords(name, row) {
  const value = areaText(name, row);
  if (value === "withheld" || (name === "lisa_class" && value === "undetermined")) return say(`full.status.${value}`);
  return value ? say(`full.${name}.${value}`) : statusOf(row) || say("say.untested");
}

function rankWords(row) {
  const rank = areaNumber("rank", row);
  if (rank === null) return "";
  const n = data.areas.rank.filter((value) => value !== null).length;
  const words = { rank: number(rank), n: number(n), low: number(areaNumber("rank_low", row)), high: number(areaNumber("rank_high", row)) };
  return say(areaNumber("rank_low", row) === null ? "say.rank_exact" : "say.rank", words);
}

function placeWords(row) {
  return [areaText("parent_name", row), areaText("district", row)].filter(Boolean).join(", ");
}

const hasAny = (name) => data.areas[name].some((value) => value !== null);

// Name and sentence of everything that is known; what was not asked for is left out.
function factsOf(row) {
  const facts = [["count", countWords(row)], ["carried", carriedWords(row)]];
  if (hasAny("rate")) {
    facts.push(["rate", rateWords(row)], ["smoothed", smoothedWords(row)]);
    facts.push(["compared", areaText("compared", row)]);
  }
  if (hasAny("previous")) facts.push(["change", changeWords(row)]);
  if (!themeByKey.get("gi").reason) facts.push(["gi", classWords("gi_class", row)]);
  if (!themeByKey.get("lisa").reason) facts.push(["lisa", classWords("lisa_class", row)]);
  facts.push(["rank", rankWords(row)]);
  return facts.filter(([, text]) => text);
}

function carriedWords(row) {
  const words = data.carried_words[data.areas.carried[row]];
  return words ? words[0].toUpperCase() + words.slice(1) : "";
}

const CONTEXT_STATUS = { w: "withheld", m: "missing", n: "not_applicable" };

// A figure of the user's own: with the decimals it has, three at the most.
function contextWords(figure, row) {
  const status = CONTEXT_STATUS[figure.status[row]];
  if (status) return say(`full.status.${status}`);
  const value = figure.values[row];
  const most = Math.abs(value) < 10 ? 3 : Math.abs(value) < 1000 ? 2 : 1;
  return new Intl.NumberFormat(locale, { maximumFractionDigits: most }).format(value);
}

// One list for each table, under its title.
function contextLists(row) {
  return [...new Set(data.context.map((figure) => figure.title))].flatMap((title) => {
    const list = element("dl");
    for (const figure of data.context.filter((one) => one.title === title)) {
      list.append(element("dt", { text: figure.name }), element("dd", { text: contextWords(figure, row) }));
    }
    return [element("h3", { text: title }), list];
  });
}

function showArea(row, close) {
  const box = document.getElementById("area");
  box.replaceChildren();
  box.hidden = row < 0;
  if (row < 0) return;
  const button = element("button", { type: "button", className: "close", text: say("page.close") });
  button.addEventListener("click", close);
  box.append(
    element("p", { className: "kicker", text: say("page.selected") }),
    element("h2", { text: data.areas.name[row] }),
    element("p", { className: "code", text: [data.areas.code[row], placeWords(row)].filter(Boolean).join(" · ") }),
  );
  if (isWater(row)) {
    box.append(element("p", { text: say("page.water_note") }), button);
    return;
  }
  box.append(element("p", { className: "lead", text: sumWords(row) }));
  const list = element("dl");
  for (const [name, text] of factsOf(row)) {
    const told = element("dd", { text });
    if (name === "compared") told.append(...compareChart(row));
    list.append(element("dt", { text: say(`fact.${name}`) }), told);
  }
  box.append(list);
  if (areaText("reliability", row) === "low" && areaNumber("rate", row) !== null) {
    box.append(element("p", { className: "caution", text: say("say.uncertain") }));
  }
  const reasons = areaText("reasons", row).split("\n").filter(Boolean);
  if (reasons.length) {
    box.append(
      element("h3", { text: say("fact.reasons") }),
      element("ul", {}, reasons.map((text) => element("li", { text }))),
    );
  }
  box.append(
    ...courseChart(row), ...weekChart(row), ...compositionTable(row),
    ...buildingTable(row), ...streetList(row), ...contextLists(row), button,
  );
}

// Three lines at most: the name, what the theme says here, and the number behind it.
function tipLines(row, x, y, reach) {
  const theme = currentTheme();
  const lines = [data.areas.name[row]];
  if (isWater(row)) return [...lines, say("say.water")];
  const showsCells = theme.of === "hot" || state.overlays.has("cells");
  const cell = showsCells ? cellAt("hot", x, y) : -1;
  if (cell >= 0) {
    const hot = themeByKey.get("cells");
    lines.push(labelOf(hot, hot.codes[cell]));
    if (cellStreets(cell)) lines.push(say("surroundings.cell", { streets: cellStreets(cell) }));
  }
  if (theme.of === "areas") {
    const label = labelOf(theme, theme.codes[row]);
    if (theme.key === "course") lines.push(stepWords(row));
    else if (theme.key === "rank" && areaNumber("rank", row) !== null) lines.push(rankWords(row));
    else if (theme.key === "change") lines.push(changeWords(row) || label);
    else if (theme.key === "gi") lines.push(classWords("gi_class", row));
    else if (theme.key === "rate_smoothed") lines.push(smoothedWords(row) || label);
    else if (theme.key === "excess") lines.push(excessWords(row) || label);
    // The classes of counts and rates say less than the numbers that follow.
    else if (!["count", "rate"].includes(theme.key) && theme.group !== "context") lines.push(label);
    lines.push(...buildingLines(theme, row));
    const figure = data.context.find((one) => one.key === theme.key);
    if (figure) lines.push(`${figure.name}: ${contextWords(figure, row)}`);
  } else if (theme.of === "clusters") {
    const here = clusterAt(x, y);
    if (here >= 0) lines.push(clusterWords(here));
  } else if (theme.of === "density") {
    const here = cellAt("density", x, y);
    if (here >= 0) lines.push(say("say.density", { label: labelOf(theme, theme.codes[here]) }));
  }
  if (state.overlays.has("points")) {
    const point = pointAt(x, y, reach);
    if (point >= 0) {
      const { category, day, building } = data.points;
      lines.push(say("say.point", { category: textOf(category, point), day: textOf(day, point) }));
      if (building) lines.push(textOf(building, point));
    }
  }
  lines.push(countWords(row));
  if (showsCarried(theme)) lines.push(carriedWords(row));
  if (theme.key !== "rate_smoothed" && hasAny("rate") && areaNumber("rate", row) !== null) lines.push(rateWords(row));
  return [...new Set(lines.filter(Boolean))];
}

function clusterWords(row) {
  const count = data.clusters.count[row];
  return count === null ? say("clusters.withheld") : say("clusters.count", { count: number(count), noun: data.noun });
}

function excessWords(row) {
  const excess = areaNumber("excess", row);
  if (excess === null) return "";
  const decimals = Math.abs(excess) < 10 ? 1 : 0;
  const words = { excess: number(Math.abs(excess), decimals), expected: number(areaNumber("expected", row), decimals) };
  return say(excess < 0 ? "say.deficit" : "say.excess", words);
}
