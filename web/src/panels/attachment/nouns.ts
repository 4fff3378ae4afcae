// What the kinds of this panel are called.

export const NOUNS: Readonly<Record<string, string>> = {
  "molecule-file": "Molecule",
  "object3D-file": "3D object",
  "plotly-file": "Plotly figure",
  chart: "Chart",
};
