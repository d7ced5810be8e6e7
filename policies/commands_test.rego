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

test_options_that_run_or_open_something_ask if {
	every command in {
		["sort", "--compress-program=./x", "a"], ["sort", "--files0-from=-"], ["printf", "-v", "PATH", "."],
		["git", "grep", "-Osh", "x"], ["git", "grep", "-nOsh", "x"], ["git", "grep", "--open-files=sh", "x"],
		["git", "diff", "--output=.git/config"], ["git", "log", "--outp", "x"], ["git", "init", "--template=x", "y"],
		["git", "show", "--ext-diff"], ["make", "test", "deploy"], ["mvn", "test", "deploy"], ["gradle", "build", "clean"],
	} {
		question := running([command])
		bailiwick.verdict == "ask" with input as question
		rules(bailiwick.ask) == {"commands.unknown"} with input as question
	}
	every command in {
		["sort", "-u", "--key=2"], ["printf", "%s", "-v"], ["git", "log", "--oneline"], ["git", "grep", "-n", "O"],
		["git", "log", "--extended-regexp", "--grep=x"], ["git", "diff", "--text"], ["make", "test", "V=1", "-j4"],
		["mvn", "compile", "test"],
	} {
		bailiwick.verdict == "allow" with input as running([command])
	}
}

test_sed_that_only_edits_runs if {
	every arguments in {
		["s/a/b/"], ["-i", "s/a/b/g", "x"], ["-n", "10,20p", "x"], ["-n", "$p"], ["-E", "s|a/b|\\1 c|;s#x#y#I"], ["-i.bak", "/^#/d"],
		["-e", "s/a/b/", "-e", "1d", "x"], [":a;N;$!ba;s/\\n/ /g"], ["-ne", "/start/,/end/{p;q}"], ["s/\\/x/e\\/y/"],
		["-i", "1i use x;", "x"], ["/a/!s/b/c/"], ["s,a,b,"], ["5q"], ["1~2d"], ["/x/a\\foo"], ["s/e x/w y/"],
	} {
		command := array.concat(["sed"], arguments)
		bailiwick.verdict == "allow" with input as running([command])
	}
}

test_sed_that_runs_or_opens_something_asks if {
	every arguments in {
		["1e rm -rf src"], ["e"], ["s/x/rm y/e"], ["s/x/y/gew z"], ["1r.env"], ["$!{r.en\\v\n}"], ["w.git/config"], ["R x"], ["W x"],
		["s/a/b/w x"], ["p;e ls"], ["p\ne ls"], ["-n", "/x/e ls"], ["-e", "p", "-e", "e ls"], ["-ne", "e ls"], ["-f", "x"],
		["-fx"], ["--expression=e ls"], ["--file=x"], ["-s", "-e", "p;r x"], ["a x\ne ls"], ["s%a%b%e"], [], ["-i"], ["-e"],
		["{e ls\n}"], ["s/[/]/e"], ["1,2e ls"], ["y/a/b/;w x"], ["p}e ls"], ["bx;e ls"], ["s/a/b/;1{w x\n}"],
	} {
		command := array.concat(["sed"], arguments)
		bailiwick.verdict == "ask" with input as running([command])
	}
}

test_git_that_throws_away_asks_however_it_is_written if {
	every command in {
		["git", "branch", "-rd", "x"], ["git", "branch", "-qD", "x"], ["git", "branch", "--del", "x"], ["git", "tag", "-fd", "x"],
		["git", "commit", "--ame"], ["git", "branch", "--force", "x"], ["git", "tag", "--delete", "x"],
	} {
		rules(bailiwick.ask) == {"commands.destructive"} with input as running([command])
	}
	every command in {["git", "branch", "-a"], ["git", "branch", "--format=x"], ["git", "tag", "-m", "first", "v1"], ["git", "tag", "-am", "fd", "v1"]} {
		bailiwick.verdict == "allow" with input as running([command])
	}
}

test_moving_to_tmp_is_deleting if {
	moving := call(writer, object.union({"commands": [["mv", "src", "/tmp/x"]]}, outside("/tmp/x", "unknown")))
	rules(bailiwick.ask) == {"commands.destructive"} with input as moving
	swallowed := call(writer, object.union({"commands": [["mv", "src", "/dev/null"]]}, outside("/dev/null", "unknown")))
	bailiwick.verdict == "ask" with input as swallowed
	quiet := call(writer, object.union({"commands": [["mv", "src", "dst"]]}, outside("/dev/null", "write")))
	bailiwick.verdict == "allow" with input as quiet
}
