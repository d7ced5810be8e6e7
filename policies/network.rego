# The network, by host. The fence gives commands no network at all; these rules say what may be tried, and are what
# the egress proxy asks.
package bailiwick

# Hosts that nobody has to be asked about. The one that stands here is reserved for examples and leads nowhere: put
# those in its place that your work needs.
known_hosts := {"packages.example.org"}

ask contains {"rule": "network.host", "message": sprintf("%s is not on the list of known hosts", [host])} if {
	input.point == "tool.call"
	some host in input.resources.hosts
	not host in known_hosts
	not forbidden_host(host)
}

# Cloud machines hand out their own credentials at these addresses.
deny contains {"rule": "network.metadata", "message": sprintf("%s hands out credentials of the machine", [host])} if {
	input.point in {"tool.call", "egress"}
	some host in input.resources.hosts
	forbidden_host(host)
}

forbidden_host(host) if host in {"metadata.google.internal", "metadata.azure.internal", "metadata"}

forbidden_host(host) if startswith(host, "169.254.")

forbidden_host(host) if startswith(host, "[fe80:")

forbidden_host(host) if host == "[fd00:ec2::254]"

allow contains {"rule": "network.egress", "message": "the host is known"} if {
	input.point == "egress"
	count(input.resources.hosts) > 0
	every host in input.resources.hosts {
		host in known_hosts
	}
}
