// Paper: the layout of the printed page is put on just before, so that the map can be drawn in
// its size, and sharper than a screen needs.
function preparePrint(map, sheet) {
  let view = null;
  const density = sheet.density;

  window.addEventListener("beforeprint", () => {
    view = { centre: map.getCenter(), zoom: map.getZoom(), all: map.igh_fitted };
    document.documentElement.classList.add("printing");
    sheet.density = 3;
    map.invalidateSize({ animate: false, pan: false });
    fitAll(map);
    sheet._update();
  });
  window.addEventListener("afterprint", () => {
    document.documentElement.classList.remove("printing");
    sheet.density = density;
    map.invalidateSize({ animate: false, pan: false });
    map.setView(view.centre, view.zoom, { animate: false });
    sheet._update();
  });
  document.getElementById("print").addEventListener("click", () => window.print());
}
