// What a reader sees of the outputs of a notebook, in plain numbers and texts.
() => {
  const notebook = window.jupyterapp.shell.currentWidget.node.querySelector(".jp-Notebook");
  const of = (selector) => [...notebook.querySelectorAll(selector)];
  const cell = (node) => [...notebook.querySelectorAll(".jp-Cell")].indexOf(node.closest(".jp-Cell"));
  // errors and stderr look the same in the page: what they are stands in the document behind it
  const cells = window.jupyterapp.shell.currentWidget.content.widgets.map((at) => at.model.toJSON());
  const kept = (type) => cells.flatMap((at, place) => (at.outputs ?? []).filter((output) => output.output_type === type)
    .map((output) => [place, output]));
  const room = (node) => node.closest(".jp-OutputArea-output").clientWidth;
  // a cell that is nothing but a number as a computer writes it: without separators, with its last digits, or a word
  const raw = /^(-?\d{5,}(\.0)?|-?[1-9]\d*\.\d{6,}|-?0\.0*[1-9]\d{5,}|-?\d(\.\d+)?e[+-]?\d+|NaN|None|<NA>|nan|inf|True|False)$/;
  return {
    errors: kept("error").map(([at, output]) => [at, `${output.ename}: ${output.evalue}`]),
    stderr: kept("stream").filter(([_, output]) => output.name === "stderr").map(([at, output]) => [at, String(output.text)]),
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
