// Search by name: a text field with a list, worked by keyboard as WAI-ARIA's combobox.
const MOST_FOUND = 12;

// "É" is found by "e", and an apostrophe of either kind by the other.
const plainText = (text) => text.normalize("NFD").replace(/[\u0300-\u036f]/g, "").replace(/[‘’`]/g, "'").toLowerCase();
const plainNames = once(() => data.areas.name.map(plainText));

function matches(query) {
  const wanted = plainText(query.trim());
  const rows = shapes.map((_, row) => row).filter((row) => plainNames()[row].includes(wanted));
  const startsWith = (row) => (plainNames()[row].startsWith(wanted) ? 0 : 1);
  return rows.sort((a, b) => startsWith(a) - startsWith(b) || plainNames()[a].localeCompare(plainNames()[b], locale));
}

function buildSearch(choose) {
  const field = document.getElementById("search");
  const list = document.getElementById("found");
  const said = document.getElementById("search-said");
  let rows = [];
  let active = -1;

  const close = () => {
    list.hidden = true;
    field.setAttribute("aria-expanded", "false");
    mark(-1);
  };
  const mark = (next) => {
    active = next;
    [...list.children].forEach((item, i) => item.setAttribute("aria-selected", String(i === active)));
    if (active >= 0) {
      field.setAttribute("aria-activedescendant", `found-${active}`);
      list.children[active].scrollIntoView({ block: "nearest" });
    } else {
      field.removeAttribute("aria-activedescendant");
    }
  };
  const take = (row) => {
    field.value = data.areas.name[row];
    close();
    choose(row);
  };
  const open = () => {
    const all = matches(field.value);
    rows = all.slice(0, MOST_FOUND);
    list.replaceChildren(...rows.map((row, i) => {
      const item = element("li", { role: "option", id: `found-${i}`, "aria-selected": "false" }, [
        element("span", { text: data.areas.name[row] }),
        element("small", { text: placeWords(row) }),
      ]);
      // On mousedown, because the field loses the focus before a click arrives.
      item.addEventListener("mousedown", (event) => { event.preventDefault(); take(row); });
      return item;
    }));
    said.textContent = all.length ? say("page.search_count", { n: number(all.length) }) : say("page.search_none");
    if (!rows.length) list.append(element("li", { role: "option", "aria-disabled": "true", text: say("page.search_none") }));
    list.hidden = false;
    field.setAttribute("aria-expanded", "true");
    mark(-1);
  };

  field.addEventListener("input", () => (field.value.trim() ? open() : close()));
  field.addEventListener("blur", close);
  field.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (list.hidden) open();
      if (rows.length) mark((active + (event.key === "ArrowDown" ? 1 : -1) + rows.length) % rows.length);
    } else if (event.key === "Enter" && rows.length && !list.hidden) {
      event.preventDefault();
      take(rows[Math.max(0, active)]);
    } else if (event.key === "Escape") {
      close();
    }
  });
}
