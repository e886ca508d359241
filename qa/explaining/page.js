"use strict";
// Draws the heat map of one head. The page can be read without: all heads are in its tables.
for (const box of document.querySelectorAll(".chooser")) {
  const heads = JSON.parse(box.querySelector("script").textContent);
  const select = box.querySelector("select");
  const table = box.querySelector("table");
  const draw = () => {
    const [layer, head] = select.value.split(" ").map(Number);
    const weights = heads.weights[layer][head];
    const most = Math.max(...weights.flat(), 1e-9);
    const body = document.createElement("tbody");
    heads.answer.forEach((word, row) => {
      const line = body.insertRow();
      const name = document.createElement("th");
      name.scope = "row";
      name.className = "hit";
      name.textContent = word;
      line.append(name);
      for (const weight of weights[row]) {
        const cell = line.insertCell();
        cell.className = "h" + Math.round((8 * weight) / most);
        cell.textContent = (100 * weight).toFixed(most < 0.1 ? 1 : 0);
      }
    });
    table.tBodies[0].replaceWith(body);
    table.caption.textContent =
      `Layer ${layer + 1}, head ${head + 1}: attention in percent; the strongest blue is ` +
      `${Math.round(100 * most)} %`;
  };
  select.addEventListener("change", draw);
  box.hidden = false;
  draw();
}
