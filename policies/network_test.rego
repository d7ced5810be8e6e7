package bailiwick_test

import data.bailiwick

connecting(host) := object.union(call(writer, {"hosts": [host]}), {"point": "egress"})

test_unknown_hosts_ask if {
	question := call(reader, {"hosts": ["example.com"]})
	bailiwick.verdict == "ask" with input as question
	rules(bailiwick.ask) == {"network.host"} with input as question
}

test_known_hosts_do_not_ask if {
	count(bailiwick.ask) == 0 with input as call(reader, {"hosts": ["packages.example.org"]})
}

test_metadata_addresses_are_denied if {
	every host in {"169.254.169.254", "metadata.google.internal", "[fe80::1]"} {
		bailiwick.verdict == "deny" with input as call(reader, {"hosts": [host]})
		bailiwick.verdict == "deny" with input as connecting(host)
	}
}

test_egress_to_known_hosts_is_allowed if {
	bailiwick.verdict == "allow" with input as connecting("packages.example.org")
}

test_egress_to_other_hosts_is_denied if {
	bailiwick.verdict == "deny" with input as connecting("packages.example.org.evil.example")
}

test_egress_to_nowhere_is_denied if {
	bailiwick.verdict == "deny" with input as object.union(call(writer, {}), {"point": "egress"})
}
