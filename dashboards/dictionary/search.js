(() => {
  const SHOWN = 40;
  const entries = JSON.parse(document.getElementById("entries").textContent);
  const finder = document.querySelector(".finder");
  const input = finder.querySelector("input");
  const told = finder.querySelector("[role=status]");
  const list = finder.querySelector("ul");
  finder.hidden = false;

  const score = (entry, words) => {
    const name = entry.name.toLowerCase();
    const text = `${name} ${entry.title.toLowerCase()} ${entry.text.toLowerCase()}`;
    if (!words.every((word) => text.includes(word))) return 0;
    const last = name.slice(name.lastIndexOf(".") + 1);
    if (last === words.join("_")) return 4;
    return words.every((word) => name.includes(word)) ? (last.startsWith(words[0]) ? 3 : 2) : 1;
  };

  const show = (entry) => {
    const item = document.createElement("li");
    const kind = document.createElement("span");
    const link = document.createElement("a");
    const text = document.createElement("small");
    kind.className = "kind";
    kind.textContent = entry.kind;
    link.href = entry.href;
    link.textContent = entry.title || entry.name;
    text.textContent = entry.text;
    item.append(kind, link, text);
    return item;
  };

  const find = () => {
    const words = input.value.toLowerCase().split(/[\s_]+/).filter(Boolean);
    const scored = words.length ? entries.map((entry) => [score(entry, words), entry]) : [];
    const found = scored.filter(([points]) => points).sort(([a], [b]) => b - a).map(([, entry]) => entry);
    list.replaceChildren(...found.slice(0, SHOWN).map(show));
    told.textContent = words.length ? `${found.length} found${found.length > SHOWN ? `, the first ${SHOWN} shown` : ""}` : "";
  };

  input.addEventListener("input", find);
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && document.activeElement !== input) {
      event.preventDefault();
      input.focus();
    }
  });

  const mark = (name, on) => {
    for (const path of document.querySelectorAll(".lineage path")) {
      if (path.dataset.from === name || path.dataset.to === name) path.classList.toggle("on", on);
    }
  };
  for (const box of document.querySelectorAll(".lineage .box")) {
    for (const [event, on] of [["mouseenter", true], ["mouseleave", false], ["focus", true], ["blur", false]]) {
      box.addEventListener(event, () => mark(box.dataset.name, on));
    }
  }
})();
