export const WORKSPACES = [
  {
    id: "0190a000-0000-7000-8000-000000000001",
    root: "/home/ada/projects/tide-table",
    name: "tide-table",
    created_at: "2026-11-01T08:00:00Z",
  },
  {
    id: "0190a000-0000-7000-8000-000000000002",
    root: "/home/ada/projects/harbour-website",
    name: "harbour-website",
    created_at: "2026-11-03T08:00:00Z",
  },
];

export const MODELS = [
  {
    name: "anthropic/claude-sonnet",
    context_tokens: 200_000,
    max_output_tokens: 64_000,
    price: { input: 3, output: 15, cache_read: 0.3, cache_write: 3.75 },
    host: "api.anthropic.com",
    ready: true,
  },
  {
    name: "openai/gpt-large",
    context_tokens: 400_000,
    max_output_tokens: 128_000,
    price: { input: 1.25, output: 10 },
    host: "api.openai.com",
    ready: false,
    why_not: "No key: enter one in the settings, or set OPENAI_API_KEY.",
  },
  {
    name: "ollama/qwen3",
    context_tokens: 32_768,
    max_output_tokens: 8_192,
    price: { input: 0, output: 0 },
    host: "127.0.0.1:11434",
    ready: true,
  },
  {
    name: "demo",
    context_tokens: 100_000,
    max_output_tokens: 4_000,
    price: { input: 0, output: 0 },
    host: null,
    ready: true,
  },
];

const info = ({ ready, why_not, ...model }) => model;
const of = (provider) => MODELS.filter(({ name }) => name.startsWith(`${provider}/`)).map(info);

export const PROVIDERS = [
  {
    name: "anthropic",
    api: "anthropic_messages",
    base_url: null,
    key_env: "ANTHROPIC_API_KEY",
    has_key: true,
    key_source: "environment",
    models: of("anthropic"),
  },
  {
    name: "gemini",
    api: "gemini",
    base_url: null,
    key_env: "GEMINI_API_KEY",
    has_key: false,
    key_source: null,
    models: [],
  },
  {
    name: "ollama",
    api: "openai_chat",
    base_url: "http://127.0.0.1:11434/v1",
    key_env: null,
    has_key: false,
    key_source: null,
    models: of("ollama"),
  },
  {
    name: "openai",
    api: "openai_responses",
    base_url: null,
    key_env: "OPENAI_API_KEY",
    has_key: false,
    key_source: null,
    models: of("openai"),
  },
];

export const FENCE = {
  level: "namespaces",
  floor: "landlock",
  layers: [
    { name: "rlimits", holds: true, detail: "processes, memory, files", advice: null },
    { name: "Landlock", holds: true, detail: "ABI 7", advice: null },
    { name: "seccomp", holds: true, detail: "312 system calls", advice: null },
    {
      name: "namespaces",
      holds: false,
      detail: "user namespaces are restricted by AppArmor",
      advice: "Load the profile of `bailiwick doctor --fix`.",
    },
  ],
};

const SCRIPT = `# Turns the gauge's readings into the table.\n${Array.from({ length: 60 }, (_, line) => `s/^${line} /line ${line}: /`).join("\n")}\n`;

/** Files of every workspace, by path. */
export const FILES = {
  "README.md": "# Tide table\n\nA small table with a test.\n",
  "tide.sed": SCRIPT,
  "data/heights.txt": "412\n388\n401\n",
  "data/gauge.png": {
    kind: "image",
    mime_type: "image/png",
    data_base64:
      "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  },
  "data/gauge.bin": { kind: "binary" },
  "tests/expected.txt": "high water: 412 cm\n",
};
