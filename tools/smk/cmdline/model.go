package cmdline

import (
	"strings"

	"github.com/alecthomas/kong"
)

// Command is a command with all that can follow it. Hidden commands and flags are left out.
type Command struct {
	Path     []string // its name after those of the commands above it, the program first
	Help     string   // one sentence
	Detail   string   // further text; lines that are indented by four blanks stand as they are
	Flags    []Flag
	Args     []Arg
	Commands []*Command
}

// Flag is a flag of a command.
type Flag struct {
	Long    string // without dashes
	Short   string // without a dash, "" if there is none
	Help    string
	Default string
	Value   Value
	Many    bool // it may be there several times
}

// Arg is an argument of a command.
type Arg struct {
	Name     string
	Help     string
	Value    Value
	Required bool
}

// Value is what a flag or an argument takes.
type Value struct {
	Name  string   // such as FILE; "" of a flag without a value
	Kind  Kind     // what a shell completes it with
	Words []string // of Words
}

// Kind is what a value is completed with.
type Kind uint8

// What values are completed with.
const (
	Anything Kind = iota // nothing: only its user knows
	Words
	Files
	Folders
)

// Name returns the command with those above it, separated by sep.
func (c *Command) Name(sep string) string { return strings.Join(c.Path, sep) }

// All returns the command and all below it, each before those below it.
func (c *Command) All() []*Command {
	all := []*Command{c}
	for _, sub := range c.Commands {
		all = append(all, sub.All()...)
	}
	return all
}

// Of returns the commands of a program.
func Of(app *kong.Application) *Command { return commandOf(app.Node, nil) }

func commandOf(n *kong.Node, above []string) *Command {
	c := &Command{Path: append(above[:len(above):len(above)], n.Name), Help: n.Help, Detail: n.Detail}
	for _, group := range n.AllFlags(true) {
		for _, f := range group {
			flag := Flag{Long: f.Name, Help: f.Help, Default: f.Default, Many: f.IsCumulative()}
			if f.Short != 0 {
				flag.Short = string(f.Short)
			}
			if !f.IsBool() {
				flag.Value = valueOf(f.Value, f.FormatPlaceHolder())
			}
			c.Flags = append(c.Flags, flag)
		}
	}
	for _, p := range n.Positional {
		c.Args = append(c.Args, Arg{p.Name, p.Help, valueOf(p, strings.ToUpper(p.Name)), p.Required})
	}
	for _, sub := range n.Children {
		if !sub.Hidden {
			c.Commands = append(c.Commands, commandOf(sub, c.Path))
		}
	}
	return c
}

// valueOf returns what a value is, by its type and by the placeholder that stands for it in the help.
func valueOf(v *kong.Value, placeholder string) Value {
	name := strings.Trim(placeholder, `"`)
	if v.Tag.PlaceHolder != "" {
		name = v.Tag.PlaceHolder
	} else if v.HasDefault || v.Enum != "" {
		name = strings.ToUpper(v.Name)
	}
	name, _, _ = strings.Cut(name, ",") // kong adds ",..." if there can be several
	value := Value{Name: name}
	switch {
	case v.Enum != "":
		value.Kind, value.Words = Words, v.EnumSlice()
	case v.Tag.Type == "existingdir", strings.Contains(name, "DIR"):
		value.Kind = Folders
	case v.Tag.Type == "existingfile", v.Tag.Type == "path", strings.Contains(name, "FILE"):
		value.Kind = Files
	}
	return value
}
