package bailiwick_test

import data.bailiwick

test_known_commands_run if {
	every command in {
		["ls", "-la"], ["cat", "README.md"], ["rg", "todo"], ["git", "status"], ["git", "diff", "--stat"],
		["git", "log", "-p"], ["git", "commit", "-m", "Fix it"], ["cargo", "test"], ["cargo", "build", "--release"],
		["cargo", "check"], ["npm", "test"], ["npm", "run", "build"], ["pytest", "-q"],
		["python3", "-m", "pytest"], ["go", "test", "./..."], ["make", "test"], ["/usr/bin/git", "status"],
		["rustc", "--version"], ["find", ".", "-name", "*.rs"], ["mkdir", "-p", "a/b"],
	} {
		bailiwick.verdict == "allow" with input as running([command])
	}
}

test_unknown_commands_ask if {
	every command in {
		["frobnicate"], ["python", "x.py"], ["./ls"], ["node", "x.js"], ["bash"], ["awk", "1"], ["git"],
		["git", "-c", "core.pager=x", "log"], ["npm", "run", "deploy"], ["make", "install"], ["chmod", "777", "x"],
		["../usr/bin/git", "status"], ["/usr/bin/../../tmp/git", "status"],
	} {
		question := running([command])
		bailiwick.verdict == "ask" with input as question
		"commands.unknown" in rules(bailiwick.ask) with input as question
	}
}

test_the_reason_shows_the_command if {
	some reason in bailiwick.ask with input as running([["frobnicate", "--all"]])
	contains(reason.message, "frobnicate --all")
}

test_one_unknown_command_in_a_line_asks if {
	bailiwick.verdict == "ask" with input as running([["cargo", "test"], ["frobnicate"]])
}

test_wrappers_count_for_nothing_by_themselves if {
	bailiwick.verdict == "allow" with input as running([["timeout", "60"], ["cargo", "test"]])
	bailiwick.verdict == "allow" with input as running([["sh", "-c"], ["ls"]])
	bailiwick.verdict == "ask" with input as running([["timeout", "60"], ["frobnicate"]])
	bailiwick.verdict == "ask" with input as running([["sh", "script.sh"]])
}

test_a_line_of_known_commands_runs if {
	bailiwick.verdict == "allow" with input as running([["cd", "src"], ["rg", "x"], ["head", "-3"]])
}

test_outward_commands_ask if {
	every command in {
		["git", "push"], ["git", "push", "origin", "main"], ["curl", "example.com"], ["ssh", "host"],
		["npm", "install", "left-pad"], ["cargo", "publish"], ["pip", "install", "x"], ["git", "clone", "x"],
		["docker", "ps"], ["npm", "publish"],
	} {
		question := running([command])
		bailiwick.verdict == "ask" with input as question
		rules(bailiwick.ask) == {"commands.outward"} with input as question
	}
}

test_destructive_commands_ask if {
	every command in {
		["rm", "a.txt"], ["rm", "-rf", "target"], ["git", "reset", "--hard"], ["git", "clean", "-fd"],
		["git", "checkout", "."], ["git", "branch", "-D", "x"], ["find", ".", "-delete"], ["cargo", "clean"],
		["git", "commit", "--amend"],
	} {
		question := running([command])
		bailiwick.verdict == "ask" with input as question
		rules(bailiwick.ask) == {"commands.destructive"} with input as question
	}
}

test_removing_the_workspace_is_denied if {
	question := call(writer, {
		"commands": [["rm", "-rf", "./"]],
		"paths": [{"given": "./", "inside": ".", "access": "unknown"}],
	})
	"commands.remove_root" in rules(bailiwick.deny) with input as question
}

test_another_users_rights_are_denied if {
	every program in {"sudo", "su", "doas", "/usr/bin/sudo"} {
		bailiwick.verdict == "deny" with input as running([[program, "ls"], ["ls"]])
	}
}

test_the_machine_is_left_alone if {
	bailiwick.verdict == "deny" with input as running([["reboot"]])
}

test_opaque_commands_ask if {
	question := call(writer, {"commands": [["ls"]], "opaque": true})
	bailiwick.verdict == "ask" with input as question
	rules(bailiwick.ask) == {"commands.opaque"} with input as question
}

test_opaque_text_without_commands_asks if {
	bailiwick.verdict == "ask" with input as call(writer, {"opaque": true})
}

test_commands_outside_the_workspace_are_denied if {
	question := call(writer, object.union({"commands": [["cat", "/etc/shadow"]]}, outside("/etc/shadow", "unknown")))
	bailiwick.verdict == "deny" with input as question
}

test_devices_and_tmp_may_be_named if {
	every file in {"/dev/null", "/tmp/x", "/usr/include/stdio.h"} {
		question := call(writer, object.union({"commands": [["cat", file]]}, outside(file, "unknown")))
		bailiwick.verdict == "allow" with input as question
	}
}

test_output_may_go_to_tmp if {
	question := call(writer, object.union({"commands": [["ls"]]}, outside("/tmp/x", "write")))
	bailiwick.verdict == "allow" with input as question
	bailiwick.verdict == "deny" with input as call(writer, outside("/tmp/x", "write"))
}

test_the_way_out_of_tmp_is_denied if {
	question := call(writer, object.union({"commands": [["cat", "x"]]}, outside("/tmp/../etc/shadow", "unknown")))
	bailiwick.verdict == "deny" with input as question
}

test_known_commands_of_a_foreign_server_still_ask if {
	question := object.union(running([["ls"]]), {"server": {"name": "shell", "kind": "stdio"}})
	bailiwick.verdict == "ask" with input as question
}
