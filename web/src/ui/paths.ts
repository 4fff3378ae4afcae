// Paths of the pages.

export const projectPath = (entity: string, project: string) => `/${encodeURIComponent(entity)}/${encodeURIComponent(project)}`;
export const runsPath = (entity: string, project: string) => `${projectPath(entity, project)}/runs`;
export const runPath = (entity: string, project: string, run: string, page: "charts" | "overview") =>
  `${runsPath(entity, project)}/${encodeURIComponent(run)}/${page}`;
