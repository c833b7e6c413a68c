package main

import (
	"context"
	"errors"
	"os"
	"strings"

	"github.com/alecthomas/kong"
	"golang.org/x/term"

	"github.com/smk-go/smk/tools/smk/screen"
	"github.com/smk-go/smk/tools/smk/watch"
)

// watchTexts are those of flags and commands whose declarations have no room for them.
var watchTexts = kong.Vars{
	"watch_plain": "No sign beyond ASCII; so it is where the locale has no UTF-8. NO_COLOR in the environment leaves " +
		"out colours.",
}

// watchCommand shows a bot in the terminal.
type watchCommand struct {
	screenFlags
	JSON  bool `name:"json" help:"Print the picture as of the journal's end as JSON, once."`
	Plain bool `help:"${watch_plain}"`
}

// Run shows until ctx ends or q is pressed.
func (c *watchCommand) Run(ctx context.Context, std stdio) error {
	if c.JSON {
		return c.print(ctx, std)
	}
	if f, ok := std.out.(*os.File); !ok || !term.IsTerminal(int(f.Fd())) {
		return errors.New("the output is no terminal (smk dash shows the same in a browser, smk journal prints)")
	}
	stepBack(std)
	live, stop, err := c.live(ctx, false)
	if err != nil {
		return err
	}
	defer stop()
	return watch.Run(ctx, watch.Config{Live: live, In: std.in, Out: std.out, Plain: c.Plain || !unicodeLocale()})
}

// print prints the picture as of the journal's end.
func (c *watchCommand) print(ctx context.Context, std stdio) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	live, stop, err := c.live(ctx, false)
	if err != nil {
		return err
	}
	defer stop()
	var last screen.Frame
	err = live.Run(ctx, func(f screen.Frame) {
		if last = f; !f.Behind && (f.Record > 0 || c.Sim == "") || f.Error != "" {
			cancel()
		}
	})
	switch {
	case err != nil:
		return err
	case last.Picture == nil:
		return context.Cause(ctx)
	case last.Error != "":
		return errors.New(last.Error)
	}
	_, err = std.out.Write(append(last.JSON(), '\n'))
	return err
}

// unicodeLocale reports whether the locale has the signs of bars.
func unicodeLocale() bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if v := os.Getenv(name); v != "" {
			v = strings.ToUpper(v)
			return strings.Contains(v, "UTF-8") || strings.Contains(v, "UTF8")
		}
	}
	return false
}
