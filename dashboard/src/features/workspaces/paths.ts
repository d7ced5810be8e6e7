/** The folders that lead to a path, the workspace itself first with an empty path and name. */
export function parents(path: string): { path: string; name: string }[] {
  const names = path.split("/").filter(Boolean);
  return [
    { path: "", name: "" },
    ...names.map((name, index) => ({ path: names.slice(0, index + 1).join("/"), name })),
  ];
}

export function join(folder: string, name: string): string {
  return folder ? `${folder}/${name}` : name;
}

/** The folder that a path lies in; empty for the workspace itself. */
export function parentOf(path: string): string {
  return path.split("/").slice(0, -1).join("/");
}
