// Words from the catalogue, and numbers as the language of the page writes them.
function say(key, values) {
  const text = data.words[key] ?? "";
  return text.replace(/\{(\w+)(?::(=?)([^{}|]*)\|([^{}|]*))?\}/g, (mark, name, bare, one, more) => {
    if (!values || !(name in values)) return mark;
    const value = String(values[name]);
    if (one === undefined) return value;
    // One or more: the number chooses the word, as in igh_geo.texts.
    const word = value === "1" ? one : more;
    return bare ? word : `${value} ${word}`;
  });
}

const locale = data.language === "nl" ? "nl-NL" : "en-GB";

function number(value, decimals = 0) {
  if (value === null || value === undefined) return "–";
  const format = { minimumFractionDigits: decimals, maximumFractionDigits: decimals };
  return new Intl.NumberFormat(locale, format).format(value);
}

// No more digits than a rate can carry: as in igh_geo.texts.
function rate(value) {
  if (value === null || value === undefined) return "–";
  const size = Math.abs(value);
  return number(value, size < 1 ? 2 : size < 100 ? 1 : 0);
}

function month(pair) {
  return `${say(`full.month_short.${pair[1]}`)} ${pair[0]}`;
}

// Elements are only ever filled through textContent: a name from the data stays a name.
function element(tag, { text, className, ...attributes } = {}, children = []) {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}
