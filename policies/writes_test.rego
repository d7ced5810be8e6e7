package bailiwick_test

import data.bailiwick

test_writing_inside_is_allowed if {
	bailiwick.verdict == "allow" with input as call(writer, inside("src/new.rs", "write"))
}

test_writing_outside_is_denied if {
	bailiwick.verdict == "deny" with input as call(writer, outside("/home/me/.bashrc", "write"))
}

test_deletes_ask if {
	question := call(writer, inside("src/old.rs", "delete"))
	bailiwick.verdict == "ask" with input as question
	rules(bailiwick.ask) == {"deletes.path"} with input as question
}

test_deleting_the_workspace_is_denied if {
	bailiwick.verdict == "deny" with input as call(writer, inside(".", "delete"))
}

test_a_delete_outside_is_denied_not_asked if {
	bailiwick.verdict == "deny" with input as call(writer, outside("/srv/data", "delete"))
}

test_git_hooks_are_not_written if {
	question := call(writer, inside(".git/hooks/post-checkout", "write"))
	rules(bailiwick.deny) == {"writes.git_internals"} with input as question
}

test_git_of_a_submodule_is_not_written if {
	bailiwick.verdict == "deny" with input as call(writer, inside("vendor/lib/.GIT/config", "write"))
}

test_gitignore_is_an_ordinary_file if {
	bailiwick.verdict == "allow" with input as call(writer, inside(".gitignore", "write"))
}

test_workflows_ask if {
	bailiwick.verdict == "ask" with input as call(writer, inside(".github/workflows/ci.yml", "write"))
}

test_reading_workflows_is_allowed if {
	bailiwick.verdict == "allow" with input as call(reader, inside(".github/workflows/ci.yml", "read"))
}

test_its_own_instructions_ask if {
	bailiwick.verdict == "ask" with input as call(writer, inside("AGENTS.md", "write"))
}

test_a_writer_of_unknown_access_is_not_allowed if {
	count(bailiwick.allow) == 0 with input as call(writer, inside("a.txt", "unknown"))
}

test_commands_that_write_are_held_to_the_same if {
	hook := inside(".git/hooks/pre-commit", "unknown")
	every command in {
		["cp", "x", ".git/hooks/pre-commit"], ["tee", ".git/hooks/pre-commit"], ["mkdir", ".git/hooks"],
		["sort", "-o.git/hooks/pre-commit", "x"], ["git", "mv", "x", ".git/hooks/pre-commit"], ["uniq", "x", "pre-commit"],
		["sed", "-i", "s/a/b/", "x"],
	} {
		bailiwick.verdict == "deny" with input as call(writer, object.union({"commands": [command]}, hook))
	}
	bailiwick.verdict == "allow" with input as call(writer, object.union({"commands": [["cat", "x"]]}, hook))
	bailiwick.verdict == "ask" with input as call(writer, object.union({"commands": [["mv", "x", "AGENTS.md"]]}, inside("AGENTS.md", "unknown")))
}

test_folders_of_automation_count_as_what_is_in_them if {
	every folder in {".github/workflows", ".github", "evil/.github", ".vscode", "evil/.github/workflows/ci.yml", ".gitlab-ci.yml"} {
		copying := call(writer, object.union({"commands": [["cp", "-r", "x", folder]]}, inside(folder, "unknown")))
		rules(bailiwick.ask) == {"writes.automation"} with input as copying
	}
	every file in {".github/ISSUE_TEMPLATE.md", ".vscode/extensions.json", "docs/github/workflows/x"} {
		bailiwick.verdict == "allow" with input as call(writer, inside(file, "write"))
	}
}

test_a_command_in_a_folder_may_write_there if {
	copying := call(writer, object.union({"commands": [["cp", "x", "pre-commit"]]}, inside(".git/hooks", "read")))
	rules(bailiwick.deny) == {"writes.git_internals"} with input as object.union(copying, {"arguments": {"cwd": ".git/hooks"}})
	listing := call(writer, object.union({"commands": [["ls"]]}, inside(".git/hooks", "read")))
	bailiwick.verdict == "allow" with input as object.union(listing, {"arguments": {"cwd": ".git/hooks"}})
}
