package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/smk-go/smk/tools/smk/cmdline"
)

type completionCommand struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"The shell: bash, zsh or fish."`
}

// Run prints the completions of a shell.
func (c *completionCommand) Run(app *kong.Kong, std stdio) error {
	program := cmdline.Of(app.Model)
	switch c.Shell {
	case "bash":
		return cmdline.Bash(std.out, program)
	case "zsh":
		return cmdline.Zsh(std.out, program)
	}
	return cmdline.Fish(std.out, program)
}

type manCommand struct {
	Command []string `arg:"" optional:"" help:"The command whose page is printed; that of the program without."`
	Output  string   `short:"o" placeholder:"DIR" help:"Write the pages of all commands into this folder."`
}

// Validate is called by the command line's parser.
func (c *manCommand) Validate() error {
	if c.Output != "" && len(c.Command) > 0 {
		return errors.New("--output writes the pages of all commands: leave the command out")
	}
	return nil
}

// Run prints a page, or writes all.
func (c *manCommand) Run(app *kong.Kong, std stdio) error {
	program := cmdline.Of(app.Model)
	info, _ := debug.ReadBuildInfo()
	v := versionOf(releaseVersion, info)
	page := func(w io.Writer, of *cmdline.Command) error { return cmdline.Man(w, of, v.Version, exitCodes) }
	if c.Output == "" {
		for _, of := range program.All() {
			if slices.Equal(of.Path[1:], c.Command) {
				return page(std.out, of)
			}
		}
		return usageError{fmt.Errorf("there is no command %q", strings.Join(c.Command, " "))}
	}
	if err := os.MkdirAll(c.Output, 0o755); err != nil {
		return err
	}
	for _, of := range program.All() {
		var b bytes.Buffer
		if err := page(&b, of); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(c.Output, of.Name("-")+".1"), b.Bytes(), 0o644); err != nil {
			return err
		}
	}
	return nil
}
