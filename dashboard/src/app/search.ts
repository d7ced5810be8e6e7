/** A text parameter of the address, left out when it is missing or empty. */
export function textOf<Name extends string>(
  search: Record<string, unknown>,
  name: Name,
): { [K in Name]?: string } {
  const value = search[name];
  return (typeof value === "string" || typeof value === "number") && value !== ""
    ? ({ [name]: String(value) } as { [K in Name]?: string })
    : {};
}

/** A whole number from 1 on in the address, left out when it is none. */
export function countOf<Name extends string>(
  search: Record<string, unknown>,
  name: Name,
): { [K in Name]?: number } {
  const value = Number(search[name]);
  return Number.isInteger(value) && value > 0 ? ({ [name]: value } as { [K in Name]?: number }) : {};
}
