package main

import (
	"context"
	"errors"
	"os"
	"strings"

	"github.com/smk-go/smk/tools/smk/watch"
)

// watchCommand shows a bot in the terminal.
type watchCommand struct {
	screenFlags
	Plain bool `help:"No sign beyond ASCII; so it is where the locale has no UTF-8. NO_COLOR in the environment leaves out colours."`
}

// Run shows until ctx ends or q is pressed.
func (c *watchCommand) Run(ctx context.Context, std stdio) error {
	if f, ok := std.out.(*os.File); !ok || !isTerminal(f) {
		return errors.New("the output is no terminal (smk dash shows the same in a browser, smk journal prints)")
	}
	live, stop, err := c.live(ctx)
	if err != nil {
		return err
	}
	defer stop()
	return watch.Run(ctx, watch.Config{Live: live, In: std.in, Out: std.out, Plain: c.Plain || !unicodeLocale()})
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
