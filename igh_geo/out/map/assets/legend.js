// The list of themes and the one legend, which belongs to the theme that is shown.

// Of these there may be many: they stay folded until they are asked for.
const FOLDED = ["by_type", "context"];

function themeList(group, themes) {
  const head = element("h3", { text: say(`group.${group}`) });
  if (!FOLDED.includes(group)) return element("div", {}, [head]);
  const list = element("details", {}, [element("summary", {}, [head])]);
  list.open = themes.some((theme) => theme.key === state.theme);
  return list;
}

function buildThemes(choose) {
  const field = document.getElementById("themes");
  const shown = data.themes.filter((theme) => !theme.reason);
  for (const group of new Set(shown.map((theme) => theme.group))) {
    const themes = shown.filter((one) => one.group === group);
    const list = themeList(group, themes);
    list.append(...themes.map((theme) => themeOption(theme, choose)));
    field.append(list);
  }
  const off = data.themes.filter((theme) => theme.reason);
  if (!off.length) return;
  // Out of the way of what can be chosen, unless nothing can.
  const head = element("h3", { text: say("page.themes_off", { n: number(off.length) }) });
  const list = element("details", {}, [element("summary", {}, [head])]);
  list.open = !shown.length;
  list.append(...off.map((theme) => themeOption(theme, choose)));
  field.append(list);
}

function themeOption(theme, choose) {
  const input = element("input", { type: "radio", name: "theme", id: `theme-${theme.key}`, value: theme.key });
  const label = element("label", { for: input.id, text: theme.name });
  if (theme.reason) {
    input.disabled = true;
    label.append(element("small", { text: theme.reason }));
  }
  input.addEventListener("change", () => choose(theme.key));
  return element("div", { className: "option" }, [input, label]);
}

function buildOverlays(toggle) {
  const field = document.getElementById("overlays");
  const hot = themeByKey.get("cells");
  const all = [
    ["names", say("overlay.names"), ""],
    ["cells", say("overlay.cells"), hot.reason],
    ["points", say("overlay.points", { noun: data.noun }), data.points ? "" : say("overlay.no_points")],
  ];
  for (const [key, name, reason] of all) {
    const input = element("input", { type: "checkbox", id: `overlay-${key}`, value: key });
    const label = element("label", { for: input.id, text: name });
    input.checked = state.overlays.has(key);
    if (reason) {
      input.disabled = true;
      label.append(element("small", { text: reason }));
    }
    input.addEventListener("change", () => toggle(key, input.checked));
    field.append(element("div", { className: "option" }, [input, label]));
  }
}

function legendRow(symbol, label, count, options) {
  return element("tr", {}, [
    element("td", {}, [swatch(symbol, options)]),
    element("th", { scope: "row", text: label }),
    element("td", { className: "count", text: count === null ? "" : number(count) }),
  ]);
}

function carriedRow(kind, count) {
  return element("tr", {}, [
    element("td", {}, [carriedSwatch(kind)]),
    element("th", { scope: "row", text: say("page.carried", { how: data.carried_words[kind] }) }),
    element("td", { className: "count", text: number(count) }),
  ]);
}

function tally(codes) {
  const counts = {};
  for (const code of codes) counts[code] = (counts[code] ?? 0) + 1;
  return counts;
}

function legendTable(theme, options) {
  const counts = tally(theme.codes);
  const body = element("tbody");
  theme.classes.forEach(([label, symbol], i) => {
    body.append(legendRow(data.symbols[symbol], label, counts[i] ?? 0, options));
  });
  for (const code of ["u", "n", "m", "w", "~"]) {
    if (counts[code]) body.append(legendRow(symbolOf(theme, code), labelOf(theme, code), counts[code], options));
  }
  const unit = {
    areas: say("page.areas_n", { level: data.level }), clusters: say("clusters.unit"),
  }[theme.of] ?? say("page.cells_n");
  const head = element("thead", {}, [element("tr", {}, [
    element("th", { scope: "col", colspan: "3", className: "count", text: unit }),
  ])]);
  return element("table", {}, [head, body]);
}

function showLegend() {
  const theme = currentTheme();
  const box = document.getElementById("legend");
  box.replaceChildren();
  // The section's own heading carries the title, so that it can be found by its name.
  document.getElementById("legend-title").textContent = theme.title;
  if (theme.reason) {
    box.append(element("p", { text: theme.reason }));
    return;
  }
  const table = legendTable(theme, {});
  // Of the areas counted above, and not beside them.
  const body = element("tbody");
  if (theme.uncertain.includes("1")) {
    body.append(legendRow(data.symbols.uncertain, say("page.uncertain"), tally(theme.uncertain)[1]));
  }
  if (showsCarried(theme)) {
    const counts = tally(data.areas.carried);
    for (const kind of ["e", "s"]) {
      if (counts[kind]) body.append(carriedRow(kind, counts[kind]));
    }
  }
  if (theme.of !== "areas" && data.areas.water.includes("1")) {
    body.append(legendRow(data.symbols.water, say("page.water"), null));
  }
  if (body.children.length) table.append(body);
  box.append(table);
  if (state.overlays.has("cells") && theme.of !== "hot") {
    const hot = themeByKey.get("cells");
    box.append(element("h3", { text: hot.title }), legendTable(hot, { outlined: true }));
    if (hot.withheld) box.append(element("p", { text: hot.withheld }));
  }
  for (const line of [theme.withheld, theme.explain, theme.no_fill, theme.method]) {
    if (line) box.append(element("p", { text: line }));
  }
  if (FOLDED.includes(theme.group)) bringLegendInSight(theme);
}

// An unfolded list pushes the legend out of sight: the side moves on, with the choice still in it.
function bringLegendInSight(theme) {
  const section = document.getElementById("legend").closest("section");
  const side = section.closest(".side");
  const chosen = document.getElementById(`theme-${theme.key}`);
  const beyond = section.getBoundingClientRect().bottom - side.getBoundingClientRect().bottom;
  const room = chosen.getBoundingClientRect().top - side.getBoundingClientRect().top - 40;
  if (beyond > 0 && room > 0) side.scrollTop += Math.min(beyond, room);
}
