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

function fitAll() {
  map.fitBounds(boundsOf([0, 0, data.frame[2], data.frame[3]]), { padding: [8, 8], animate: false });
}

// A round length of at most 110 pixels.
function showScale(bar, metresPerPixel) {
  const most = 110 * metresPerPixel;
  const power = 10 ** Math.floor(Math.log10(most));
  const length = [5, 2, 1].map((step) => step * power).find((one) => one <= most);
  bar.style.width = `${length / metresPerPixel}px`;
  bar.textContent = length >= 1000 ? `${number(length / 1000)} km` : `${number(length)} m`;
}

function showScreenScale() {
  // Along the middle of the map: Mercator enlarges by the cosine of the latitude.
  const shrink = Math.cos((map.getCenter().lat * Math.PI) / 180);
  showScale(document.getElementById("scale"), shrink / sheet.view.scale);
}

// What is shown is in the address, so that a briefing can open a given theme and area.
function keepAddress() {
  const parts = new URLSearchParams({ thema: state.theme });
  if (state.area >= 0) parts.set("gebied", data.areas.code[state.area]);
  history.replaceState(null, "", `#${parts}`);
}

function readAddress() {
  const parts = new URLSearchParams(location.hash.slice(1));
  const theme = themeByKey.get(parts.get("thema"));
  if (theme && !theme.reason) state.theme = theme.key;
  state.area = data.areas.code.indexOf(parts.get("gebied"));
}

function chooseTheme(key) {
  state.theme = key;
  document.getElementById(`theme-${key}`).checked = true;
  showLegend();
  sheet.draw();
  keepAddress();
}

function toggleOverlay(key, on) {
  if (on) state.overlays.add(key);
  else state.overlays.delete(key);
  showLegend();
  sheet.draw();
}

function chooseArea(row, { zoom = false } = {}) {
  state.area = row;
  hideTip();
  showArea(row, () => chooseArea(-1));
  if (zoom && row >= 0) {
    map.fitBounds(boundsOf(shapes[row].box), { maxZoom: Math.max(map.getZoom(), 14), padding: [60, 60], animate: false });
  }
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
readAddress();
fitAll();
sheet.addTo(map);
const drawPaperLater = preparePaper(map, sheet);
buildThemes(chooseTheme);
buildOverlays(toggleOverlay);
buildSearch((row) => chooseArea(row, { zoom: true }));
showTop((row) => chooseArea(row, { zoom: true }));
showMonths();
showHours();
chooseTheme(state.theme);
if (state.area >= 0) chooseArea(state.area, { zoom: true });
showScreenScale();

map.on("zoomend moveend", showScreenScale);
map.on("mousemove", showTip);
map.on("mouseout dragstart zoomstart", hideTip);
map.on("click", (event) => {
  const row = areaAt(...toMetres(event.latlng));
  chooseArea(row === state.area ? -1 : row);
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") hideTip();
});
document.getElementById("zoom-in").addEventListener("click", () => map.zoomIn());
document.getElementById("zoom-out").addEventListener("click", () => map.zoomOut());
document.getElementById("fit").addEventListener("click", fitAll);
new ResizeObserver(() => map.invalidateSize({ animate: false })).observe(map.getContainer());
window.igh_ready = true;
