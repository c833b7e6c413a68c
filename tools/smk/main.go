// Command smk is the program that people run: today a demonstration of a whole trade.
//
//	smk demo          an exchange and a bot that trade with each other over a loopback socket
//	smk demo -json    the same summary for machines
//	smk prove         trading days under faults, from seeds
//	smk chaos         a proxy that breaks connections between a client and an exchange
//	smk soak          bots and an exchange as processes, which are killed
//	smk sim           an exchange that any client of the protocol can log in to
//	smk doctor        checks what goes wrong when a bot starts for the first time
//	smk backtest      runs a bot against a recorded market
//	smk import        makes journals of others' recordings
//	smk journal       prints, checks and explains what an engine has recorded
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

	"github.com/alecthomas/kong"
)

// Exit codes.
const (
	exitOK        = 0
	exitFailed    = 1 // the work failed
	exitUsage     = 2 // the command line was wrong
	exitUnhealthy = 3 // something was checked and found unhealthy
)

type commands struct {
	Demo     demoCommand     `cmd:"" help:"Run an exchange and a bot that trade with each other over a loopback socket."`
	Sim      simCommand      `cmd:"" help:"Run an exchange that any client of the protocol can log in to."`
	Doctor   doctorCommand   `cmd:"" help:"Check what goes wrong at first: settings, network, TLS, login, limits, files; and say what to do."`
	Journal  journalCommand  `cmd:"" help:"Print, check, explain, export and replay what an engine has recorded."`
	Backtest backtestCommand `cmd:"" help:"Run a bot against a recorded market, and say how sure the result is."`
	Import   importCommand   `cmd:"" help:"Make journals of others' recordings, to be backtested against."`
	Prove    proveCommand    `cmd:"" help:"Run whole trading days under faults, from seeds, and compare bots with the exchange."`
	Chaos    chaosCommand    `cmd:"" help:"Run a proxy between a client and an exchange that breaks their connections."`
	Soak     soakCommand     `cmd:"" help:"Run bots and an exchange as processes, break their connections, kill them, and compare them in the end."`
	SoakBot  soakBotCommand  `cmd:"" name:"soak-bot" hidden:"" help:"A bot of the soak, in a process of its own."`
	Exchange exchangeCommand `cmd:"" hidden:"" help:"The demo's exchange, in a process of its own."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], stdio{os.Stdin, os.Stdout, os.Stderr})
	stop()
	os.Exit(code)
}

// stdio is where a command reads from and writes to.
type stdio struct {
	in       io.Reader
	out, err io.Writer
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
	var c commands
	parser, err := kong.New(&c,
		kong.Name("smk"),
		kong.Description("A client engine and an exchange simulator for the Smarkets streaming API."),
		chaosTexts,
		kong.Writers(std.out, std.err),
		kong.Exit(func(code int) { panic(exit(code)) }),
	)
	if err != nil {
		panic("BUG: command line: " + err.Error())
	}
	parsed, err := parser.Parse(doubleDashes(args))
	if err != nil {
		fmt.Fprintf(std.err, "smk: %v (smk --help lists commands and flags)\n", err)
		return exitUsage
	}
	parsed.BindTo(ctx, (*context.Context)(nil))
	if err := parsed.Run(std); err != nil {
		if errors.Is(err, context.Canceled) {
			err = errors.New("interrupted")
		}
		fmt.Fprintf(std.err, "smk: %v\n", err)
		if errors.Is(err, errUnhealthy) {
			return exitUnhealthy
		}
		return exitFailed
	}
	return exitOK
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
