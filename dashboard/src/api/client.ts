import createClient from "openapi-fetch";
import type { components, paths } from "./schema";

/** Calls of the API: paths, parameters and bodies are checked against the generated description. */
export const api = createClient<paths>({ baseUrl: "/", fetch: send });

/** A refusal of the server in its own words (RFC 9457), or `unreachable` when nobody answered. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** What a call answered; throws an [`ApiError`] for everything else. */
export async function ok<Data>(
  call: Promise<{ data?: Data; error?: unknown; response: Response }>,
): Promise<Data> {
  const { data, error, response } = await call;
  if (response.ok) return data as Data;
  const said = error as Partial<components["schemas"]["Problem"]> | undefined;
  const text =
    said?.detail || said?.title || `The server answered ${response.status} ${response.statusText}.`;
  throw new ApiError(response.status, said?.code ?? "unknown", text);
}

async function send(request: Request): Promise<Response> {
  try {
    return await fetch(request);
  } catch {
    throw new ApiError(0, "unreachable", "Bailiwick does not answer. Is it still running in its terminal?");
  }
}
