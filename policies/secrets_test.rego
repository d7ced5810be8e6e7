package bailiwick_test

import data.bailiwick

secret_files := {
	".env", ".env.production", "deploy/.env.local", ".envrc", "id_rsa", "keys/id_ed25519", "tls/server.pem", "server.key",
	".aws/credentials", ".ssh/config", "home/.gnupg/private-keys-v1.d/x", ".netrc", ".npmrc", ".pypirc",
	".git-credentials", "credentials.toml", "config/secrets.yml", "service-account-prod.json", ".kube/config",
	"store.p12", ".docker/config.json", ".ENV", "Id_Rsa", ".env~", ".env.bak",
}

plain_files := {
	".env.example", ".env.sample", "id_rsa.pub", "src/credentials.rs", "environment.ts", "keys.md", "src/secret.rs",
	"monkey", "docs/pem.txt", "src/env.rs", "package.json", "credentials/README.md",
}

test_secret_files_are_not_read if {
	every file in secret_files {
		bailiwick.verdict == "deny" with input as call(reader, inside(file, "read"))
	}
}

test_secret_files_are_not_written if {
	every file in secret_files {
		bailiwick.verdict == "deny" with input as call(writer, inside(file, "write"))
	}
}

test_files_with_like_names_are_read if {
	every file in plain_files {
		bailiwick.verdict == "allow" with input as call(reader, inside(file, "read"))
	}
}

test_the_reason_names_the_file if {
	question := call(reader, inside("deploy/.env", "read"))
	some reason in bailiwick.deny with input as question
	reason.rule == "secrets.path"
	contains(reason.message, "deploy/.env")
}

test_a_link_to_a_secret_is_a_secret if {
	question := call(reader, {"paths": [{"given": "notes.txt", "inside": ".env", "access": "read"}]})
	bailiwick.verdict == "deny" with input as question
}

test_secrets_in_commands_are_denied if {
	every command in {
		["cat", ".env"], ["grep", "KEY", "deploy/.env.production"], ["openssl", "rsa", "-in", "server.pem"],
		["git", "show", "HEAD:.env"], ["cp", "id_rsa", "x"], ["node", "--env-file=.env", "x.js"],
		["yq", "load_str(\".env\")"], ["python3", "-c", "print(open('id_rsa').read())"], ["sed", "r .env\np"], ["printf", ".env\\0"],
		["cat", "x\n.env"], ["ls", "'.ssh'"],
	} {
		bailiwick.verdict == "deny" with input as running([command])
	}
}

test_words_that_only_sound_like_secrets_are_not_denied if {
	every command in {["grep", "-rn", "credentials", "src"], ["rg", "process.env", "src"], ["cat", ".env.example"]} {
		bailiwick.verdict == "allow" with input as running([command])
	}
}

finding(file) := object.union(call(reader, inside(".", "read")), {
	"point": "tool.result",
	"result": {
		"content": [{"type": "text", "text": "1:KEY=x"}],
		"structuredContent": {"matches": 1, "files": [{"path": file, "lines": [{"line": 1, "text": "KEY=x"}]}]},
		"isError": false,
	},
})

test_what_a_search_finds_in_secrets_is_withheld if {
	rules(bailiwick.deny) == {"secrets.found"} with input as finding("deploy/.env")
	bailiwick.verdict == "allow" with input as finding("src/main.rs")
	bailiwick.verdict == "allow" with input as finding(".env.example")
}

test_what_grep_finds_in_secrets_is_withheld if {
	question := running([["grep", "-r", "KEY", "."]])
	rules(bailiwick.deny) == {"secrets.printed"} with input as resulting(question, "src/a.rs:KEY\n./.env:KEY=x\n")
	bailiwick.verdict == "allow" with input as resulting(question, "src/a.rs:read .env: KEY\n.env.example:KEY=\n")
}
