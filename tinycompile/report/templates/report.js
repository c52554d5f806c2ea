// Hovering or focusing a part of a picture shows its facts. Without this script the browser shows the same
// texts by itself, from the titles.
(function () {
  "use strict";
  var tip = document.getElementById("tip");

  function line(text, name) {
    var row = document.createElement("div");
    row.className = name;
    row.textContent = text;
    return row;
  }

  function show(text, extra, x, y) {
    tip.replaceChildren.apply(tip, text.split("\n").map(function (words, index) {
      return line(words, index ? "" : "first");
    }));
    if (extra) tip.appendChild(line(extra, "at"));
    tip.hidden = false;
    var box = tip.getBoundingClientRect();
    var left = Math.max(8, Math.min(x + 14, window.innerWidth - box.width - 8));
    var top = y + 18 + box.height > window.innerHeight ? y - box.height - 12 : y + 18;
    tip.style.left = left + "px";
    tip.style.top = Math.max(8, top) + "px";
  }

  function columnAt(picture, x) {
    if (!picture.dataset.column) return null;
    var box = picture.getBoundingClientRect();
    var inside = (x - box.left) / box.width * picture.viewBox.baseVal.width - Number(picture.dataset.left);
    var step = Math.floor(inside / Number(picture.dataset.column));
    return picture.querySelectorAll(".column")[step] || null;
  }

  function point(picture, column) {
    var cursor = picture.querySelector(".cursor");
    if (!cursor) return;
    cursor.setAttribute("visibility", column ? "visible" : "hidden");
    if (column) cursor.setAttribute("x", column.querySelector("rect").getAttribute("x"));
  }

  function hide(picture) {
    tip.hidden = true;
    point(picture, null);
  }

  function follow(picture, event) {
    var hot = event.target.closest(".hot");
    var column = columnAt(picture, event.clientX);
    point(picture, column);
    hot = hot || column;
    if (!hot) {
      tip.hidden = true;
      return;
    }
    var at = column && hot.classList.contains("block") ? "At " + column.dataset.tip.split("\n").join(", ") : "";
    show(hot.dataset.tip, at, event.clientX, event.clientY);
  }

  function walk(picture, event) {
    if (event.key === "Escape") return hide(picture);
    var ahead = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!ahead) return;
    event.preventDefault();
    var stops = Array.from(picture.querySelectorAll(".stop"));
    var next = stops[(stops.indexOf(document.activeElement) + ahead + stops.length) % stops.length];
    stops.forEach(function (stop) { stop.setAttribute("tabindex", stop === next ? "0" : "-1"); });
    next.focus();
  }

  function prepare(picture) {
    picture.querySelectorAll(".hot").forEach(function (hot) {
      var title = hot.querySelector("title");
      hot.dataset.tip = title.textContent;
      hot.setAttribute("aria-label", title.textContent);
      title.remove();
      if (!hot.matches(".column, .load, .band")) {
        hot.classList.add("stop");
        hot.setAttribute("role", "img");
        hot.setAttribute("tabindex", "-1");
      }
    });
    var first = picture.querySelector(".stop");
    if (first) first.setAttribute("tabindex", "0");
    picture.addEventListener("pointermove", function (event) { follow(picture, event); });
    picture.addEventListener("pointerdown", function (event) { follow(picture, event); });
    picture.addEventListener("pointerleave", function () { hide(picture); });
    picture.addEventListener("keydown", function (event) { walk(picture, event); });
    picture.addEventListener("focusout", function () { hide(picture); });
    picture.addEventListener("focusin", function (event) {
      var hot = event.target.closest(".stop");
      if (!hot || !hot.matches(":focus")) return;
      var box = hot.getBoundingClientRect();
      show(hot.dataset.tip, "", box.left + box.width / 2, box.top + box.height / 2);
    });
  }

  document.querySelectorAll(".picture").forEach(prepare);
})();
