// Everything tied together: folium made the map, here it gets its sheet and its readers.
const map = window.igh_map;
const sheet = new Sheet();
const tip = document.getElementById("tip");

function toLatLng(x, y) {
  return L.CRS.EPSG3857.unproject(L.point(data.frame[0] + x, data.frame[1] - y));
}

function toMetres(latlng) {
  const point = L.CRS.EPSG3857.project(latlng);
  return [point.x - data.frame[0], data.frame[1] - point.y];
}

function boundsOf([left, top, right, bottom]) {
  return L.latLngBounds(toLatLng(left, bottom), toLatLng(right, top));
}

let home = null;

function fitAll() {
  map.fitBounds(boundsOf([0, 0, data.frame[2], data.frame[3]]), { padding: [8, 8], animate: false });
  home = { center: map.getCenter(), zoom: map.getZoom() };
}

function showAll() {
  fitAll();
  keepAddress();
}

// Half a pixel may be lost in rounding.
function isHome() {
  const away = map.project(map.getCenter()).distanceTo(map.project(home.center));
  return map.getZoom() === home.zoom && away < 1;
}

// A round length of at most 110 pixels.
function showScale(bar, metresPerPixel) {
  const most = 110 * metresPerPixel;
  const power = 10 ** Math.floor(Math.log10(most));
  const length = [5, 2, 1].map((step) => step * power).find((one) => one <= most);
  const pixels = length / metresPerPixel;
  bar.style.width = `${pixels}px`;
  bar.textContent = length >= 1000 ? `${number(length / 1000)} km` : `${number(length)} m`;
  return pixels;
}

function showScreenScale() {
  // Along the middle of the map: Mercator enlarges by the cosine of the latitude.
  const shrink = Math.cos((map.getCenter().lat * Math.PI) / 180);
  showScale(document.getElementById("scale"), shrink / sheet.view.scale);
}

// What is shown is in the address, so that a briefing can open a given theme, area and place. It
// replaces the address before it, so that "back" leaves the page instead of undoing every click.
const OVERLAYS_FIRST = [...state.overlays].join("+");

function keepAddress() {
  const parts = new URLSearchParams({ thema: state.theme });
  if (stepKey()) parts.set("stap", stepKey());
  if (state.area >= 0) parts.set("gebied", data.areas.code[state.area]);
  const overlays = [...state.overlays].sort().join("+");
  if (overlays !== OVERLAYS_FIRST) parts.set("extra", overlays || "-");
  if (!isHome()) {
    const { lat, lng } = map.getCenter();
    parts.set("plaats", [lat.toFixed(5), lng.toFixed(5), map.getZoom()].join("_"));
  }
  history.replaceState(null, "", `#${parts}`);
}

function readAddress() {
  const parts = new URLSearchParams(location.hash.slice(1));
  const theme = themeByKey.get(parts.get("thema"));
  if (theme && !theme.reason) state.theme = theme.key;
  readStep(parts.get("stap"));
  state.area = data.areas.code.indexOf(parts.get("gebied"));
  if (parts.has("extra")) state.overlays = new Set(parts.get("extra").split(/[+ ]/).filter(isOverlay));
}

function isOverlay(key) {
  const box = document.getElementById(`overlay-${key}`);
  return Boolean(box) && !box.disabled;
}

// The place in the address, or else the chosen area, or else everything.
function goToAddress() {
  const [lat, lng, zoom] = (new URLSearchParams(location.hash.slice(1)).get("plaats") ?? "").split("_").map(Number);
  const isPlace = zoom >= map.getMinZoom() && zoom <= map.getMaxZoom() && Math.abs(lat) < 85 && Math.abs(lng) <= 180;
  fitAll();
  if (isPlace) map.setView([lat, lng], zoom, { animate: false });
  else if (state.area >= 0) goToArea(state.area);
}

function goToArea(row) {
  map.fitBounds(boundsOf(shapes[row].box), { maxZoom: Math.max(map.getZoom(), 14), padding: [60, 60], animate: false });
}

// An address typed over, or a link within a briefing that is open already.
function followAddress() {
  readAddress();
  for (const box of document.querySelectorAll("#overlays input")) box.checked = state.overlays.has(box.value);
  goToAddress();
  showChosen();
  chooseTheme(state.theme);
  sheet.mark();
}

function chooseTheme(key) {
  state.theme = key;
  document.getElementById(`theme-${key}`).checked = true;
  courseBar.show();
  document.getElementById("said").textContent = currentTheme().title;
  showLegend();
  sheet.draw();
  keepAddress();
}

function toggleOverlay(key, on) {
  if (on) state.overlays.add(key);
  else state.overlays.delete(key);
  showLegend();
  sheet.draw();
  keepAddress();
}

function showChosen() {
  showArea(state.area, () => chooseArea(-1));
  // A printed page is about the area, where one is chosen.
  document.body.classList.toggle("about-area", state.area >= 0);
}

let opener = null;

function chooseArea(row, { zoom = false } = {}) {
  const panel = document.getElementById("area");
  if (row >= 0 && !panel.contains(document.activeElement)) opener = document.activeElement;
  // Closing the panel takes its button away: the keyboard goes back to where it came from.
  const isLeft = row < 0 && panel.contains(document.activeElement);
  state.area = row;
  hideTip();
  showChosen();
  if (isLeft) (opener?.isConnected ? opener : map.getContainer()).focus();
  document.getElementById("said").textContent = row < 0 ? "" : [data.areas.name[row], isWater(row) ? say("say.water") : countWords(row)].join(": ");
  if (zoom && row >= 0) goToArea(row);
  // Where the panel stands below the map, it is brought into view from above.
  panel.scrollTop = 0;
  panel.closest(".side").scrollTop = 0;
  sheet.mark();
  drawPaperLater();
  keepAddress();
}

function hideTip() {
  tip.hidden = true;
  if (sheet.pointed >= 0) {
    sheet.pointed = -1;
    sheet.mark();
  }
}

function showTip(event) {
  const [x, y] = toMetres(event.latlng);
  const row = areaAt(x, y);
  if (row < 0) {
    hideTip();
    return;
  }
  if (row !== sheet.pointed) {
    sheet.pointed = row;
    sheet.mark();
  }
  const [name, ...lines] = tipLines(row, x, y, 6 / sheet.view.scale);
  tip.replaceChildren(element("strong", { text: name }), ...lines.map((text) => element("span", { text })));
  tip.hidden = false;
  // Beside the pointer, on whichever side has room.
  const size = map.getSize();
  const { x: left, y: top } = event.containerPoint;
  const goLeft = left + tip.offsetWidth + 24 > size.x;
  const goUp = top + tip.offsetHeight + 24 > size.y;
  tip.style.left = `${Math.max(4, goLeft ? left - tip.offsetWidth - 14 : left + 16)}px`;
  tip.style.top = `${Math.max(4, goUp ? top - tip.offsetHeight - 12 : top + 16)}px`;
}

map.getContainer().setAttribute("role", "application");
map.getContainer().setAttribute("aria-label", say("page.map"));
buildOverlays(toggleOverlay);
readAddress();
buildThemes(chooseTheme);
const courseBar = buildCourse(() => {
  hideTip();
  showLegend();
  sheet.draw();
  keepAddress();
});
fitAll();
sheet.addTo(map);
const drawPaperLater = preparePaper(map, sheet);
buildSearch((row) => chooseArea(row, { zoom: true }));
showTop((row) => chooseArea(row, { zoom: true }));
showMonths();
showHours();
followAddress();
showScreenScale();
buildBackground();

window.addEventListener("hashchange", followAddress);
map.on("zoomend moveend", () => {
  showScreenScale();
  keepAddress();
});
map.on("mousemove", showTip);
map.on("mouseout dragstart zoomstart", hideTip);
map.on("click", (event) => {
  const row = areaAt(...toMetres(event.latlng));
  chooseArea(row === state.area ? -1 : row);
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") hideTip();
});
map.getContainer().addEventListener("keydown", (event) => {
  if (event.key === "Enter") chooseArea(areaAt(...toMetres(map.getCenter())));
});
document.getElementById("zoom-in").addEventListener("click", () => map.zoomIn());
document.getElementById("zoom-out").addEventListener("click", () => map.zoomOut());
document.getElementById("fit").addEventListener("click", showAll);
// A map that shows everything goes on doing so on a screen that is turned or enlarged.
new ResizeObserver(() => {
  // On paper the map is away: it keeps its size, and the pictures that the paper shows.
  if (!map.getContainer().clientWidth) return;
  const wasHome = isHome();
  map.invalidateSize({ animate: false });
  if (wasHome) showAll();
}).observe(map.getContainer());
window.igh_ready = true;
