package bailiwick_test

import data.bailiwick

asking_model(input_tokens, output_tokens) := {
	"point": "model.call",
	"tenant": {"id": "local", "plan": "desk"},
	"principal": {"id": "p", "kind": "agent", "roles": []},
	"task": {"id": "t", "step": 1, "cost_usd": 0.5, "labels": ["private_data"]},
	"server": {"name": "model", "kind": "http"},
	"tool": {"name": "demo", "annotations": {}, "digest": "sha256:00", "pinned": true},
	"arguments": {"model": "demo", "input_tokens": input_tokens, "max_output_tokens": output_tokens},
	"resources": {"paths": [], "hosts": ["api.example.com"], "commands": [], "opaque": false},
}

test_model_calls_are_allowed if {
	bailiwick.verdict == "allow" with input as asking_model(10000, 4096)
}

test_too_much_input_is_denied if {
	question := asking_model(2000001, 4096)
	rules(bailiwick.deny) == {"models.input"} with input as question
}

test_too_much_output_is_denied if {
	question := asking_model(1000, 256001)
	rules(bailiwick.deny) == {"models.output"} with input as question
}

test_a_model_call_without_figures_is_denied if {
	question := object.union(object.remove(asking_model(1, 1), ["arguments"]), {"arguments": {"model": "demo"}})
	bailiwick.verdict == "deny" with input as question
}
