package cmdline

import (
	"fmt"
	"io"
	"strings"
)

// Fish writes completions for fish, for a file NAME.fish in its folder of completions or to be read by source.
func Fish(w io.Writer, program *Command) error {
	var b strings.Builder
	name := program.Path[0]
	fmt.Fprintf(&b, "# Completions of %s for fish, written by %s completion fish.\n", name, name)
	fmt.Fprintf(&b, "\nfunction __%s_at\n\tset -l at %s\n\tfor word in (commandline -opc)[2..]\n\t\tswitch \"$at "+
		"$word\"\n", name, name)
	var paths []string
	for _, c := range program.All()[1:] {
		paths = append(paths, fishWord(c.Name(" ")))
	}
	fmt.Fprintf(&b, "\t\t\tcase %s\n\t\t\t\tset at \"$at $word\"\n\t\tend\n\tend\n\ttest \"$at\" = \"$argv\"\nend\n\n",
		strings.Join(paths, " "))
	fmt.Fprintf(&b, "complete -c %s -f\n", name)
	for _, c := range program.All() {
		start := fmt.Sprintf("complete -c %s -n %s", name, fishWord("__"+name+"_at "+c.Name(" ")))
		for _, sub := range c.Commands {
			fmt.Fprintf(&b, "%s -a %s -d %s\n", start, sub.Path[len(sub.Path)-1], fishWord(sub.Help))
		}
		for _, f := range c.Flags {
			fmt.Fprintf(&b, "%s -l %s", start, f.Long)
			if f.Short != "" {
				fmt.Fprintf(&b, " -s %s", f.Short)
			}
			if f.Value.Name != "" {
				fmt.Fprintf(&b, " %s", fishValue(f.Value))
			}
			fmt.Fprintf(&b, " -d %s\n", fishWord(f.Help))
		}
		for _, a := range c.Args {
			if a.Value.Kind != Anything {
				fmt.Fprintf(&b, "%s %s\n", start, strings.TrimPrefix(fishValue(a.Value), "-x "))
			}
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// fishValue returns what fish completes a flag's value with.
func fishValue(v Value) string {
	switch v.Kind {
	case Words:
		return "-x -a " + fishWord(strings.Join(v.Words, " "))
	case Files:
		return "-r -F"
	case Folders:
		return "-x -a '(__fish_complete_directories)'"
	}
	return "-x"
}

// fishWord returns a text as one word, in single quotes.
func fishWord(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, "'", `\'`).Replace(s) + "'"
}
