// The open project of the page, for every component below the project's shell.
import { createContext, useContext } from "react";
import type { ProjectSession } from "./session";

export const SessionContext = createContext<ProjectSession | null>(null);

export function useSession(): ProjectSession {
  const session = useContext(SessionContext);
  if (session === null) throw new Error("no project is open here");
  return session;
}
