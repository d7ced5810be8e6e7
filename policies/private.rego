# What is private, and whom you trust. This is the file to edit: the other rules look here.
package bailiwick

# Globs of paths, relative to the workspace; `**` is all of it. A task or a conversation that has read such a file
# carries the label "private_data" from then on, and beside "untrusted_content" sends nothing out without a person.
# Narrow it to the folders that matter, as in {"customers/**", "finance/*.xlsx"}, or name files outside the workspace
# that other servers can read, as in {"**", "/home/*/mail/**"}. Places for secrets are private wherever they are.
private_paths := {"**"}

# Servers whose tools run without a question each time, once you have approved what the tools say of themselves
# (`bailiwick gateway approve SERVER`). What the labels ask about is asked all the same.
trusted_servers := set()

# The same for single tools, as "server/tool".
trusted_tools := set()
