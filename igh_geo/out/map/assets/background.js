// The background map: pictures of one host, only where the lens asks for it. One of them is asked
// first; when it does not come the page keeps its own ground, and says so once.
const SEE_THROUGH = 0.62;
// So many failures in a row, after it worked at first: the network has gone.
const MOST_FAILURES = 3;
const background = { layer: null, isOn: false, pictures: new Map(), failures: 0 };

const backgroundIsOn = () => background.isOn;

const addressOf = ({ x, y, z }) => data.around.tiles.replace("{z}", z).replace("{x}", x).replace("{y}", y);

// Without a referrer the host learns which picture is asked for, and not by which page.
function picture(coords, { onload, onerror }) {
  const image = document.createElement("img");
  image.alt = "";
  image.crossOrigin = "anonymous";
  image.referrerPolicy = "no-referrer";
  image.onload = onload;
  image.onerror = onerror;
  image.src = addressOf(coords);
  return image;
}

// Leaflet's own layer of pictures replaces those it drops by one inside the page, which the
// policy of the page forbids.
const Pictures = L.GridLayer.extend({
  options: { minZoom: 6, maxZoom: 19, keepBuffer: 1, updateWhenIdle: true },

  createTile(coords, done) {
    const image = picture(coords, {
      onload: () => {
        background.failures = 0;
        background.pictures.set(image, coords);
        done(null, image);
      },
      onerror: () => {
        background.failures += 1;
        done(new Error("no picture"), image);
        if (background.failures >= MOST_FAILURES) loseBackground();
      },
    });
    return image;
  },
});

function middlePicture() {
  const z = Math.max(6, Math.min(19, Math.round(map.getZoom())));
  const { x, y } = map.project(map.getCenter(), z);
  return { x: Math.floor(x / 256), y: Math.floor(y / 256), z };
}

function switchBackground(on) {
  background.isOn = on;
  background.failures = 0;
  if (on && !background.layer) {
    background.layer = new Pictures();
    background.layer.on("tileunload", ({ tile }) => background.pictures.delete(tile));
    background.layer.on("load", () => sheet.fire("drawn"));
  }
  if (on) background.layer.addTo(map);
  else if (background.layer) background.layer.remove();
  document.getElementById("background-source").hidden = !on;
  showLegend();
  sheet.draw();
}

function loseBackground() {
  if (background.isOn) switchBackground(false);
  document.getElementById("background").checked = false;
  document.getElementById("background-said").textContent = say("surroundings.unreachable");
}

function askBackground() {
  document.getElementById("background-said").textContent = "";
  const isWanted = () => document.getElementById("background").checked;
  picture(middlePicture(), {
    onload: () => isWanted() && switchBackground(true),
    onerror: () => isWanted() && loseBackground(),
  });
}

function buildBackground() {
  if (!data.around.tiles) return;
  const input = element("input", { type: "checkbox", id: "background" });
  const label = element("label", { for: "background", text: say("surroundings.background") });
  const said = element("p", { id: "background-said", className: "hint", role: "status" });
  document.getElementById("overlays").append(element("div", { className: "option" }, [input, label]), said);
  document.querySelector(".under-map").append(
    element("span", { id: "background-source", className: "source", text: say("surroundings.attribution"), hidden: "" }),
  );
  input.checked = true;
  input.addEventListener("change", () => (input.checked ? askBackground() : switchBackground(false)));
  askBackground();
}

// The printed canvas has no layer beneath it: what is on the screen is drawn into it.
function paintPictures(context, view) {
  if (!background.isOn || !view.readBack) return;
  for (const [image, { x, y, z }] of background.pictures) {
    const size = EARTH / 2 ** z;
    const left = x * size - EARTH / 2 - data.frame[0];
    const top = data.frame[1] - (EARTH / 2 - y * size);
    // A hair wider, so that no seam shows between two.
    context.drawImage(image, left, top, size + 0.6 / view.scale, size + 0.6 / view.scale);
  }
}
