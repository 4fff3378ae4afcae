// Names of the kinds that this panel offers as files.

export const NOUNS: Readonly<Record<string, string>> = {
  "molecule-file": "Molecule",
  "object3D-file": "3D object",
  "plotly-file": "Plotly figure",
  chart: "Chart",
};
