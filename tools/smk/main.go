// Command smk is the program that people run.
//
//	smk demo          an exchange and a bot that trade with each other over a loopback socket
//	smk prove         trading days under faults, from seeds
//	smk chaos         a proxy that breaks connections between a client and an exchange
//	smk soak          bots and an exchange as processes, which are killed
//	smk sim           an exchange that any client of the protocol can log in to
//	smk dash          a bot in the browser, from its journal: now, or at any moment of the past
//	smk watch         the same in the terminal
//	smk proxy         one session with the exchange for clients in any language
//	smk nats          journals on NATS JetStream: publish, follow, restore, ask
//	smk doctor        checks what goes wrong when a bot starts for the first time
//	smk backtest      runs a bot against a recorded market
//	smk import        makes journals of others' recordings
//	smk journal       prints, checks and explains what an engine has recorded
//	smk config        shows the settings that a bot would have, and where each comes from
//	smk version       how the program was built
//	smk completion    completions for bash, zsh and fish
//	smk man           manual pages
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"github.com/smk-go/smk/tools/smk/inspect"
)

// Exit codes.
const (
	exitOK        = 0
	exitFailed    = 1 // the work failed
	exitUsage     = 2 // the command line was wrong
	exitUnhealthy = 3 // something was checked and found unhealthy
	exitMissed    = 4 // something was measured and misses its threshold
)

// exitCodes is what the manual pages and the help say of exit codes.
const exitCodes = `Exit status:

    0   well
    1   the work failed
    2   the command line is wrong
    3   something was checked and found unhealthy
    4   something was measured and misses its threshold`

// errMissed is the outcome of a command that measured something which misses its threshold.
var errMissed = errors.New("threshold missed")

// mainTexts are those of flags and commands whose declarations have no room for them.
var mainTexts = kong.Vars{
	"main_demo": "Run an exchange and a bot that trade with each other over a loopback socket.",
	"main_dash": "Show a bot in a browser: ladders, own orders, profit, latency, events; live or any moment of its " +
		"journal.",
	"main_doctor": "Check what goes wrong at first: settings, network, TLS, login, limits, files; and say what to do.",
	"main_proxy":  "Share one session with the exchange among clients that speak its protocol, or JSON.",
	"main_nats":   "Bring a journal to NATS JetStream, follow it there, and make it again from there.",
	"main_prove":  "Run whole trading days under faults, from seeds, and compare bots with the exchange.",
	"main_soak": "Run bots and an exchange as processes, break their connections, kill them, and compare them in the " +
		"end.",
}

type commands struct {
	Demo     demoCommand     `cmd:"" help:"${main_demo}"`
	Sim      simCommand      `cmd:"" help:"Run an exchange that any client of the protocol can log in to."`
	Dash     dashCommand     `cmd:"" help:"${main_dash}"`
	Watch    watchCommand    `cmd:"" help:"Show a bot in the terminal."`
	Doctor   doctorCommand   `cmd:"" help:"${main_doctor}"`
	Journal  journalCommand  `cmd:"" help:"Print, check, explain, export and replay what an engine has recorded."`
	Backtest backtestCommand `cmd:"" help:"Run a bot against a recorded market, and say how sure the result is."`
	Import   importCommand   `cmd:"" help:"Make journals of others' recordings, to be backtested against."`
	Proxy    proxyCommand    `cmd:"" help:"${main_proxy}"`
	NATS     natsCommand     `cmd:"" name:"nats" help:"${main_nats}"`
	Config   configCommand   `cmd:"" help:"Show the settings that a bot would have, and where each comes from."`
	Prove    proveCommand    `cmd:"" help:"${main_prove}"`
	Chaos    chaosCommand    `cmd:"" help:"Run a proxy between a client and an exchange that breaks their connections."`
	Soak     soakCommand     `cmd:"" help:"${main_soak}"`

	Version    versionCommand    `cmd:"" help:"Print how the program was built."`
	Completion completionCommand `cmd:"" help:"Print completions for a shell."`
	Man        manCommand        `cmd:"" help:"Print or write manual pages."`

	SoakBot  soakBotCommand  `cmd:"" name:"soak-bot" hidden:"" help:"A bot of the soak, in a process of its own."`
	NATSDemo natsDemoCommand `cmd:"" name:"nats-demo" hidden:"" help:"The demo's publisher, in a process of its own."`
	Exchange exchangeCommand `cmd:"" hidden:"" help:"The demo's exchange, in a process of its own."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), endSignals()...)
	code := run(ctx, os.Args[1:], stdio{os.Stdin, os.Stdout, os.Stderr})
	stop()
	os.Exit(code)
}

// endSignals are what a command ends on in order: an interrupt, a request of the system, and the end of the terminal,
// unless who started the command wants it to outlive that (nohup).
func endSignals() []os.Signal {
	all := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		all = append(all, syscall.SIGHUP)
	}
	return all
}

// stdio is where a command reads from and writes to.
type stdio struct {
	in       io.Reader
	out, err io.Writer
}

// ofProcess reports whether a command has the process to itself.
func (s stdio) ofProcess() bool { return s.out == io.Writer(os.Stdout) }

// afterEOF calls f when an input ends, as that of a command whose parent has ended.
func afterEOF(in io.Reader, f func()) {
	_, _ = io.Copy(io.Discard, in)
	f()
}

// exit leaves kong's callback for the exit code.
type exit int

// run executes one command line. Whatever goes wrong is one line on err.
func run(ctx context.Context, args []string, std stdio) (code int) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case exit:
			code = int(r)
		default:
			panic(r)
		}
	}()
	parser, err := newParser(new(commands), std)
	if err != nil {
		panic("BUG: command line: " + err.Error())
	}
	parsed, err := parser.Parse(doubleDashes(args))
	help := whereHelpIs(err)
	if err == nil {
		err, help = refuseEmpty(args), helpOf(parsed.Selected())
	}
	if err != nil {
		fmt.Fprintf(std.err, "smk: %v (%s)\n", err, help)
		return exitUsage
	}
	parsed.Bind(parser)
	var reading *progress
	if name := parsed.Command(); strings.HasPrefix(name, "journal ") && !strings.HasPrefix(name, "journal cat ") {
		read := new(inspect.Progress)
		reading = startProgress(std.err, func() string { return readSoFar(read) })
		ctx, std.out = inspect.WithProgress(ctx, read), reading.over(std.out)
	}
	parsed.BindTo(ctx, (*context.Context)(nil))
	if strings.HasPrefix(parsed.Command(), "journal ") {
		err = checkJournals(parsed)
	}
	if err == nil {
		err = parsed.Run(std)
	}
	reading.stop()
	if err != nil {
		if errors.Is(err, context.Canceled) {
			err = errors.New("interrupted")
		}
		fmt.Fprintf(std.err, "smk: %s\n", strings.ReplaceAll(err.Error(), "\n", "\nsmk: "))
		return exitCodeOf(err)
	}
	return exitOK
}

// refuseEmpty refuses arguments without a text, as of a variable that is not set: an address to listen on would be each
// of the machine's, a folder the current one, a journal none, and a file of settings the defaults.
func refuseEmpty(args []string) error {
	before := ""
	for _, a := range args {
		name, value, given := strings.Cut(a, "=")
		switch isFlag := strings.HasPrefix(a, "-"); {
		case a == "--":
			return nil
		case a == "" && strings.HasPrefix(before, "-"):
			return fmt.Errorf("%s: is empty", before)
		case a == "":
			return errors.New("an argument is empty")
		case isFlag && given && value == "":
			return fmt.Errorf("%s: is empty", name)
		}
		before = a
	}
	return nil
}

// usageError is a command line that only the command itself could find wrong.
type usageError struct{ error }

// Unwrap returns what is wrong.
func (e usageError) Unwrap() error { return e.error }

// whereHelpIs names the help of the command that a command line has.
func whereHelpIs(err error) string {
	var parse *kong.ParseError
	if errors.As(err, &parse) && parse.Context != nil {
		return helpOf(parse.Context.Selected())
	}
	return helpOf(nil)
}

// helpOf names the help of a command, that of the program if there is none.
func helpOf(n *kong.Node) string {
	if n != nil && n.Type == kong.CommandNode {
		return "smk " + n.Path() + " --help lists its flags"
	}
	return "smk --help lists the commands"
}

// newParser returns the command line.
func newParser(c *commands, std stdio) (*kong.Kong, error) {
	parser, err := kong.New(c,
		kong.Name("smk"),
		kong.Description("A client engine and an exchange simulator for the Smarkets streaming API."),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		chaosTexts,
		backtestTexts,
		configureTexts,
		dashTexts,
		demoTexts,
		doctorTexts,
		importTexts,
		journalTexts,
		journalExportTexts,
		mainTexts,
		natsTexts,
		natsFollowTexts,
		observeTexts,
		proveTexts,
		proxyTexts,
		simTexts,
		soakTexts,
		soakBotTexts,
		watchTexts,
		kong.Writers(std.out, std.err),
		kong.Exit(func(code int) { panic(exit(code)) }),
	)
	if err == nil {
		parser.Model.HelpFlag.Help = "Print this help."
	}
	return parser, err
}

// readSoFar says how far a journal has been read.
func readSoFar(p *inspect.Progress) string {
	n := p.Records()
	if n == 0 {
		return "reading"
	}
	return fmt.Sprintf("%d records, up to %s", n, p.Time().Format(time.DateTime))
}

// exitCodeOf returns the exit code of a command that failed.
func exitCodeOf(err error) int {
	var usage usageError
	switch {
	case errors.As(err, &usage):
		return exitUsage
	case errors.Is(err, errUnhealthy):
		return exitUnhealthy
	case errors.Is(err, errMissed):
		return exitMissed
	}
	return exitFailed
}

// doubleDashes lets long flags be written with one dash, as Go programs do.
func doubleDashes(args []string) []string {
	out := make([]string, len(args))
	for i, a := range args {
		if a == "--" {
			copy(out[i:], args[i:])
			break
		}
		if len(a) > 2 && a[0] == '-' && a[1] >= 'a' && a[1] <= 'z' && !strings.HasPrefix(a, "--") {
			a = "-" + a
		}
		out[i] = a
	}
	return out
}
