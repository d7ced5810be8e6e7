package bailiwick_test

import data.bailiwick

foreign(tool) := object.union(call(tool, {}), {"server": {"name": "files", "kind": "stdio"}})

naming(question, path) := object.union(question, {"resources": object.union(question.resources, outside(path, "unknown"))})

closed := {"annotations": {"openWorldHint": false}}

test_everything_in_the_workspace_is_private_at_first if {
	bailiwick.label == {"private_data"} with input as resulting(call(reader, inside("a.txt", "read")), "hello")
}

test_what_is_private_can_be_narrowed if {
	plain := resulting(call(reader, inside("docs/a.txt", "read")), "hello")
	count(bailiwick.label) == 0 with input as plain with bailiwick.private_paths as {"customers/**"}
	private := resulting(call(reader, inside("customers/north/a.csv", "read")), "hello")
	bailiwick.label == {"private_data"} with input as private with bailiwick.private_paths as {"customers/**"}
}

test_a_command_may_have_read_anything_private if {
	ran := resulting(running([["cat", "x"]]), "hello")
	bailiwick.label == {"private_data"} with input as ran with bailiwick.private_paths as {"customers/**"}
	count(bailiwick.label) == 0 with input as ran with bailiwick.private_paths as set()
}

test_other_servers_can_read_what_is_private if {
	read := resulting(naming(foreign(closed), "/home/me/mail/inbox"), "hello")
	bailiwick.label == {"private_data"} with input as read with bailiwick.private_paths as {"/home/*/mail/**"}
	count(bailiwick.label) == 0 with input as read with bailiwick.private_paths as {"/home/*/other/**"}
}

test_places_for_secrets_are_private_wherever_they_are if {
	read := resulting(naming(foreign(closed), "/srv/app/.env"), "hello")
	bailiwick.label == {"private_data"} with input as read with bailiwick.private_paths as set()
}

test_trusted_servers_are_not_asked_about if {
	question := foreign(closed)
	bailiwick.verdict == "ask" with input as question
	bailiwick.verdict == "allow" with input as question with bailiwick.trusted_servers as {"files"}
	bailiwick.verdict == "allow" with input as question with bailiwick.trusted_tools as {"files/a_tool"}
	bailiwick.verdict == "ask" with input as question with bailiwick.trusted_tools as {"files/another"}
}

test_trust_ends_with_the_definition_that_was_approved if {
	question := foreign(object.union(closed, {"pinned": false}))
	bailiwick.verdict == "deny" with input as question with bailiwick.trusted_servers as {"files"}
}

test_a_search_that_finds_something_private_is_private if {
	found := finding("customers/north/a.csv")
	bailiwick.label == {"private_data"} with input as found with bailiwick.private_paths as {"customers/**"}
	count(bailiwick.label) == 0 with input as finding("docs/a.md") with bailiwick.private_paths as {"customers/**"}
}
