# Files that hold keys, passwords or tokens: not read, not written, not searched, not named in a command.
#
# A program that is allowed to run can still open such a file by itself when it lies in the workspace. Keep real
# secrets out of the workspace; these rules stop the direct ways.
package bailiwick

deny contains {"rule": "secrets.path", "message": sprintf("%s is a place for secrets: the agent may not touch it", [path.given])} if {
	input.point == "tool.call"
	some path in input.resources.paths
	secret_path(path)
}

deny contains {"rule": "secrets.command", "message": sprintf("`%s` names a place for secrets", [line])} if {
	input.point == "tool.call"
	some command in input.resources.commands
	line := concat(" ", command)
	secret(line)
}

# A search of the whole workspace looks into such files too. What it found is withheld as a whole, with the way to
# search without them.
deny contains {"rule": "secrets.found", "message": sprintf("the search found lines in %s, a place for secrets; search other folders, or other files by a glob", [file.path])} if {
	input.point == "tool.result"
	some file in input.result.structuredContent.files
	secret(file.path)
}

# The same for `grep -r` and its kin, which begin each line with the name of its file.
deny contains {"rule": "secrets.printed", "message": "the output has lines from a place for secrets; leave such files out of the command"} if {
	input.point == "tool.result"
	runs_command
	some block in input.result.content
	regex.match(`(?m)^([^\s:]*/)?(\.env(\.[a-z0-9_-]+)*|\.envrc|\.netrc|\.npmrc|\.pypirc|id_(rsa|dsa|ecdsa|ed25519)|[^\s:/]+\.(pem|key)):`, without_templates(block.text))
}

# By the name that was given, and by the file it leads to.
secret_path(path) if secret(path.given)

secret_path(path) if {
	path.inside != path.given
	path.inside != null
	secret(path.inside)
}

# The name of a file at the end of a word, or of a folder anywhere. Before it may stand what joins a file to an option
# or a revision: `--env-file=.env`, `HEAD:.env`, `@.netrc`; around it, quotes and brackets of a script. A template
# (`.env.example`) holds no secrets. One pattern for a whole line, because each search costs every decision a few
# microseconds.
secret(text) if {
	regex.match(`(^|[\s/=:@,"'(<>|;])((\.env(\.[a-z0-9_-]+)*|\.envrc|id_(rsa|dsa|ecdsa|ed25519)|[a-z0-9_.-]+\.(pem|key|p12|pfx|jks|keystore|kdbx|ppk)|[._]netrc|\.pgpass|\.npmrc|\.pypirc|\.git-credentials|\.htpasswd|\.vault-token|credentials\.(toml|json|ya?ml|ini)|secrets?\.(toml|json|ya?ml|ini|env)|service[-_]account[a-z0-9_-]*\.json|\.docker/config\.json)~?([\s"')<>|;\\]|$)|\.(ssh|gnupg|aws|azure|kube|gcloud|password-store)([\s/"')]|$))`, without_templates(lower(text)))
}

without_templates(text) := strings.replace_n({".env.example": "", ".env.sample": "", ".env.template": "", ".env.dist": ""}, text)
