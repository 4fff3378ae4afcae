// The query of the present view, for links that keep it.
import { useView, viewSearch } from "./store";

export function useViewSearch(): string {
  return useView(viewSearch);
}
