// What a reader sees of the outputs of a notebook, in plain numbers and texts.
() => {
  const notebook = window.jupyterapp.shell.currentWidget.node.querySelector(".jp-Notebook");
  const of = (selector) => [...notebook.querySelectorAll(selector)];
  const cell = (node) => [...notebook.querySelectorAll(".jp-Cell")].indexOf(node.closest(".jp-Cell"));
  const mime = (type) => of(`.jp-OutputArea-output[data-mime-type="${type}"]`);
  const room = (node) => node.closest(".jp-OutputArea-output").clientWidth;
  // a cell that is nothing but a number as a computer writes it: without separators, with its last digits, or a word
  const raw = /^(-?\d{5,}(\.0)?|-?\d+\.\d{6,}|-?\d(\.\d+)?e[+-]?\d+|NaN|None|<NA>|nan|inf|True|False)$/;
  return {
    errors: mime("application/vnd.jupyter.error").map((at) => [cell(at), at.innerText]),
    stderr: mime("application/vnd.jupyter.stderr").map((at) => [cell(at), at.innerText]),
    empty: of(".jp-OutputArea-output").filter((at) => at.clientHeight > 2 && !at.innerText.trim()
      && !at.querySelector("img, svg, progress, canvas")).map((at) => [cell(at), at.dataset.mimeType]),
    wide: of(".jp-OutputArea-output table").filter((at) => at.scrollWidth > room(at) + 1)
      .map((at) => [cell(at), at.scrollWidth, room(at)]),
    // a printed table whose lines are broken is no table
    broken: of(".jp-OutputArea-output pre").filter((at) => {
      const line = parseFloat(getComputedStyle(at).lineHeight);
      const lines = at.innerText.replace(/\n$/, "").split("\n");
      const tabular = lines.length > 2 && lines.filter((text) => /\S {2,}\S/.test(text)).length > 2;
      return tabular && at.clientHeight > line * (lines.length + 0.9);
    }).map((at) => [cell(at), at.innerText.split("\n")[0]]),
    numbers: of(".jp-OutputArea-output td").filter((at) => raw.test(at.innerText.trim()))
      .map((at) => [cell(at), at.innerText.trim()]),
    pictures: of(".jp-OutputArea-output img").map((at) => [cell(at), at.naturalWidth]),
    bars: of(".jp-OutputArea-output progress").map((at) => [cell(at), at.value, at.parentElement.innerText]),
    waits: of(".jp-CodeCell .jp-InputPrompt").filter((at) => at.textContent.includes("*")).length,
  };
}
