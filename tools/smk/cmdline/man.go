package cmdline

import (
	"fmt"
	"io"
	"strings"
)

// Man writes the manual page of one command, in section 1. version is that of the program, about a text of the
// program that all pages end with.
func Man(w io.Writer, c *Command, version, about string) error {
	var b strings.Builder
	name := c.Name("-")
	fmt.Fprintf(&b, ".\\\" Written by %s man.\n", c.Path[0])
	fmt.Fprintf(&b, ".TH %s 1 \"\" %s %s\n",
		roffWord(strings.ToUpper(name)), roffWord(c.Path[0]+" "+version), roffWord("User Commands"))
	fmt.Fprintf(&b, ".SH NAME\n%s \\- %s\n", roff(name), roff(strings.TrimSuffix(firstLower(c.Help), ".")))
	fmt.Fprintf(&b, ".SH SYNOPSIS\n.B %s\n", roff(c.Name(" ")))
	if len(c.Flags) > 0 {
		b.WriteString("[\\fIflags\\fR]\n")
	}
	if len(c.Commands) > 0 {
		b.WriteString("\\fIcommand\\fR\n")
	}
	for _, a := range c.Args {
		format := "\\fI%s\\fR\n"
		if !a.Required {
			format = "[\\fI%s\\fR]\n"
		}
		fmt.Fprintf(&b, format, roff(strings.ToUpper(a.Name)))
	}
	fmt.Fprintf(&b, ".SH DESCRIPTION\n%s\n", roff(c.Help))
	roffDetail(&b, c.Detail)
	roffList(&b, "ARGUMENTS", len(c.Args), func(i int) (string, string) {
		return "\\fI" + roff(strings.ToUpper(c.Args[i].Name)) + "\\fR", c.Args[i].Help
	})
	roffList(&b, "COMMANDS", len(c.Commands), func(i int) (string, string) {
		sub := c.Commands[i]
		return "\\fB" + roff(sub.Name("-")) + "\\fR(1)", sub.Help
	})
	roffList(&b, "OPTIONS", len(c.Flags), func(i int) (string, string) {
		f := c.Flags[i]
		text := ""
		if f.Short != "" {
			text = "\\fB\\-" + roff(f.Short) + "\\fR, "
		}
		text += "\\fB" + roff("--"+f.Long) + "\\fR"
		if f.Value.Name != "" {
			text += "=\\fI" + roff(f.Value.Name) + "\\fR"
		}
		return text, f.Help
	})
	roffDetail(&b, about)
	if len(c.Path) > 1 {
		fmt.Fprintf(&b, ".SH SEE ALSO\n.BR %s (1)\n", roff(strings.Join(c.Path[:len(c.Path)-1], "-")))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// roffList writes a section of n terms with their texts.
func roffList(b *strings.Builder, title string, n int, item func(int) (term, text string)) {
	if n > 0 {
		fmt.Fprintf(b, ".SH %s\n", title)
	}
	for i := range n {
		term, text := item(i)
		fmt.Fprintf(b, ".TP\n%s\n%s\n", term, roff(text))
	}
}

// roffDetail writes paragraphs, and lines that are indented as they are. A line that ends with a colon and stands
// alone before indented lines is a heading.
func roffDetail(b *strings.Builder, detail string) {
	lines := strings.Split(strings.Trim(detail, "\n"), "\n")
	literal := false
	for i, line := range lines {
		indented := strings.HasPrefix(line, "    ")
		blank := strings.TrimSpace(line) == ""
		if literal && !indented && !blank {
			b.WriteString(".fi\n.RE\n")
			literal = false
		}
		switch {
		case blank && literal:
			b.WriteString("\n")
		case blank:
		case indented:
			if !literal {
				b.WriteString(".RS 4\n.nf\n")
				literal = true
			}
			b.WriteString(roff(strings.TrimPrefix(line, "    ")) + "\n")
		case strings.HasSuffix(line, ":") && len(strings.Fields(line)) < 4:
			fmt.Fprintf(b, ".SH %s\n", roff(strings.ToUpper(strings.TrimSuffix(line, ":"))))
		default:
			if i > 0 && strings.TrimSpace(lines[i-1]) == "" || i == 0 {
				b.WriteString(".PP\n")
			}
			b.WriteString(roff(line) + "\n")
		}
	}
	if literal {
		b.WriteString(".fi\n.RE\n")
	}
}

// roff returns text of which nothing is a request or an escape.
func roff(s string) string {
	s = strings.NewReplacer(`\`, `\e`, "-", `\-`, "'", `\(aq`, "`", `\(ga`, "^", `\(ha`, "~", `\(ti`).Replace(s)
	if strings.HasPrefix(s, ".") {
		s = `\&` + s
	}
	return s
}

// roffWord returns text as one argument of a request.
func roffWord(s string) string { return `"` + strings.ReplaceAll(roff(s), `"`, `\(dq`) + `"` }

// firstLower returns a sentence with a small first letter, unless its first word is an abbreviation.
func firstLower(s string) string {
	if len(s) > 1 && s[1] >= 'a' && s[1] <= 'z' || len(s) > 1 && s[1] == ' ' {
		return strings.ToLower(s[:1]) + s[1:]
	}
	return s
}
