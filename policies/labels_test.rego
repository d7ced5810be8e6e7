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
