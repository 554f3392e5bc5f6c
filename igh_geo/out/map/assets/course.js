// Going through time: the theme whose classes stay the same while its step changes.
const STEP_MS = 1000;
const UNTOLD = { "-1": "w", "-2": "m", "-3": "n" };

// Counts in parts, one area after another; below zero is a status, as in breakdowns.py.
const partsOf = (table) => {
  const all = once(() => decodeNumbers(table.parts));
  return (row, n) => all().slice(row * n, (row + 1) * n);
};
const nSteps = data.course ? data.course.keys.length : 0;
const courseParts = data.course ? partsOf(data.course) : null;

const walk = { step: nSteps - 1, timer: 0 };
const courseTitle = themeByKey.get("course")?.title;

const courseOf = (row) => courseParts(row, nSteps);

function stepCodes(step) {
  const { limits, has_zero: hasZero } = data.course;
  return shapes.map((_, row) => {
    if (isWater(row)) return "~";
    const count = courseOf(row)[step];
    if (count < 0) return UNTOLD[count];
    if (count === 0) return "0";
    return String(Number(hasZero) + limits.filter((limit) => limit <= count).length);
  }).join("");
}

// What an address calls a step; the last one when it names none that there is.
function readStep(key) {
  const step = data.course ? data.course.keys.indexOf(key) : -1;
  if (step >= 0) walk.step = step;
}

const stepKey = () => (state.theme === "course" ? data.course.keys[walk.step] : "");

// What the tooltip says of an area in the step that is shown.
function stepWords(row) {
  const count = courseOf(row)[walk.step];
  const name = data.course.names[walk.step];
  const status = STATUS_OF[UNTOLD[count]];
  if (status) return say("course.slider.tip_none", { name, status: say(`full.status.${status}`) });
  return say("course.slider.tip", { name, count: number(count), noun: data.noun });
}

// The theme as it stands at the present step; paths of another step are not kept.
function placeCourse() {
  const theme = themeByKey.get("course");
  theme.codes = stepCodes(walk.step);
  theme.title = say("course.slider.legend", { title: courseTitle, name: data.course.names[walk.step] });
  drawings.delete("course");
}

const ICONS = {
  back: "M11 1v12L3 7zM1 1h2v12H1z", on: "M3 1l8 6-8 6zM11 1h2v12h-2z", play: "M2 1l11 6-11 6z", pause: "M2 1h4v12H2zM8 1h4v12H8z",
};

function icon(name) {
  return drawn("svg", { viewBox: "0 0 14 14", "aria-hidden": "true" }, [drawn("path", { d: ICONS[name] })]);
}

// The bar under the map; `changed` draws what depends on the step.
function buildCourse(changed) {
  const bar = document.getElementById("course");
  const words = (key) => say(`course.slider.${key}`);
  const button = (name, className, act) => {
    const made = element("button", { type: "button", className, "aria-label": words(name), title: words(name) }, [icon(name)]);
    made.addEventListener("click", act);
    return made;
  };
  const slider = element("input", { type: "range", min: 0, max: Math.max(0, nSteps - 1), step: 1, "aria-label": words("label") });
  const said = element("output", { "aria-live": "off" });
  const caption = element("span");
  const play = element("button", { type: "button", className: "play" });

  const tell = () => {
    const name = data.course.names[walk.step];
    const whole = data.course.whole[walk.step];
    const total = whole === null ? words("hidden") : say("course.slider.whole", { count: number(whole), noun: data.noun });
    slider.value = walk.step;
    slider.setAttribute("aria-valuetext", say("course.slider.step", { name, i: walk.step + 1, n: nSteps }));
    said.replaceChildren(element("strong", { text: name }), element("span", { text: total }));
    caption.textContent = words(walk.timer ? "pause" : "play");
    play.replaceChildren(icon(walk.timer ? "pause" : "play"), caption);
  };
  const go = (step) => {
    walk.step = Math.max(0, Math.min(nSteps - 1, step));
    tell();
    placeCourse();
    changed();
  };
  const stop = () => {
    clearInterval(walk.timer);
    walk.timer = 0;
    tell();
  };
  const start = () => {
    walk.timer = setInterval(() => {
      if (walk.step >= nSteps - 2) stop();
      go(walk.step + 1);
    }, STEP_MS);
    // From the end it begins again.
    go(walk.step >= nSteps - 1 ? 0 : walk.step);
  };
  const by = (n) => () => {
    if (walk.timer) stop();
    go(walk.step + n);
  };
  play.addEventListener("click", () => (walk.timer ? stop() : start()));
  slider.addEventListener("input", () => {
    if (walk.timer) stop();
    go(Number(slider.value));
  });
  bar.append(
    element("div", { className: "steps" }, [button("back", "", by(-1)), play, button("on", "", by(1))]),
    slider, said,
  );
  return {
    // Shown with its theme only; another theme ends the walk.
    show() {
      bar.hidden = state.theme !== "course";
      if (bar.hidden && walk.timer) stop();
      if (bar.hidden) return;
      tell();
      placeCourse();
    },
  };
}
