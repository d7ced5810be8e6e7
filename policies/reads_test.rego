package bailiwick_test

import data.bailiwick

test_reading_inside_is_allowed if {
	bailiwick.verdict == "allow" with input as call(reader, inside("src/main.rs", "read"))
}

test_searching_the_whole_workspace_is_allowed if {
	bailiwick.verdict == "allow" with input as call(reader, inside(".", "read"))
}

test_reading_outside_is_denied if {
	question := call(reader, outside("/etc/passwd", "read"))
	bailiwick.verdict == "deny" with input as question
	rules(bailiwick.deny) == {"paths.outside"} with input as question
}

test_the_way_out_by_dots_is_denied if {
	bailiwick.verdict == "deny" with input as call(reader, outside("../other/file", "read"))
}

test_a_read_only_tool_that_runs_commands_is_not_just_a_read if {
	question := call(reader, {"commands": [["frobnicate"]]})
	bailiwick.verdict == "ask" with input as question
}

test_a_reading_tool_may_not_use_system_folders if {
	bailiwick.verdict == "deny" with input as call(reader, outside("/usr/lib/os-release", "read"))
}
