package bailiwick_test

import data.bailiwick

carrying(labels, question) := object.union(question, {"task": {"id": "t", "step": 3, "cost_usd": 0, "labels": labels}})

both := ["private_data", "untrusted_content"]

test_the_trifecta_asks_before_a_known_host if {
	question := carrying(both, call(reader, {"hosts": ["packages.example.org"]}))
	rules(bailiwick.ask) == {"labels.trifecta"} with input as question
}

test_two_of_three_do_not_ask if {
	every labels in [["private_data"], ["untrusted_content"], []] {
		question := carrying(labels, call(reader, {"hosts": ["packages.example.org"]}))
		count(bailiwick.ask) == 0 with input as question
	}
}

test_the_trifecta_does_not_stop_reading if {
	bailiwick.verdict == "allow" with input as carrying(both, call(reader, inside("a.txt", "read")))
}

test_the_trifecta_names_itself_for_outward_commands if {
	question := carrying(both, running([["git", "push"]]))
	"labels.trifecta" in rules(bailiwick.ask) with input as question
}

test_the_trifecta_guards_foreign_tools if {
	foreign := object.union(call({}, {}), {"server": {"name": "mail", "kind": "http"}})
	"labels.trifecta" in rules(bailiwick.ask) with input as carrying(both, foreign)
}

test_the_trifecta_closes_egress if {
	bailiwick.verdict == "deny" with input as carrying(both, connecting("packages.example.org"))
}

test_without_a_task_there_are_no_labels if {
	question := object.union(call(reader, inside("a.txt", "read")), {"task": null})
	bailiwick.verdict == "allow" with input as question
}

in_conversation(labels, question) := object.union(question, {
	"task": null,
	"session": {"id": "c", "client": "editor", "labels": labels},
})

test_conversations_carry_labels_as_tasks_do if {
	question := call(reader, {"hosts": ["packages.example.org"]})
	rules(bailiwick.ask) == {"labels.trifecta"} with input as in_conversation(both, question)
	count(bailiwick.ask) == 0 with input as in_conversation(["private_data"], question)
}

test_labels_of_task_and_conversation_count_together if {
	question := object.union(carrying(["private_data"], call(reader, {"hosts": ["packages.example.org"]})), {"session": {"labels": ["untrusted_content"]}})
	"labels.trifecta" in rules(bailiwick.ask) with input as question
}

# Trusted, pinned and read-only: the third of the three is asked about all the same.
test_the_trifecta_guards_trusted_servers if {
	search := object.union(call(reader, {}), {"server": {"name": "web", "kind": "http"}})
	bailiwick.verdict == "allow" with input as in_conversation(["private_data"], search) with bailiwick.trusted_servers as {"web"}
	rules(bailiwick.ask) == {"labels.trifecta"} with input as in_conversation(both, search) with bailiwick.trusted_servers as {"web"}
}

test_a_closed_world_cannot_send if {
	closed_tool := object.union(call({"annotations": {"openWorldHint": false}}, {}), {"server": {"name": "calc", "kind": "stdio"}})
	bailiwick.verdict == "allow" with input as in_conversation(both, closed_tool) with bailiwick.trusted_servers as {"calc"}
}

test_the_trifecta_guards_resources_and_prompts if {
	every point in ["resource.read", "prompt.get", "mcp.request"] {
		question := asking(point, {"uri": "web://x", "name": "p", "method": "ping"})
		bailiwick.verdict == "allow" with input as in_conversation(["untrusted_content"], question)
		rules(bailiwick.ask) == {"labels.trifecta_request"} with input as in_conversation(both, question)
	}
}
