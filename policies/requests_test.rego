package bailiwick_test

import data.bailiwick

asking(point, arguments) := object.union(call({}, {}), {
	"point": point,
	"server": {"name": "tickets", "kind": "http"},
	"arguments": arguments,
})

test_listing_is_allowed if {
	every point in ["resources.list", "prompts.list"] {
		bailiwick.verdict == "allow" with input as asking(point, {"uri": "ticket://1", "name": "x"})
	}
}

test_resources_are_read if {
	bailiwick.verdict == "allow" with input as asking("resource.read", {"uri": "ticket://1"})
}

test_resources_that_are_places_for_secrets_are_not_read if {
	every uri in ["file:///srv/app/.env", "file:///home/me/.ssh/id_rsa"] {
		question := asking("resource.read", {"uri": uri})
		rules(bailiwick.deny) == {"secrets.resource"} with input as question
	}
}

test_prompts_are_used if {
	bailiwick.verdict == "allow" with input as asking("prompt.get", {"name": "summary", "arguments": {}})
}

test_harmless_requests_are_allowed if {
	every method in ["completion/complete", "ping", "logging/setLevel", "tasks/get", "tasks/list", "tasks/cancel"] {
		bailiwick.verdict == "allow" with input as asking("mcp.request", {"method": method, "params": {}})
	}
}

test_unknown_requests_ask if {
	question := asking("mcp.request", {"method": "billing/charge", "params": {}})
	rules(bailiwick.ask) == {"requests.unknown"} with input as question
}

test_a_request_without_a_method_is_not_allowed if {
	bailiwick.verdict != "allow" with input as asking("mcp.request", {})
}

test_what_resources_and_prompts_say_is_shown_and_not_trusted if {
	every point in ["resource.result", "prompt.result"] {
		question := object.union(asking(point, {"uri": "ticket://1"}), {"result": {}})
		bailiwick.verdict == "allow" with input as question
		bailiwick.label == {"untrusted_content"} with input as question
	}
}

test_files_of_other_servers_are_private if {
	question := object.union(asking("resource.result", {"uri": "file:///home/me/plan.txt"}), {"result": {"contents": []}})
	bailiwick.label == {"private_data", "untrusted_content"} with input as question
}

test_private_keys_in_resources_and_prompts_are_withheld if {
	key := "-----BEGIN PRIVATE KEY-----\nMIIE"
	resource := object.union(asking("resource.result", {"uri": "x://1"}), {"result": {"contents": [{"uri": "x://1", "text": key}]}})
	rules(bailiwick.deny) == {"results.private_key"} with input as resource
	prompt := object.union(asking("prompt.result", {"name": "p"}), {"result": {"messages": [{"role": "user", "content": {"type": "text", "text": key}}]}})
	rules(bailiwick.deny) == {"results.private_key"} with input as prompt
}
