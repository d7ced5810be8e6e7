export const FILES = [
  {
    path: "commands.rego",
    text: `# Commands: what is known runs, the rest asks.
package bailiwick

allow contains {"rule": "commands.known", "message": sprintf("\`%s\` is a known command", [line])} if {
	input.point == "tool.call"
	some command in input.resources.commands
	known[command[0]]
	line := concat(" ", command)
}

known := {"ls", "cat", "git", "make"}
`,
  },
  {
    path: "labels.rego",
    text: `# Private data, somebody else's words, and a way out: any two are fine, the third needs a person.
package bailiwick

# Where no person can be asked, the gateway denies.

ask contains {"rule": "labels.trifecta", "message": "this call could send something out"} if {
	input.point == "tool.call"
	has_both
	can_send
}

has_both if {
	"private_data" in input.session.labels
	"untrusted_content" in input.session.labels
}

can_send if count(input.resources.hosts) > 0
`,
  },
  {
    path: "secrets.rego",
    text: `# Files that hold keys are not read.
package bailiwick

deny contains {"rule": "secrets.path", "message": sprintf("%s is a place for secrets", [path.given])} if {
	input.point == "tool.call"
	some path in input.resources.paths
	endswith(path.given, ".env")
}
`,
  },
  {
    path: "secrets_test.rego",
    text: `package bailiwick_test

import data.bailiwick

test_env_is_denied if {
	count(bailiwick.deny) == 1 with input as {"point": "tool.call", "resources": {"paths": [{"given": ".env"}]}}
}
`,
  },
];

export const VERSIONS = [
  {
    id: "sha256:7c1e0b2f9a4d",
    note: "Pushes need a person",
    created_by: "dashboard",
    created_at: "2026-11-18T10:00:00Z",
    active: true,
    activated_by: "dashboard",
    activated_at: "2026-11-18T10:00:00Z",
  },
  {
    id: "sha256:2b40d1c7e9f0",
    note: "",
    created_by: "terminal",
    created_at: "2026-11-02T10:00:00Z",
    active: false,
    activated_by: "terminal",
    activated_at: "2026-11-02T10:00:00Z",
  },
];
