// The field of a search or a filter.
import type { ComponentProps } from "react";

type Props = Omit<ComponentProps<"input">, "onChange"> & { label: string; onChange: (text: string) => void };

export function SearchField({ label, onChange, ...rest }: Props) {
  return <input type="search" className="field" placeholder={label} aria-label={label} onChange={(event) => onChange(event.target.value)} {...rest} />;
}
