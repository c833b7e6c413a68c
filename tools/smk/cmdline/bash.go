package cmdline

import (
	"fmt"
	"io"
	"strings"
)

// Bash writes completions for bash, for a file in bash-completion's folder or to be read by source.
func Bash(w io.Writer, program *Command) error {
	var b strings.Builder
	name := program.Path[0]
	fmt.Fprintf(&b, "# Completions of %s for bash, written by %s completion bash.\n", name, name)
	fmt.Fprintf(&b, `_%s() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} at=%s i
	for ((i = 1; i < COMP_CWORD; i++)); do
		case "$at ${COMP_WORDS[i]}" in
`, name, name)
	var paths []string
	for _, c := range program.All()[1:] {
		paths = append(paths, bashWord(c.Name(" ")))
	}
	fmt.Fprintf(&b, "\t\t%s) at+=\" ${COMP_WORDS[i]}\" ;;\n", strings.Join(paths, " | \\\n\t\t\t"))
	b.WriteString(`		esac
	done
	if [[ $cur == = ]]; then
		cur=
	elif [[ $prev == = ]]; then
		prev=${COMP_WORDS[COMP_CWORD-2]}
	fi
	COMPREPLY=()
	case "$at $prev" in
`)
	for _, c := range program.All() {
		for _, f := range c.Flags {
			if f.Value.Name == "" {
				continue
			}
			fmt.Fprintf(&b, "\t%s", bashWord(c.Name(" ")+" --"+f.Long))
			if f.Short != "" {
				fmt.Fprintf(&b, " | %s", bashWord(c.Name(" ")+" -"+f.Short))
			}
			fmt.Fprintf(&b, ") %s return ;;\n", bashValue(f.Value))
		}
	}
	b.WriteString("\tesac\n\tcase $at in\n")
	for _, c := range program.All() {
		var flags, commands []string
		for _, f := range c.Flags {
			flags = append(flags, "--"+f.Long)
			if f.Short != "" {
				flags = append(flags, "-"+f.Short)
			}
		}
		for _, sub := range c.Commands {
			commands = append(commands, sub.Path[len(sub.Path)-1])
		}
		fmt.Fprintf(&b, "\t%s)\n\t\tif [[ $cur == -* ]]; then\n\t\t\t%s\n", bashWord(c.Name(" ")),
			bashValue(Value{Kind: Words, Words: flags}))
		rest := Value{Kind: Words, Words: commands}
		if len(c.Args) > 0 {
			rest = c.Args[0].Value
		}
		if what := bashValue(rest); what != "" && (len(commands) > 0 || len(c.Args) > 0) {
			fmt.Fprintf(&b, "\t\telse\n\t\t\t%s\n", what)
		}
		b.WriteString("\t\tfi\n\t\t;;\n")
	}
	fmt.Fprintf(&b, "\tesac\n}\ncomplete -o filenames -F _%s %s\n", name, name)
	_, err := io.WriteString(w, b.String())
	return err
}

// bashValue returns the commands that complete a value.
func bashValue(v Value) string {
	switch v.Kind {
	case Words:
		return fmt.Sprintf(`mapfile -t COMPREPLY < <(compgen -W %s -- "$cur");`, bashWord(strings.Join(v.Words, " ")))
	case Files:
		return `mapfile -t COMPREPLY < <(compgen -f -- "$cur");`
	case Folders:
		return `mapfile -t COMPREPLY < <(compgen -d -- "$cur");`
	}
	return ""
}

// bashWord returns a text as one word, in single quotes, which zsh reads alike.
func bashWord(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
