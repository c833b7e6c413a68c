package cmdline

import (
	"fmt"
	"io"
	"strings"
)

// Zsh writes completions for zsh, for a file _NAME in a folder of $fpath or to be read by source after compinit.
func Zsh(w io.Writer, program *Command) error {
	var b strings.Builder
	name := program.Path[0]
	fmt.Fprintf(&b, "#compdef %s\n# Completions of %s for zsh, written by %s completion zsh.\n", name, name, name)
	for _, c := range program.All() {
		fmt.Fprintf(&b, "\n_%s() {\n", c.Name("_"))
		if len(c.Commands) > 0 {
			zshCommands(&b, c)
		} else {
			b.WriteString("\t_arguments -s")
			zshFlags(&b, c)
			b.WriteString("\n")
		}
		b.WriteString("}\n")
	}
	fmt.Fprintf(&b, "\nif [[ $funcstack[1] == _%s ]]; then\n\t_%s \"$@\"\nelse\n\tcompdef _%s %s\nfi\n", name, name,
		name, name)
	_, err := io.WriteString(w, b.String())
	return err
}

// zshCommands writes the body of the function of a command that has others below it.
func zshCommands(b *strings.Builder, c *Command) {
	b.WriteString("\tlocal context state state_descr line\n\ttypeset -A opt_args\n\t_arguments -C")
	zshFlags(b, c)
	b.WriteString(" \\\n\t\t'1: :->command' '*:: :->rest'\n\tcase $state in\n\tcommand)\n\t\tlocal -a commands=(\n")
	for _, sub := range c.Commands {
		text := strings.ReplaceAll(sub.Path[len(sub.Path)-1], ":", `\:`) + ":" + strings.ReplaceAll(sub.Help, ":", `\:`)
		fmt.Fprintf(b, "\t\t\t%s\n", bashWord(text))
	}
	b.WriteString("\t\t)\n\t\t_describe command commands\n\t\t;;\n\trest)\n\t\tcase $line[1] in\n")
	for _, sub := range c.Commands {
		fmt.Fprintf(b, "\t\t%s) _%s ;;\n", bashWord(sub.Path[len(sub.Path)-1]), sub.Name("_"))
	}
	b.WriteString("\t\tesac\n\t\t;;\n\tesac\n")
}

// zshFlags writes flags and arguments as _arguments takes them.
func zshFlags(b *strings.Builder, c *Command) {
	quote := strings.NewReplacer(`\`, `\\`, "[", `\[`, "]", `\]`, ":", `\:`)
	for _, f := range c.Flags {
		names := []string{"--" + f.Long}
		if f.Short != "" {
			names = append(names, "-"+f.Short)
		}
		for _, flag := range names {
			text := "(" + strings.Join(names, " ") + ")" + flag
			if f.Many {
				text = "*" + flag
			}
			if f.Value.Name != "" && strings.HasPrefix(flag, "--") {
				text += "="
			}
			text += "[" + quote.Replace(f.Help) + "]"
			if f.Value.Name != "" {
				text += ":" + quote.Replace(f.Value.Name) + ":" + zshValue(f.Value)
			}
			fmt.Fprintf(b, " \\\n\t\t%s", bashWord(text))
		}
	}
	for i, a := range c.Args {
		colon := ":"
		if !a.Required {
			colon = "::"
		}
		fmt.Fprintf(b, " \\\n\t\t%s", bashWord(fmt.Sprintf("%d%s%s:%s", i+1, colon, quote.Replace(a.Name),
			zshValue(a.Value))))
	}
}

// zshValue returns the action that completes a value.
func zshValue(v Value) string {
	switch v.Kind {
	case Words:
		return "(" + strings.Join(v.Words, " ") + ")"
	case Files:
		return "_files"
	case Folders:
		return "_files -/"
	}
	return " "
}
