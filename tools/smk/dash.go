package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"runtime"
	"strconv"

	"github.com/alecthomas/kong"

	"github.com/smk-go/smk/odds"
	"github.com/smk-go/smk/tools/smk/dash"
	"github.com/smk-go/smk/tools/smk/screen"
)

// dashTexts are those of flags and commands whose declarations have no room for them.
var dashTexts = kong.Vars{
	"dash_journal":    "Journal to show, old or being written: engine.Config.Journal.Dir of the bot.",
	"dash_name":       "Names of contracts, which no journal has; may be repeated.",
	"dash_commission": "Commission on a market's net winnings",
	"dash_others":     "another host than this machine lets everyone see it who reaches it.",
	"dash_listen":     "Where to serve the page",
	"dash_host":       "Another name under which browsers may ask for the page; may be repeated.",
	"dash_bot":        "Where the bot takes commands: http://127.0.0.1:9465, see plugin/smkcontrol.",
	"dash_token":      "Token of the commands, at least 16 bytes; better by the environment, as others can see flags.",
}

// screenFlags say what is shown.
type screenFlags struct {
	Journal string `placeholder:"DIR" type:"existingdir" help:"${dash_journal}"`
	observerFlags
	Name       map[uint32]string `placeholder:"ID=NAME" mapsep:"," help:"${dash_name}"`
	Commission string            `default:"2%" placeholder:"RATE" help:"${dash_commission} (${default})."`
}

// Validate is called by the command line's parser.
func (f *screenFlags) Validate() error {
	if (f.Journal == "") == (f.Sim == "") {
		return errors.New("--journal or --sim says what is to be shown: one of them")
	}
	if _, _, err := net.SplitHostPort(f.Sim); f.Sim != "" && err != nil {
		return fmt.Errorf("--sim: %q is not a host with a port", f.Sim)
	}
	_, err := f.rate()
	return err
}

func (f *screenFlags) rate() (odds.Rate, error) {
	p, err := odds.ParsePercent(f.Commission)
	if err != nil && f.Commission != "0" && f.Commission != "0%" {
		return 0, fmt.Errorf("--commission: %q is not a rate such as 2%%", f.Commission)
	}
	return odds.Rate(p), nil
}

// live returns what reads the journal, and keeps its past if that is wanted. The caller calls stop in the end.
func (f *screenFlags) live(ctx context.Context, past bool) (live *screen.Live, stop func(), err error) {
	rate, err := f.rate()
	if err != nil {
		return nil, nil, err
	}
	dir, stop := f.Journal, func() {}
	if f.Sim != "" {
		if dir, stop, err = f.observe(ctx); err != nil {
			return nil, nil, err
		}
	}
	return screen.NewLive(dir, screen.Options{Names: f.Name, Commission: rate, Past: past}), stop, nil
}

// dashCommand serves the dashboard.
type dashCommand struct {
	screenFlags
	Listen string   `default:"127.0.0.1:0" placeholder:"HOST:PORT" help:"${dash_listen} (${default}); ${dash_others}"`
	Host   []string `placeholder:"HOST:PORT" help:"${dash_host}"`
	Open   bool     `help:"Open the page in a browser."`
	EOF    bool     `name:"until-eof" hidden:"" help:"End when the standard input ends."`
	JSON   bool     `name:"json" help:"Say where the page is as JSON."`

	Control bool   `help:"Let the page halt, flatten and resume the bot; on this machine alone, with a token."`
	Bot     string `placeholder:"URL" help:"${dash_bot}"`
	Token   string `env:"SMK_CONTROL_TOKEN" placeholder:"TOKEN" help:"${dash_token}"`
}

// tokenBytesMin is how long a token is at least.
const tokenBytesMin = 16

// Validate is called by the command line's parser.
func (c *dashCommand) Validate() error {
	if err := c.screenFlags.Validate(); err != nil {
		return err
	}
	switch {
	case c.Control && (c.Bot == "" || len(c.Token) < tokenBytesMin):
		return errors.New("--control needs --bot and a token of 16 bytes or more (SMK_CONTROL_TOKEN)")
	case !c.Control && c.Bot != "":
		return errors.New("--bot: without --control no commands are passed to it")
	case c.Control && !isBotOfThisMachine(c.Bot):
		return errors.New("--bot: not an address on this machine, such as http://127.0.0.1:9465: the token is not " +
			"encrypted")
	}
	return nil
}

// isBotOfThisMachine reports whether a URL is of a server on loopback: bots listen on nothing else.
func isBotOfThisMachine(text string) bool {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" || u.Path != "" && u.Path != "/" || u.User != nil || u.RawQuery != "" {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
}

// Run serves until ctx ends.
func (c *dashCommand) Run(ctx context.Context, std stdio) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stepBack(std)
	live, stop, err := c.live(ctx, true)
	if err != nil {
		return err
	}
	defer stop()
	config := dash.Config{Live: live, Hosts: c.Host}
	if c.Control {
		config.Control = &dash.Control{Bot: c.Bot, Token: c.Token}
	}
	server, err := dash.Listen(loopback(c.Listen), config)
	if err != nil {
		return err
	}
	if c.Control && !server.Loopback() {
		return errors.Join(
			usageError{errors.New("--control: --listen has to be on this machine alone, such as " +
				"127.0.0.1:0")}, server.Close())
	}
	if c.JSON {
		err = json.NewEncoder(std.out).Encode(map[string]string{"url": server.URL()})
	} else {
		_, err = fmt.Fprintf(std.out, "dashboard   %s (interrupt to end)\n", server.URL())
	}
	if err != nil {
		return errors.Join(err, server.Close())
	}
	if c.Open {
		openBrowser(server.URL())
	}
	if c.EOF {
		go afterEOF(std.in, cancel)
	}
	return server.Serve(ctx)
}

// openBrowser opens a page, if there is a way to.
func openBrowser(url string) {
	name, args := "xdg-open", []string{url}
	switch runtime.GOOS {
	case "darwin":
		name = "open"
	case "linux":
		if os.Getenv("DISPLAY") == "" && os.Getenv("WAYLAND_DISPLAY") == "" {
			return
		}
	}
	if cmd := exec.Command(name, args...); cmd.Start() == nil {
		go func() { _ = cmd.Wait() }()
	}
}

// nameFlags returns flags that give contracts their names.
func nameFlags(names map[uint32]string) (flags []string) {
	for id, name := range names {
		flags = append(flags, "--name="+strconv.FormatUint(uint64(id), 10)+"="+name)
	}
	return flags
}
