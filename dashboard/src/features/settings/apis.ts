import type { ProviderApi } from "@/api/types";

/** The wire formats, by the name a person knows them by. */
export const APIS: { id: ProviderApi; label: string; detail: string }[] = [
  { id: "openai_chat", label: "OpenAI Chat Completions", detail: "Also Ollama, llama.cpp, vLLM, LM Studio" },
  { id: "openai_responses", label: "OpenAI Responses", detail: "What OpenAI itself prefers" },
  { id: "anthropic_messages", label: "Anthropic Messages", detail: "Claude" },
  { id: "gemini", label: "Gemini", detail: "Google" },
];

export function apiName(api: ProviderApi): string {
  return APIS.find(({ id }) => id === api)?.label ?? api;
}
