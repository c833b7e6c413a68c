package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"github.com/smk-go/smk/backtest"
	"github.com/smk-go/smk/sim/exchange"
	"github.com/smk-go/smk/tools/smk/folder"
)

// backtestTexts are those of flags and commands whose declarations have no room for them.
var backtestTexts = kong.Vars{
	"backtest_compare": "As --journal, of the bot's own day: compare what it did then with the backtest.",
	"backtest_bot": "The bot's command after --, with {addr}, {host}, {port} and {NAME} of --set replaced. It " +
		"finds the exchange in SMK_ADDRESS, SMK_PLAIN, SMK_USERNAME and SMK_PASSWORD, too.",
	"backtest_out": "Save result.json, result.html and Parquet files in this folder; of a sweep, in a folder " +
		"each.",
	"queues":            "pessimistic,proportional,optimistic",
	"backtest_queue":    "Assumptions about the queue, a run each: pessimistic, proportional, optimistic.",
	"backtest_feed":     "From the exchange to the bot, of market data: none, a time, or measured.",
	"backtest_entry":    "From the bot to the exchange.",
	"backtest_response": "From the exchange to the bot, of what concerns orders.",
	"backtest_measured": "Journal that measured latencies are taken from, if not the one that is played.",
	"backtest_balance":  "What the account begins with; what the recording account had if it is left out.",
	"backtest_winner":   "Who won; otherwise the contract with the highest last price.",
	"backtest_eachwins": "Markets whose contracts win or lose each by itself.",
	"backtest_speed": "Seconds of the recording in one second; 0 is as fast as the bot goes, by heartbeats that " +
		"it has to answer. A bot that goes by its own clock needs 1.",
	"backtest_step": "With --speed 0, how much of the recording is sent before the bot has to have kept up.",
	"backtest_set":  "Run with each of the values in place of {NAME}, and of all names each with each.",
}

type backtestCommand struct {
	Journal string   `type:"existingdir" placeholder:"DIR" help:"Folder of the journal whose markets are played."`
	Compare string   `type:"existingdir" placeholder:"DIR" help:"${backtest_compare}"`
	Show    string   `type:"path" placeholder:"FILE" help:"Show a result that was saved, instead of running a bot."`
	With    string   `type:"path" placeholder:"FILE" help:"Compare with a result that was saved."`
	Bot     []string `arg:"" optional:"" passthrough:"" help:"${backtest_bot}"`

	backtestSettings

	Out       string `type:"path" placeholder:"DIR" help:"${backtest_out}"`
	BotOutput bool   `help:"Show what the bot prints. Otherwise its last lines are shown if it fails."`
	JSON      bool   `name:"json" help:"Print JSON."`
}

// backtestSettings are what a run is made of.
type backtestSettings struct {
	Queue      []string      `enum:"${queues}" placeholder:"NAME" default:"${queues}" help:"${backtest_queue}"`
	Feed       string        `name:"feed-latency" default:"none" placeholder:"TIME" help:"${backtest_feed}"`
	Entry      string        `name:"entry-latency" default:"none" placeholder:"TIME" help:"${backtest_entry}"`
	Response   string        `name:"response-latency" default:"none" placeholder:"TIME" help:"${backtest_response}"`
	Measured   string        `name:"measured-in" type:"existingdir" placeholder:"DIR" help:"${backtest_measured}"`
	Seed       uint64        `default:"1" help:"Of what is drawn at random."`
	Balance    float64       `placeholder:"AMOUNT" help:"${backtest_balance}"`
	Commission float64       `default:"2" placeholder:"PERCENT" help:"Of the net winnings of a market."`
	Winner     []string      `placeholder:"MARKET=CONTRACT" help:"${backtest_winner}"`
	EachWins   []uint32      `name:"each-wins" placeholder:"MARKET" help:"${backtest_eachwins}"`
	Speed      float64       `default:"1" placeholder:"N" help:"${backtest_speed}"`
	Step       time.Duration `default:"1ms" help:"${backtest_step}"`
	Set        []string      `sep:"none" placeholder:"NAME=V1,V2" help:"${backtest_set}"`
	Jobs       int           `default:"0" help:"Bots that run at a time; 0 is one for each core."`
	Tolerance  time.Duration `default:"1s" help:"With --compare, how far apart in time the same fill may be."`
}

// Validate is called by the command line's parser.
func (c *backtestCommand) Validate() error {
	if len(c.Bot) > 0 && c.Bot[0] == "--" {
		c.Bot = c.Bot[1:]
	}
	switch {
	case c.Show != "":
		if c.Journal != "" || c.Compare != "" || len(c.Bot) > 0 {
			return errors.New("--show runs no bot: leave out --journal, --compare and the bot")
		}
		return nil
	case (c.Journal == "") == (c.Compare == ""):
		return errors.New("one of --journal and --compare is needed")
	case len(c.Bot) == 0:
		return errors.New("the bot's command is missing: put it behind --")
	case !(c.Commission >= 0 && c.Commission <= 100): // NaN is none either
		return fmt.Errorf("--commission: %v is not 0 to 100", c.Commission)
	case !(c.Balance >= 0 && c.Balance <= 1e9):
		return fmt.Errorf("--balance: %v is not 0 to 1000000000", c.Balance)
	case !(c.Speed >= 0 && c.Speed <= 1e6):
		return fmt.Errorf("--speed: %v is not 0 to 1000000", c.Speed)
	case c.Step <= 0 || c.Step > time.Minute:
		return fmt.Errorf("--step: %v is not a time up to 1m", c.Step)
	case c.Tolerance <= 0:
		return fmt.Errorf("--tolerance: %v is not a time", c.Tolerance)
	case c.Jobs < 0 || c.Jobs > 1024:
		return fmt.Errorf("--jobs: %d is not 0 to 1024", c.Jobs)
	}
	if _, err := combinations(c.Set); err != nil {
		return err
	}
	if _, err := winners(c.Winner); err != nil {
		return err
	}
	return c.latencies(new(backtest.Latencies), []time.Duration{0})
}

// Run runs the bot against the recording, or shows what was saved. What was done of a sweep that did not end is shown
// and saved, too.
func (c *backtestCommand) Run(ctx context.Context, std stdio) (failed error) {
	var err error
	var results []*backtest.Result
	var comparisons []*backtest.Comparison
	var other *backtest.Result
	if c.With != "" {
		if other, err = loadResult(c.With); err != nil {
			return err
		}
	}
	if c.Out != "" {
		release, err := folder.Take(c.Out, 0o777)
		if err != nil {
			return fmt.Errorf("--out: %w", err)
		}
		defer func() { failed = errors.Join(failed, release()) }()
	}
	if c.Show != "" {
		var r *backtest.Result
		r, err = loadResult(c.Show)
		results = append(results, r)
	} else {
		results, comparisons, err = c.runAll(ctx, std)
	}
	if len(results) == 0 || results[0] == nil {
		return err
	}
	if c.Out != "" {
		err = errors.Join(err, saveResults(c.Out, results, comparisons, other))
	}
	if c.JSON {
		return errors.Join(err, writeResultsJSON(std.out, results, comparisons, other))
	}
	return errors.Join(err, writeResultsText(std.out, results, comparisons, other))
}

// runAll runs the bot with every combination of parameters and every assumption. With an error it returns the results
// of those combinations that were done.
func (c *backtestCommand) runAll(ctx context.Context, std stdio) ([]*backtest.Result, []*backtest.Comparison, error) {
	rec, err := openRecording(c.Journal + c.Compare)
	if err != nil {
		return nil, nil, err
	}
	config, queues, err := c.config(rec)
	if err != nil {
		return nil, nil, err
	}
	sets, err := combinations(c.Set)
	if err != nil {
		return nil, nil, err
	}
	bar := newRunsProgress(len(sets) * len(queues))
	line := startProgress(std.err, bar.String)
	defer line.stop()
	parts, err := backtest.Sweep(len(sets)*len(queues), c.Jobs, func(i int) (*backtest.Result, error) {
		run := config
		run.Labels = sets[i/len(queues)]
		run.Queues = queues[i%len(queues) : i%len(queues)+1]
		run.Progress = func(_ int, part float64) { bar.set(i, part) }
		p := botProcess{command: c.Bot, values: run.Labels, show: c.BotOutput, std: std}
		return p.run(ctx, backtest.ServerConfig{Config: run, Queue: run.Queues[0], Speed: c.Speed, Step: c.Step})
	}, nil)
	results := make([]*backtest.Result, 0, len(sets))
	for i := range sets {
		if done := parts[i*len(queues) : (i+1)*len(queues)]; !slices.Contains(done, nil) {
			results = append(results, backtest.Join(done...))
		}
	}
	if err != nil && len(results) > 0 {
		err = fmt.Errorf("%d of %d settings were done: %w", len(results), len(sets), err)
	}
	if c.Compare == "" {
		return results, nil, err
	}
	comparisons := make([]*backtest.Comparison, 0, len(results))
	for _, r := range results {
		compared, failed := backtest.Compare(rec, r, c.Tolerance)
		if failed != nil {
			return results, nil, errors.Join(err, failed)
		}
		comparisons = append(comparisons, compared)
	}
	return results, comparisons, err
}

// openRecording opens the journal in a folder.
func openRecording(dir string) (*backtest.Recording, error) {
	if err := checkJournal(dir); err != nil {
		return nil, err
	}
	rec, err := backtest.Open(dir)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	return rec, nil
}

// config returns the settings of all runs.
func (c *backtestCommand) config(rec *backtest.Recording) (backtest.Config, []exchange.Queue, error) {
	config := backtest.Config{
		Recording: rec, Seed: c.Seed, Balance: exchange.Money(math.Round(c.Balance * float64(exchange.Currency))),
		Commission: int(c.Commission*100 + 0.5), EachWins: c.EachWins,
	}
	if config.Commission == 0 {
		config.Commission = -1
	}
	oneWay := rec.Latency.OneWay()
	if c.Measured != "" {
		other, err := openRecording(c.Measured)
		if err != nil {
			return config, nil, err
		}
		oneWay = other.Latency.OneWay()
	}
	if err := c.latencies(&config.Latency, oneWay); err != nil {
		return config, nil, err
	}
	var err error
	if config.Winners, err = winners(c.Winner); err != nil {
		return config, nil, err
	}
	var queues []exchange.Queue
	for q := exchange.QueuePessimistic; q <= exchange.QueueOptimistic; q++ {
		for _, name := range c.Queue {
			if name == q.String() {
				queues = append(queues, q)
				break
			}
		}
	}
	return config, queues, nil
}

// latencies sets the latencies that the flags say; oneWay has those that were measured.
func (c *backtestCommand) latencies(to *backtest.Latencies, oneWay []time.Duration) error {
	for _, l := range []struct {
		flag, text string
		to         *backtest.Latency
	}{
		{"--feed-latency", c.Feed, &to.Feed},
		{"--entry-latency", c.Entry, &to.Entry},
		{"--response-latency", c.Response, &to.Response},
	} {
		var err error
		if *l.to, err = backtest.ParseLatency(l.text, oneWay); err != nil {
			return fmt.Errorf("%s: %w", l.flag, err)
		}
	}
	return nil
}

// winners returns the winning contracts by market.
func winners(list []string) (map[uint32][]uint32, error) {
	var all map[uint32][]uint32
	for _, w := range list {
		market, contract, ok := strings.Cut(w, "=")
		m, err1 := strconv.ParseUint(market, 10, 32)
		n, err2 := strconv.ParseUint(contract, 10, 32)
		if !ok || err1 != nil || err2 != nil {
			return nil, usageError{fmt.Errorf("--winner: %q is not MARKET=CONTRACT", w)}
		}
		if all == nil {
			all = make(map[uint32][]uint32)
		}
		all[uint32(m)] = append(all[uint32(m)], uint32(n))
	}
	return all, nil
}

// combinationsMax is how many runs a sweep may have.
const combinationsMax = 10_000

// combinations returns every combination of the values of parameters; without any, one that is empty.
func combinations(sets []string) ([]map[string]string, error) {
	all := []map[string]string{{}}
	for _, set := range sets {
		name, values, ok := strings.Cut(set, "=")
		if !ok || name == "" || values == "" {
			return nil, usageError{fmt.Errorf("--set: %q is not NAME=VALUE,VALUE", set)}
		}
		if name == "addr" || name == "host" || name == "port" {
			return nil, usageError{fmt.Errorf("--set: {%s} is where the recorded market listens: choose another name",
				name)}
		}
		list := strings.Split(values, ",")
		if len(all)*len(list) > combinationsMax {
			return nil, usageError{fmt.Errorf("--set: more than %d runs", combinationsMax)}
		}
		var next []map[string]string
		for _, before := range all {
			if _, twice := before[name]; twice {
				return nil, usageError{fmt.Errorf("--set: %s is there twice", name)}
			}
			for _, v := range list {
				m := map[string]string{name: v}
				for k, was := range before {
					m[k] = was
				}
				next = append(next, m)
			}
		}
		all = next
	}
	return all, nil
}

// resultBytesMax is the largest result that is read.
const resultBytesMax = 4 << 30

// loadResult reads a saved result.
func loadResult(path string) (*backtest.Result, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Size() > resultBytesMax {
		return nil, fmt.Errorf("%s: is larger than a result can be", path)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var r backtest.Result
	if err := json.Unmarshal(b, &r); err != nil {
		return nil, fmt.Errorf("%s: is not a result: %w", path, err)
	}
	if len(r.Models) == 0 {
		return nil, fmt.Errorf("%s: is not a result: it has no models", path)
	}
	return &r, nil
}

// folderOf returns where a run of several is saved.
func folderOf(dir string, i, n int) string {
	if n == 1 {
		return dir
	}
	return filepath.Join(dir, fmt.Sprintf("run-%03d", i+1))
}
